"""What one scan on a draft comes to: the steps that all kinds of documents share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from company.access import Access
from company.rights import Right
from products.finding import is_misread_barcode, products_coded, products_named
from products.models import Product
from products.modes import SERIAL_MODES
from serials import checking, stock
from serials.models import Serial
from serials.policies import POLICIES
from serials.reading_scans import Reading, looks_misread, misread_words
from serials.refusals import Refusal
from serials.text import SerialText

from .drafting import line_for
from .judging import with_reasons
from .kinds import KindSpec, spec_of, takes_seconds
from .look_alikes import alike_notes
from .models import MOST_PIECES, Document, Line, LineSerial
from .reading import LineReader, origins_of
from .scan_answers import (
    MOST_CHOICES,
    Answer,
    Candidate,
    Choice,
    Outcome,
    ScanResult,
    asked,
    asking_for_second,
    refused,
)
from .scan_pairs import await_second, awaited, has_only_one, take_second


class Scan:
    """One scan under way on a locked draft."""

    def __init__(self, document: Document, reading: Reading, by: Access, now: dt.datetime) -> None:
        self.document = document
        self.serial = reading.serial
        self.other = reading.other
        self.by = by
        self.on = document.effective_on or document.store.date_of(now)
        self.spec: KindSpec = spec_of(document.kind)

    def take(self, answer: Answer) -> ScanResult:
        """Find out what the text means, and do it."""
        if answer.product_id is not None:
            return self._answered(answer.product_id, answer)
        products = products_coded(self.serial.key)
        units = self._units()
        if products:
            # A code of a product is no new serial; a serial the ledger has may still be meant.
            units = [unit for unit in units if unit.known]
        if len(products) + len(units) > 1:
            return self._ask(products, units)
        if products:
            return self._add_product(products[0])
        if units:
            (unit,) = units
            return self._misread(unit) or self._in_doubt(unit) or self._add_serial(unit)
        return self._unknown()

    def _misread(self, unit: Candidate) -> ScanResult | None:
        """Refuses as a new serial what is a product's barcode but for its check digit.

        What a person put on the document as a serial all the same stays one.
        """
        if unit.known is not None or not is_misread_barcode(self.serial.key):
            return None
        if self._repeated(unit.product):
            return None
        return refused(self.serial.text, misread_words(self.serial.text))

    def _in_doubt(self, unit: Candidate) -> ScanResult | None:
        """Asks how a new serial is written that a Cyrillic layout may have typed, Latin first."""
        if unit.known is not None or self.other is None:
            return None
        by_keys, typed = self.other.serial.text, self.serial.text
        choices = [
            Choice(unit.product, True, _("%(text)s, by the keys") % {"text": by_keys}, by_keys),
            Choice(unit.product, True, _("%(text)s, as typed") % {"text": typed}, typed),
        ]
        words = _("Was the keyboard set to %(layout)s? Then this is %(text)s.")
        return asked(typed, words % {"layout": self.other.layout, "text": by_keys}, choices)

    def _answered(self, product_id: int, answer: Answer) -> ScanResult:
        product = Product.objects.select_related("type").filter(pk=product_id).first()
        if product is None:
            return refused(self.serial.text, _("This product is no longer there."))
        if answer.only_one:
            return self._only_one(product)
        if answer.as_serial and product.asks_serials and not self._is_retired(product):
            return self._add_serial(self._candidate(product), acknowledge=answer.acknowledge)
        return self._add_product(product)

    def _candidate(self, product: Product) -> Candidate:
        unit = product.pk, self.serial.key
        return Candidate(product, stock.known_serials([unit]).get(unit))

    def _active_line(self) -> Line | None:
        """The line that unknown serials go to: of the product last scanned or touched here."""
        if self.document.active_line_id is None:
            return None
        lines = origins_of(Line.objects.filter(pk=self.document.active_line_id))
        return lines.select_related("product__type", "origin__document__store").first()

    def _units(self) -> list[Candidate]:
        """The units the text may mean: serials of the ledger, and a new one of the active line.

        Of several serials with the same text only those that this document can take count, when
        there are any. A text that is known is never taken for a new serial of the active product
        without asking.
        """
        known = self._known_units()
        if not self.spec.brings_in and len(known) > 1:
            known = [unit for unit in known if self._finding(unit) is None] or known
        line = self._active_line()
        if line is None or not line.product.asks_serials:
            return known
        if any(unit.product.pk == line.product_id for unit in known):
            if not self.spec.brings_in:
                return known
            return [unit for unit in known if unit.product.pk == line.product_id]
        new = Candidate(line.product, None)
        if not self.spec.brings_in and POLICIES[line.product.mode].verifies:
            return known or [new]  # strict: what was never received can't leave anyway
        return [*known, new]

    def _known_units(self) -> list[Candidate]:
        """The serials of the ledger with this text, of products with serials."""
        rows = Serial.objects.called(self.serial.key).filter(product__mode__in=SERIAL_MODES)
        found = list(rows.select_related("product__type").order_by("product_id")[:MOST_CHOICES])
        known = stock.known_serials([(row.product_id, row.key) for row in found])
        return [Candidate(row.product, known.get((row.product_id, row.key))) for row in found]

    def _finding(self, unit: Candidate) -> Refusal | None:
        finding = checking.check_known(
            self.spec.movement, unit.product, unit.known, store=self.document.store, on=self.on
        )
        return self._explained(finding.code, unit) if finding else None

    def _explained(self, code: str, unit: Candidate) -> Refusal:
        """Why this unit is refused, with the document that explains it."""
        posting = None
        if unit.known:
            posting = checking.last_postings([unit.known]).get(unit.known.id)
        (told,) = with_reasons([checking.explain(code, self._own(unit), unit.known, posting)])
        return told

    def _ask(self, products: Sequence[Product], units: Sequence[Candidate]) -> ScanResult:
        choices = [Choice(product, False, _("the product")) for product in products]
        choices += [Choice(unit.product, True, _("a serial number")) for unit in units]
        return asked(
            self.serial.text,
            _("%(text)s fits several things. Which is it?") % {"text": self.serial.text},
            choices,
        )

    def _unknown(self) -> ScanResult:
        """Nothing has this barcode, SKU or serial: offer products by name, or say what to do."""
        named = products_named(self.serial.text, limit=MOST_CHOICES)
        if not named and self.other is not None:
            named = products_named(self.other.serial.text, limit=MOST_CHOICES)
        if named:
            choices = [Choice(product, False, product.sku) for product in named]
            return asked(self.serial.text, _("Which product?"), choices)
        if looks_misread(self.serial.key):
            return refused(self.serial.text, misread_words(self.serial.text))
        if self.spec.brings_in:
            advice = _("No product has this number. Scan the product first, then its serials.")
        else:
            advice = _("No unit and no product has this number. Check it, or receive it first.")
        return refused(self.serial.text, advice)

    def _add_product(self, product: Product) -> ScanResult:
        if self._is_retired(product):
            return refused(
                self.serial.text, _("%(name)s is no longer in use.") % {"name": product.name}
            )
        line, is_new = line_for(self.document, product)
        self._activate(line)
        if product.asks_serials:
            message = _("%(name)s: now scan its serial numbers.") % {"name": product.name}
            return ScanResult(
                Outcome.ACCEPTED,
                product.sku,
                message,
                line.pk,
                is_new,
                product=product,
                offers_pairs=self._may_come_in_pairs(line),
            )
        return self._one_more(line, is_new, product)

    def _may_come_in_pairs(self, line: Line) -> bool:
        """Whether its units may have two numbers, and nobody has said so yet."""
        return takes_seconds(self.spec, line.product) and not line.in_pairs

    def _is_retired(self, product: Product) -> bool:
        """Whether it is no longer in use, and this document would bring more of it."""
        return not product.is_active and self.spec.brings_in

    def _one_more(self, line: Line, is_new: bool, product: Product) -> ScanResult:
        """One more piece of a product without serials."""
        if not is_new:
            if line.quantity >= MOST_PIECES:
                return refused(self.serial.text, _("No more fit on this line."))
            Line.objects.filter(pk=line.pk).update(quantity=F("quantity") + 1)
            line.quantity += 1
        message = ngettext("%(count)d piece", "%(count)d pieces", line.quantity) % {
            "count": line.quantity
        }
        return ScanResult(Outcome.ACCEPTED, product.sku, message, line.pk, is_new, product=product)

    def _add_serial(
        self, unit: Candidate, *, origin: Line | None = None, acknowledge: bool = False
    ) -> ScanResult:
        """Put a unit on its line, unless it can't make this movement."""
        product = unit.product
        serial = self._own(unit)
        text = serial.text
        # What the ledger knows was judged when it came: barcode and format may be newer.
        wrong_text = None if unit.known else checking.check_text(self.serial, product)
        if wrong_text and checking.check_text(self.serial, product, refuse_only=True):
            return refused(text, wrong_text.message, refusal=wrong_text)
        if repeated := self._repeated(product, unit.known):
            return ScanResult(
                Outcome.REPEATED,
                repeated.text,
                self._by_second(_("It is on this document already; it counts once."), repeated),
                repeated.line_id,
                product=product,
            )
        if unit.known is None and (first := awaited(self.document, product)):
            return self._second_of(first, wrong_text)
        found = self._finding(unit) if origin is None else self._finding_from(unit, origin)
        is_back = found is not None and found.code == "returned_to_supplier_before"
        if found and is_back and self._may_acknowledge():
            if not acknowledge:
                return self._ask_back(unit, found)
        elif found:
            return refused(text, found.message, refusal=found)
        line, is_new = line_for(self.document, product, origin=origin)
        line.serials.create(
            document=self.document,
            product=product,
            text=text,
            key=serial.key,
            acknowledged_id=found.posting_id if found else None,
        )
        warnings = [wrong_text.message] if wrong_text else []  # it is taken, and said
        if unit.known is None:
            warnings += alike_notes(self.document, {(product.pk, serial.key): text})
        result = self._counted(line, is_new, serial, " ".join(warnings))
        if await_second(line, serial, unit.known):
            result = asking_for_second(result, product)
        return result

    def _second_of(self, first: LineSerial, wrong_text: Refusal | None) -> ScanResult:
        """The scan is the second number of the unit before it."""
        take_second(first, self.serial)
        return ScanResult(
            Outcome.ACCEPTED,
            first.text,
            _("%(second)s is its second number.") % {"second": self.serial.text},
            first.line_id,
            product=first.line.product,
            warning=wrong_text.message if wrong_text else "",
        )

    def _only_one(self, product: Product) -> ScanResult:
        """The unit scanned last has no second number, as a person says."""
        first = awaited(self.document, product)
        if first is not None and first.key == self.serial.key:
            has_only_one(first)
        words = _("It has one number only. Scan the next unit.")
        return ScanResult(Outcome.ACCEPTED, self.serial.text, words, product=product)

    def _own(self, unit: Candidate) -> SerialText:
        """The number that documents name the unit by; it may have been scanned by its second."""
        return unit.known.own if unit.known else self.serial

    def _by_second(self, message: str, unit: SerialText | LineSerial) -> str:
        """The answer, and that it was the unit's second number that found it."""
        if unit.key == self.serial.key:
            return message
        words = _("%(second)s is its second number.") % {"second": self.serial.text}
        return f"{message} {words}"

    def _repeated(
        self, product: Product, known: stock.KnownSerial | None = None
    ) -> LineSerial | None:
        """The unit on this document that one of its numbers names."""
        keys = {self.serial.key, known.key if known else self.serial.key}
        named = Q(key__in=keys) | (Q(second_key__in=keys) & ~Q(second_key=""))
        return LineSerial.objects.filter(named, document=self.document, product=product).first()

    def _finding_from(self, unit: Candidate, origin: Line) -> Refusal | None:
        """What stops a unit that comes from an earlier line."""
        line = Line(
            document=self.document, product=unit.product, origin=origin, position=0, quantity=1
        )
        part = LineReader(self.document, self.spec, [line]).read(
            line, [self._own(unit)], acknowledged={}
        )[0]
        came_by = checking.last_movements([unit.known.id]) if unit.known else {}
        code = checking.check_on_line(
            part,
            self._own(unit),
            unit.product,
            unit.known,
            came_by=came_by.get(unit.known.id) if unit.known else None,
            store=self.document.store,
            on=self.on,
        )
        return self._explained(code, unit) if code else None

    def _may_acknowledge(self) -> bool:
        return self.by.can(Right.ACKNOWLEDGE, self.document.store_id)

    def _ask_back(self, unit: Candidate, found: Refusal) -> ScanResult:
        """A unit that went back to the supplier: the manager says that it is here again."""
        choice = Choice(unit.product, True, _("it came back, take it"), acknowledge=True)
        return asked(self.serial.text, found.message, [choice], refusal=found)

    def _counted(
        self, line: Line, is_new: bool, serial: SerialText, warning: str = ""
    ) -> ScanResult:
        """The line with one more serial on it."""
        count = line.serials.count()
        if count > line.quantity:
            line.quantity = count
            line.save(update_fields=["quantity"])
        self._activate(line)
        message = _("%(count)d of %(quantity)d serial numbers") % {
            "count": count,
            "quantity": line.quantity,
        }
        return ScanResult(
            Outcome.ACCEPTED,
            serial.text,
            self._by_second(message, serial),
            line.pk,
            is_new,
            product=line.product,
            warning=warning,
            offers_pairs=self._may_come_in_pairs(line),
        )

    def _activate(self, line: Line) -> None:
        if self.document.active_line_id != line.pk:
            self.document.active_line = line
            self.document.save(update_fields=["active_line"])
