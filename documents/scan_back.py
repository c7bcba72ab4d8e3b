"""A scan on a document that takes back what was sold: a customer return or an exchange."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from partners.saving import hold_customer
from products.finding import products_coded
from products.modes import SERIAL_MODES
from serials import checking, stock
from serials.models import PlaceKind, Serial
from serials.policies import CUSTOMER_RETURN
from serials.text import read_serial
from warranty.models import Card

from . import sold
from .drafting import line_for
from .judging import written_day
from .models import Document, Kind, Line, ReturnedCard
from .scan_answers import (
    MOST_CHOICES,
    Answer,
    Candidate,
    Choice,
    Outcome,
    ScanResult,
    asked,
    refused,
)
from .scan_steps import Scan

LOOKED_AT = 50
"""How many products with the same serial are looked at for the one that was sold."""


class ScanBack(Scan):
    """A unit, a warranty card or a sale's number; on an exchange also what is handed over."""

    def take(self, answer: Answer) -> ScanResult:
        if answer.origin_id is not None:
            return self._answered_origin(answer.origin_id)
        if answer.product_id is None:
            if sale := sold.sale_numbered(self.serial.key, access=self.by):
                return self._of_sale(sale)
            if found := sold.sold_with_card(self.serial.key, access=self.by):
                return self._of_card(*found)
        units = [
            unit
            for unit in self._sold_units()
            if self._is_meant(unit, answer) and not checking.is_unknown(unit.product, unit.known)
        ]
        if self.spec.kind == Kind.EXCHANGE and answer.product_id is None:
            units = [
                unit for unit in units if not self._repeated(unit.product, unit.known)
            ] or units
            if units and (here := self._to_hand_over(units)):
                return self._ask_which_way(units, here)
        if len(units) == 1:
            return self._unit_back(units[0])
        if len(units) > 1:
            choices = [Choice(unit.product, True, _("a serial number")) for unit in units]
            return asked(self.serial.text, _("Which unit comes back?"), choices)
        line = self._active_line()
        if line and line.origin and self._is_meant_new(line, answer):
            unit = Candidate(line.product, None)
            taken = self._misread(unit) or self._in_doubt(unit)
            return taken or self._add_serial(unit, origin=line.origin)
        if self.spec.kind == Kind.EXCHANGE:
            return super().take(answer)
        return self._nothing_sold()

    def _to_hand_over(self, sold_units: list[Candidate]) -> list[Candidate]:
        """The units with this serial that lie here: the same text may be on two products."""
        back = {unit.product.pk for unit in sold_units}
        return [
            unit
            for unit in self._known_units()
            if unit.product.pk not in back
            and not self._repeated(unit.product, unit.known)
            and self._finding(unit) is None
        ]

    def _ask_which_way(self, back: list[Candidate], here: list[Candidate]) -> ScanResult:
        choices = [Choice(unit.product, True, _("comes back")) for unit in back]
        choices += [Choice(unit.product, True, _("is handed over")) for unit in here]
        return asked(
            self.serial.text,
            _("%(text)s fits several things. Which is it?") % {"text": self.serial.text},
            choices,
        )

    def _is_meant(self, unit: Candidate, answer: Answer) -> bool:
        return answer.product_id in (None, unit.product.pk)

    def _sold_units(self) -> list[Candidate]:
        """The units with this serial that a customer has; on a return all others too.

        Serials count whatever their product's accounting is today: it may have changed since.
        """
        rows = Serial.objects.called(self.serial.key).select_related("product__type")
        found = list(rows.order_by("product_id")[:LOOKED_AT])
        known = stock.known_serials([(row.product_id, row.key) for row in found])
        units = [Candidate(row.product, known.get((row.product_id, row.key))) for row in found]
        with_customers = [
            unit for unit in units if unit.known and unit.known.place.kind == PlaceKind.CUSTOMER
        ]
        if with_customers or self.spec.kind == Kind.EXCHANGE:
            return with_customers
        return units

    def _is_meant_new(self, line: Line, answer: Answer) -> bool:
        return answer.product_id in (None, line.product_id) and self._is_new_of(line)

    def _is_new_of(self, line: Line) -> bool:
        """Whether an unknown text may be a serial of this line that comes back.

        The line waits for one, and nothing else has this code: a unit or a product that is meant
        to be handed over instead never ends up on what comes back.
        """
        if line.origin is None or not line.product.asks_serials:
            return False
        if line.product.mode == "strict" and line.origin.mode in SERIAL_MODES:
            return False
        if line.serials.count() >= line.quantity or products_coded(self.serial.key):
            return False
        return all(checking.is_unknown(unit.product, unit.known) for unit in self._known_units())

    def _unit_back(self, unit: Candidate) -> ScanResult:
        """A unit that the ledger knows: back by the sale that handed it over last."""
        text = unit.known.text if unit.known else self.serial.text
        if self._repeated(unit.product, unit.known):
            return self._add_serial(unit)
        if found := self._why_not_back(unit):
            return found
        sale = sold.last_sale_of(unit.known.id) if unit.known else None
        line = sold.line_of(sale[0].pk, sale[1]) if sale else None
        if sale is None or line is None:
            return refused(text, _("It was never sold. Check the number."))
        if not self.by.sees(line.document.store_id):
            return refused(
                text,
                _("It was sold in %(store)s by %(number)s: only there it can be taken back.")
                % {"store": line.document.store.name, "number": line.document.number},
            )
        if unit.product.asks_serials:
            return self._take_line(line, unit)
        return self._piece_back(line, card_id=self._card_of(unit))

    def _why_not_back(self, unit: Candidate) -> ScanResult | None:
        """A strict unit that no customer has, in words."""
        finding = checking.check_known(
            CUSTOMER_RETURN, unit.product, unit.known, store=self.document.store, on=self.on
        )
        if finding is None:
            return None
        told = self._explained(finding.code, unit)
        return refused(self.serial.text, told.message, refusal=told)

    def _card_of(self, unit: Candidate) -> int | None:
        """The card of a unit whose product has no serials any more."""
        if unit.known is None:
            return None
        cards = Card.objects.filter(term__serial_id=unit.known.id, void_on=None)
        return cards.order_by("-pk").values_list("pk", flat=True).first()

    def _take_line(self, line: Line, unit: Candidate) -> ScanResult:
        self._name_customer(line)
        return self._add_serial(unit, origin=line)

    def _name_customer(self, line: Line) -> None:
        """The customer of a return is that of the sale, unless somebody else was named."""
        if self.document.customer_id is None and line.document.customer_id is not None:
            self.document.customer = hold_customer(line.document.customer_id)
            self.document.save(update_fields=["customer"])

    def _of_sale(self, sale: Document) -> ScanResult:
        """A sale's number: what of it comes back?"""
        lines = sold.sold_on(sale, access=self.by)
        if not lines:
            return refused(self.serial.text, _("Nothing of this sale is left to come back."))
        choices = self._choices(lines)
        if len(choices) == 1:
            return self._chosen(choices[0])
        words = _("What comes back of this sale?")
        if len(choices) > MOST_CHOICES:
            words = _("This sale has more lines: scan what comes back, or find the sale with F8.")
        return asked(self.serial.text, words, choices)

    def _choices(self, lines: list[sold.Sold]) -> list[Choice]:
        """Each unit of a small sale; of a large one its lines."""
        by_unit = [
            one for one in lines if one.line.product.asks_serials and one.line.mode in SERIAL_MODES
        ]
        units = sold.units_left([one.line for one in by_unit], limit=MOST_CHOICES + 1)
        others = [one for one in lines if one not in by_unit]
        if len(units) + len(others) > MOST_CHOICES:
            units, others = [], lines
        choices = [Choice(unit.product, True, unit.text, scan=unit.text) for unit in units]
        choices += [
            Choice(
                one.line.product,
                False,
                ngettext("%(count)d piece sold", "%(count)d pieces sold", one.left)
                % {"count": one.left},
                origin_id=one.line.pk,
            )
            for one in others
        ]
        return choices

    def _chosen(self, choice: Choice) -> ScanResult:
        """The only answer there is: nobody needs to be asked."""
        if choice.origin_id is not None:
            return self._answered_origin(choice.origin_id)
        self.serial = read_serial(choice.scan)
        return self.take(Answer(product_id=choice.product.pk, as_serial=True))

    def _of_card(self, card: Card, piece: sold.Sold | None) -> ScanResult:
        """A warranty card: its unit, or one piece of its line."""
        if piece is None:
            return refused(self.serial.text, _("The sale of this card is not known."))
        if card.void_on is not None:
            return refused(
                self.serial.text,
                _("This card is void since %(day)s. Scan the unit itself, or its newer card.")
                % {"day": written_day(card.void_on)},
            )
        if piece.serial and piece.line.product.asks_serials:
            self.serial = piece.serial
            return self.take(Answer(product_id=piece.line.product_id, as_serial=True))
        return self._piece_back(piece.line, card_id=card.pk)

    def _answered_origin(self, origin_id: int) -> ScanResult:
        """A line of a sale that was chosen: its units are named, its other pieces counted."""
        row = sold.returnable(self.by).filter(line_id=origin_id).first()
        if row is None:
            return refused(self.serial.text, _("Nothing of this sale is left to come back."))
        line = row.line
        if line.product.asks_serials and line.mode in SERIAL_MODES:
            choices = self._choices([sold.Sold(line, row.left)])
            if len(choices) == 1 and choices[0].as_serial:
                return self._chosen(choices[0])
            if choices and choices[0].as_serial:
                return asked(self.serial.text, _("Which unit comes back?"), choices)
        return self._piece_back(line)

    def _piece_back(self, origin: Line, *, card_id: int | None = None) -> ScanResult:
        """One piece of a sold line; its serial is asked for where the product has them now."""
        product = origin.product
        line, is_new = line_for(self.document, product, origin=origin)
        self._name_customer(origin)
        self._activate(line)
        if product.asks_serials:
            message = _("%(name)s: now scan the serial number of what comes back.")
            return ScanResult(
                Outcome.ACCEPTED,
                product.sku,
                message % {"name": product.name},
                line.pk,
                is_new,
                product=product,
            )
        if card_id is not None:
            if ReturnedCard.objects.filter(line__document=self.document, card=card_id).exists():
                return ScanResult(
                    Outcome.REPEATED,
                    self.serial.text,
                    _("It is on this document already; it counts once."),
                    line.pk,
                    product=product,
                )
            ReturnedCard.objects.create(line=line, card_id=card_id)
        return self._one_more(line, is_new, product)

    def _nothing_sold(self) -> ScanResult:
        """Nothing that was sold has this number: say what to try."""
        return refused(
            self.serial.text,
            _(
                "Nothing that was sold here has this number. Scan the warranty card or the number "
                "of the sale, or find the sale by its customer."
            ),
        )
