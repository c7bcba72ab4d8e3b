"""A scan on a document that goes on from an earlier one: an arrival, or serials entered later."""

from __future__ import annotations

from django.db.models import Count
from django.utils.translation import gettext as _

from products.finding import products_coded
from products.models import Product
from serials import stock
from serials.models import Serial

from . import settling
from .drafting import line_for
from .models import Kind, Line, LineSerial, Status
from .scan_answers import Answer, Candidate, Choice, Outcome, ScanResult, asked, refused
from .scan_steps import Scan


class ScanOn(Scan):
    """Only what the earlier document has is taken."""

    def take(self, answer: Answer) -> ScanResult:
        origins = self._origins()
        sent = self._sent_units(origins) if self.spec.kind == Kind.ARRIVAL else []
        sent = [line for line in sent if answer.product_id in (None, line.product_id)]
        if len(sent) > 1:
            choices = [Choice(line.product, True, _("a serial number")) for line in sent]
            return asked(self.serial.text, _("Which unit arrived?"), choices)
        if sent:
            return self._unit_on(sent[0], answer)
        if answer.as_serial and answer.product_id is not None:
            origins = [line for line in origins if line.product_id == answer.product_id]
        for product in [] if answer.as_serial else products_coded(self.serial.key):
            if lines := [line for line in origins if line.product_id == product.pk]:
                return self._product_on(lines, product)
        line = self._line_for_new(origins, is_chosen=answer.as_serial is True)
        if line is not None and self.spec.kind == Kind.ARRIVAL and line.product.mode == "strict":
            line = None  # strict: what was not sent can't arrive
        if line is not None:
            unit = self._known_of(line)
            return self._in_doubt(unit) or self._unit_on(line, answer)
        return self._not_on_it()

    def _origins(self) -> list[Line]:
        """The earlier lines this document may go on from."""
        lines = Line.objects.filter(document=self.document.origin_id).order_by("position")
        return list(lines.select_related("product__type", "document__store", "origin"))

    def _sent_units(self, origins: list[Line]) -> list[Line]:
        """The dispatched lines with this serial, entered then or later: one for each product.

        Of several those already on this document are not meant, unless all are.
        """
        by_id = {line.pk: line for line in origins}
        called = Serial.objects.called(self.serial.key).values_list("key", flat=True)
        rows = LineSerial.objects.filter(key__in={self.serial.key, *called})
        sent = rows.filter(document=self.document.origin_id).values_list("line_id", flat=True)
        entered = rows.filter(
            line__origin__in=origins,
            document__kind=Kind.IDENTIFICATION,
            document__status=Status.POSTED,
        ).values_list("line__origin_id", flat=True)
        lines = [by_id[pk] for pk in {*sent, *entered} if pk in by_id]
        new = [line for line in lines if not self._repeated(line.product)]
        return sorted(new or lines[:1], key=lambda line: line.position)

    def _product_on(self, origins: list[Line], product: Product) -> ScanResult:
        """A product's code: one more piece, or the line whose serials come next."""
        line, is_new = line_for(self.document, product, origin=self._with_room(origins))
        self._activate(line)
        if not product.asks_serials:
            return self._one_more(line, is_new, product)
        message = _("%(name)s: now scan its serial numbers.") % {"name": product.name}
        return ScanResult(Outcome.ACCEPTED, product.sku, message, line.pk, is_new, product=product)

    def _with_room(self, origins: list[Line]) -> Line:
        """The first of a product's lines of which not all is on this draft yet."""
        left = settling.left_of(origins, purpose=self.spec.settles)
        taken = dict(
            self.document.lines.filter(origin__in=origins)
            .values_list("origin_id")
            .annotate(pieces=Count("serials"))
        )
        free = (one for one in origins if taken.get(one.pk, 0) < left.get(one.pk, 0))
        return next(free, origins[0])

    def _line_for_new(self, origins: list[Line], *, is_chosen: bool) -> Line | None:
        """The line of a serial that the earlier document did not name.

        `is_chosen` says that the lines are those of the product that was named with it.
        """
        active = self._active_line()
        if active is not None and active.origin is not None and active.product.asks_serials:
            for one in origins:
                if one.pk == active.origin_id:
                    return one
        by_serial = [line for line in origins if line.product.asks_serials]
        if self.spec.kind == Kind.IDENTIFICATION:
            by_serial = [line for line in by_serial if line.unidentified]
        if len({line.product_id for line in by_serial}) == 1 and is_chosen:
            return self._with_room(by_serial)
        return by_serial[0] if len(by_serial) == 1 else None

    def _known_of(self, origin: Line) -> Candidate:
        unit = origin.product_id, self.serial.key
        return Candidate(origin.product, stock.known_serials([unit]).get(unit))

    def _unit_on(self, origin: Line, answer: Answer) -> ScanResult:
        return self._add_serial(
            self._known_of(origin), origin=origin, acknowledge=answer.acknowledge
        )

    def _not_on_it(self) -> ScanResult:
        origin = self.document.origin
        number = origin.number if origin else ""
        if self.spec.kind == Kind.ARRIVAL:
            words = _("%(number)s did not send it.")
        else:
            words = _("Choose the line first: scan the product of %(number)s it belongs to.")
        return refused(self.serial.text, words % {"number": number})
