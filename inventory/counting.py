"""Scanning into a count: each text is answered at once, and each unit counts once.

People scan at the same time and don't wait for each other: a unit's uniqueness is kept by an
index, and only who counts the very same thing at the same moment waits for the other.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid

from django.db import transaction
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from company.access import Access
from products.finding import no_product_words, product_with_gtin
from products.models import Product
from serials.checking import check_barcode
from serials.models import PlaceKind
from serials.reading_scans import Reading, readings, shown_gtin
from serials.scanned import read_scan
from serials.text import LONGEST, SerialText
from warranty.scanned_cards import number_of_card

from .answers import Choice, Chosen, ScanAnswer, Verdict
from .explaining import Unknown, explain_unknown, known_as, why_set_aside
from .holding import hold_count, why_not_counting
from .meaning import Meaning, Unit, read_meaning, unit_of, units_with
from .models import Count, Scan
from .pieces import add_pieces, tally_answer
from .standing import in_scope
from .writing import insert_scan, lock_thing, taken_scan


@transaction.atomic
def scan(
    pk: int,
    entered: str,
    *,
    by: Access,
    now: dt.datetime,
    nonce: uuid.UUID | None = None,
    product_id: int | None = None,
    answer: Chosen | None = None,
    quantity: int = 1,
) -> ScanAnswer:
    """Take one scan into a count; a small number of statements, however large the count is.

    `nonce` names the scan: the same one again, after a lost answer, is answered as before and
    counts no more. `product_id` is the product chosen last, which serial numbers nobody has seen
    are of; `answer` answers an earlier question about the same text. Of a product without serials
    `quantity` pieces are added. Raises Count.DoesNotExist and PermissionDenied.
    """
    count = hold_count(pk, by=by)
    if number := number_of_card(entered):
        words = _("This is the warranty card %(number)s. Scan the unit itself.")
        return ScanAnswer(Verdict.REFUSED, number, words % {"number": number})
    reading = read_scan(entered) if answer is None else readings(entered)[0]
    serial = reading.serial
    if nonce is not None and (taken := taken_scan(count, nonce)):
        return _told_again(count, taken, by)
    if stopped := why_not_counting(count) or reading.wrong or _unreadable(serial):
        return ScanAnswer(Verdict.REFUSED, serial.text[:LONGEST], stopped)
    if reading.gtin:
        product = product_with_gtin(reading.gtin)
        if product is None:
            words = no_product_words(shown_gtin(reading.gtin))
            return ScanAnswer(Verdict.REFUSED, serial.text, words)
        answer = Chosen(product.pk, reading.is_unit)
    under_way = _Counting(count, reading, by, now, nonce or uuid.uuid4(), product_id, quantity)
    said = under_way.take(answer)
    return dataclasses.replace(said, note=reading.note)


def _unreadable(serial: SerialText) -> str:
    """What is wrong with the text itself; empty when it can be one."""
    if not serial.key:
        return _("Nothing readable was scanned. Try again.")
    if len(serial.key) <= LONGEST and len(serial.text) <= LONGEST:
        return ""
    words = ngettext(
        "%(length)d character is too long: a serial number has at most %(most)d.",
        "%(length)d characters are too long: a serial number has at most %(most)d.",
        len(serial.text),
    )
    return words % {"length": len(serial.text), "most": LONGEST}


def _told_again(count: Count, taken: Scan, by: Access) -> ScanAnswer:
    """The answer to a scan that was taken already."""
    if taken.taken_back_at is not None:
        return ScanAnswer(
            Verdict.REPEATED, taken.text, _("This scan was taken back meanwhile."), taken.product
        )
    if not taken.key and taken.product:
        return tally_answer(count, taken.product, taken)
    unit = Unit(taken.product, taken.serial)
    return _unit_answer(count, taken, unit, by=by)


def _unit_answer(count: Count, taken: Scan, unit: Unit, *, by: Access) -> ScanAnswer:
    """What is said of a unit that was counted: that it was expected, or why it was not."""
    if taken.was_here:
        is_defective = unit.known is not None and unit.known.place.kind == PlaceKind.DEFECTIVE
        words = _("It is here, as the records say.")
        if is_defective:
            words = _("It is here, as the records say: defective.")
        elif unit.known is not None and unit.known.place.kind == PlaceKind.BLOCKED:
            words = why_set_aside(unit.known)
        return ScanAnswer(
            Verdict.EXPECTED, taken.text, words, unit.product, taken.pk, is_defective=is_defective
        )
    known = known_as(unit.known) if unit.known else None
    product_id = unit.product.pk if unit.product else None
    unknown = Unknown(SerialText(taken.text, taken.key), product_id, known)
    (explanation,) = explain_unknown([unknown], store=count.store, by=by)
    return ScanAnswer(
        Verdict.UNKNOWN,
        taken.text,
        explanation.message,
        unit.product,
        taken.pk,
        explanation=explanation,
    )


class _Counting:
    """One scan under way in a count that is held open."""

    def __init__(
        self,
        count: Count,
        reading: Reading,
        by: Access,
        now: dt.datetime,
        nonce: uuid.UUID,
        context_id: int | None,
        quantity: int,
    ) -> None:
        self.count = count
        self.serial = reading.serial
        self.other = reading.other
        self.by = by
        self.now = now
        self.nonce = nonce
        self.quantity = quantity
        self.context = self._context(context_id)

    def _context(self, product_id: int | None) -> Product | None:
        """The product chosen last; nothing when it is forged, or not to be counted by serials."""
        if product_id is None:
            return None
        product = Product.objects.select_related("type").filter(pk=product_id).first()
        if product is None or not product.asks_serials or not in_scope(self.count, [product]):
            return None
        return product

    def take(self, answer: Chosen | None) -> ScanAnswer:
        if answer is None:
            meaning = read_meaning(self.count, self.serial, context=self.context)
            said = self._of(meaning)
        else:
            said = self._answered(answer)
        return dataclasses.replace(said, context=said.context or self.context)

    def _of(self, meaning: Meaning) -> ScanAnswer:
        if meaning.elsewhere:
            return self._out_of_scope(meaning.elsewhere)
        if meaning.product:
            return self._take_product(meaning.product)
        if meaning.unit:
            if meaning.unit.known is None and self.other is not None:
                return self._in_doubt(meaning.unit, self.other)
            return self._take_unit(meaning.unit, named=False)
        words = _("%(text)s fits several things. Which is it?") % {"text": self.serial.text}
        return ScanAnswer(Verdict.ASKS, self.serial.text, words, choices=meaning.choices)

    def _in_doubt(self, unit: Unit, other: Reading) -> ScanAnswer:
        """Asks how a new serial is written that a Cyrillic layout may have typed, Latin first."""
        by_keys, typed = other.serial.text, self.serial.text
        choices = [
            Choice(unit.product, True, _("%(text)s, by the keys") % {"text": by_keys}, by_keys),
            Choice(unit.product, True, _("%(text)s, as typed") % {"text": typed}, typed),
        ]
        words = _("Was the keyboard set to %(layout)s? Then this is %(text)s.")
        said = words % {"layout": other.layout, "text": by_keys}
        return ScanAnswer(Verdict.ASKS, typed, said, choices=choices)

    def _answered(self, answer: Chosen) -> ScanAnswer:
        if answer.product_id is None:
            known = units_with(self.serial.key)
            return (
                self._take_unit(Unit(None), named=True)
                if not known
                else self._of(read_meaning(self.count, self.serial, context=None))
            )
        product = Product.objects.select_related("type").filter(pk=answer.product_id).first()
        if product is None:
            words = _("This product is no longer there.")
            return ScanAnswer(Verdict.REFUSED, self.serial.text, words)
        if not in_scope(self.count, [product]):
            return self._out_of_scope(product)
        if answer.as_serial and product.asks_serials:
            return self._take_unit(unit_of(product, self.serial.key), named=True)
        return self._take_product(product)

    def _out_of_scope(self, product: Product) -> ScanAnswer:
        words = _("%(name)s is not part of this count: nothing was counted.")
        return ScanAnswer(
            Verdict.OUT_OF_SCOPE, self.serial.text, words % {"name": product.name}, product
        )

    def _take_product(self, product: Product) -> ScanAnswer:
        if product.asks_serials:
            words = _("Now scan its serial numbers. New ones are taken as of this product.")
            return ScanAnswer(Verdict.CHOSEN, product.sku, words, product, context=product)
        return add_pieces(
            self.count,
            product,
            self.quantity,
            by=self.by,
            now=self.now,
            nonce=self.nonce,
        )

    def _take_unit(self, unit: Unit, *, named: bool) -> ScanAnswer:
        """Count a unit, whichever of its numbers was scanned.

        `named` says that a person chose its product.
        """
        scanned = self.serial
        if unit.known is not None:
            self.serial = SerialText(unit.known.text, unit.known.key)
        said = self._count_unit(unit, named=named)
        if self.serial.key == scanned.key:
            return said
        words = _("%(second)s is its second number.") % {"second": scanned.text}
        return dataclasses.replace(said, message=f"{said.message} {words}")

    def _count_unit(self, unit: Unit, *, named: bool) -> ScanAnswer:
        """Count a unit by its own number, unless somebody has."""
        if (
            unit.known is None
            and unit.product
            and (wrong := check_barcode(self.serial, unit.product))
        ):
            return ScanAnswer(Verdict.REFUSED, self.serial.text, wrong.message)
        if unit.known is None:
            # The unique index can't see that a text with a product and one without are one unit.
            lock_thing(self.count, self.serial.key)
        live = self._live()
        if repeated := self._repeated(unit, live, named=named):
            return self._said_repeated(repeated, unit)
        for blank in (row for row in live if row.product_id is None):
            Scan.objects.filter(pk=blank.pk, taken_back_at=None).update(
                taken_back_at=self.now, taken_back_by=self.by.user
            )
        if (taken := self._insert(unit)) is not None:
            return _unit_answer(self.count, taken, unit, by=self.by)
        # Somebody counted the same unit, or sent the same scan, since we looked.
        if mine := taken_scan(self.count, self.nonce):
            return _told_again(self.count, mine, self.by)
        for row in self._live():
            if row.product_id == (unit.product.pk if unit.product else None):
                return self._said_repeated(row, unit)
        return ScanAnswer(
            Verdict.REFUSED, self.serial.text, _("This could not be counted. Scan it again.")
        )

    def _live(self) -> list[Scan]:
        rows = Scan.objects.filter(count=self.count, key=self.serial.key, taken_back_at=None)
        return list(rows.select_related("scanned_by", "product").order_by("pk"))

    def _repeated(self, unit: Unit, live: list[Scan], *, named: bool) -> Scan | None:
        """The scan that counted this unit already.

        A text scanned before anybody said what it is of is counted anew once somebody says it.
        """
        product_id = unit.product.pk if unit.product else None
        for row in live:
            if row.product_id == product_id:
                return row
        chosen = named or (unit.known is None and unit.product is not None)
        for row in live:
            if row.product_id is None and not chosen:
                return row
            if row.product_id is not None and unit.known is None and not named:
                return row
        return None

    def _said_repeated(self, row: Scan, unit: Unit) -> ScanAnswer:
        moment = timezone.localtime(row.scanned_at)
        is_today = moment.date() == timezone.localtime(self.now).date()
        when = formats.date_format(moment, "TIME_FORMAT" if is_today else "SHORT_DATETIME_FORMAT")
        if row.scanned_by_id == self.by.user.pk:
            words = _("You scanned it already, %(when)s. It counts once.")
        else:
            words = _("%(who)s scanned it already, %(when)s. It counts once.")
        said = words % {"who": row.scanned_by, "when": when}
        product = row.product or unit.product
        return ScanAnswer(Verdict.REPEATED, row.text, said, product, row.pk)

    def _insert(self, unit: Unit) -> Scan | None:
        """Write the scan; None when the unit or the scan itself is counted by now."""
        row = Scan(
            nonce=self.nonce,
            count=self.count,
            product=unit.product,
            serial=unit.known,
            text=unit.known.text if unit.known else self.serial.text,
            key=self.serial.key,
            was_here=unit.is_here(self.count),
            scanned_at=self.now,
            scanned_by=self.by.user,
        )
        return insert_scan(row)
