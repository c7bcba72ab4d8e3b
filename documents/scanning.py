"""One scan on a draft: what the text means, and what comes of it.

A scan is a product's barcode or SKU, a serial number, or part of a product's name. What fits
several things is asked about, never guessed (section 5 of the domain).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import uuid
from collections.abc import Sequence

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from company.access import Access
from products.finding import products_coded, products_named
from products.models import Product
from products.modes import SERIAL_MODES
from serials import checking, stock
from serials.models import Serial
from serials.policies import POLICIES
from serials.refusals import Refusal
from serials.text import LONGEST, SerialText, read_serial

from .drafting import line_for, lock_draft
from .kinds import KindSpec, spec_of
from .models import MOST_PIECES, Document, Line, LineSerial, TakenScan

MOST_CHOICES = 8


class Outcome(enum.StrEnum):
    """What a scan came to; each has its own colour, word and sound."""

    ACCEPTED = "accepted"
    REPEATED = "repeated"
    REFUSED = "refused"
    ASKS = "asks"


@dataclasses.dataclass(frozen=True, slots=True)
class Choice:
    """One answer to an ambiguous scan: take the text as this product, or as its serial."""

    product: Product
    as_serial: bool
    hint: str


@dataclasses.dataclass(frozen=True, slots=True)
class ScanResult:
    """The answer to a scan. `line_id` is the line it touched, `is_new_line` whether it made it."""

    outcome: Outcome
    scanned: str
    message: str
    line_id: int | None = None
    is_new_line: bool = False
    product: Product | None = None
    warning: str = ""
    refusal: Refusal | None = None
    choices: Sequence[Choice] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class _Candidate:
    """A serial the text may mean: of which product, and what the ledger knows of it."""

    product: Product
    known: stock.KnownSerial | None


@transaction.atomic
def scan(
    pk: int,
    entered: str,
    *,
    by: Access,
    now: dt.datetime,
    nonce: uuid.UUID | None = None,
    product_id: int | None = None,
    as_serial: bool | None = None,
) -> ScanResult:
    """Take one scan into a draft.

    `nonce` names the scan: the same one again, after a lost answer, changes nothing.
    `product_id` and `as_serial` answer an earlier question about the same text.
    """
    document = lock_draft(pk, by=by)
    serial = read_serial(entered)
    if not serial.key:
        return _refused(serial.text, _("Nothing readable was scanned. Try again."))
    if len(serial.key) > LONGEST or len(serial.text) > LONGEST:
        shown = serial.text[:20] + "…"
        return _refused(
            shown,
            ngettext(
                "%(length)d character is too long: a serial number has at most %(most)d.",
                "%(length)d characters are too long: a serial number has at most %(most)d.",
                len(serial.text),
            )
            % {"length": len(serial.text), "most": LONGEST},
        )
    if nonce is not None and TakenScan.objects.filter(pk=nonce).exists():
        return ScanResult(
            Outcome.REPEATED, serial.text, _("This scan was already taken; it counts once.")
        )
    result = _Scan(document, serial, now).take(product_id, as_serial)
    if nonce is not None and result.outcome == Outcome.ACCEPTED:
        TakenScan.objects.create(nonce=nonce, document=document)
    return result


def _refused(scanned: str, message: str, *, refusal: Refusal | None = None) -> ScanResult:
    return ScanResult(Outcome.REFUSED, scanned, message, refusal=refusal)


class _Scan:
    """One scan under way on a locked draft."""

    def __init__(self, document: Document, serial: SerialText, now: dt.datetime) -> None:
        self.document = document
        self.serial = serial
        self.on = document.effective_on or document.store.date_of(now)
        self.spec: KindSpec = spec_of(document.kind)

    def take(self, product_id: int | None, as_serial: bool | None) -> ScanResult:
        if product_id is not None:
            product = Product.objects.select_related("type").filter(pk=product_id).first()
            if product is None:
                return _refused(self.serial.text, _("This product is no longer there."))
            if as_serial and product.asks_serials:
                known = stock.known_serials([(product.pk, self.serial.key)])
                return self._add_serial(
                    _Candidate(product, known.get((product.pk, self.serial.key)))
                )
            return self._add_product(product)
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
            return self._add_serial(units[0])
        return self._unknown()

    def _active_line(self) -> Line | None:
        """The line that unknown serials go to: of the product last scanned or touched here."""
        if self.document.active_line_id is None:
            return None
        return Line.objects.select_related("product__type").get(pk=self.document.active_line_id)

    def _units(self) -> list[_Candidate]:
        """The units the text may mean: serials of the ledger, and a new one of the active line.

        Of several serials with the same text only those that this document can take count, when
        there are any. A text that is known is never taken for a new serial of the active product
        without asking.
        """
        known = self._known_units()
        if self.spec.sells and len(known) > 1:
            known = [unit for unit in known if self._finding(unit) is None] or known
        line = self._active_line()
        if line is None or not line.product.asks_serials:
            return known
        if any(unit.product.pk == line.product_id for unit in known):
            return (
                known
                if self.spec.sells
                else [unit for unit in known if unit.product.pk == line.product_id]
            )
        new = _Candidate(line.product, None)
        if self.spec.sells and POLICIES[line.product.mode].verifies:
            return known or [new]  # strict: what was never received can't be sold anyway
        return [*known, new]

    def _known_units(self) -> list[_Candidate]:
        """The serials of the ledger with this text, of products with serials."""
        rows = Serial.objects.filter(key=self.serial.key, product__mode__in=SERIAL_MODES)
        found = list(rows.select_related("product__type").order_by("product_id")[:MOST_CHOICES])
        known = stock.known_serials([(row.product_id, row.key) for row in found])
        return [_Candidate(row.product, known.get((row.product_id, row.key))) for row in found]

    def _finding(self, unit: _Candidate) -> Refusal | None:
        finding = checking.check_known(
            self.spec.movement, unit.product, unit.known, store=self.document.store, on=self.on
        )
        if finding is None:
            return None
        posting = None
        if unit.known:
            posting = checking.last_postings([unit.known]).get(unit.known.id)
        return checking.explain(finding.code, self.serial, unit.known, posting)

    def _ask(self, products: Sequence[Product], units: Sequence[_Candidate]) -> ScanResult:
        choices = [Choice(product, False, _("the product")) for product in products]
        choices += [Choice(unit.product, True, _("a serial number")) for unit in units]
        return ScanResult(
            Outcome.ASKS,
            self.serial.text,
            _("%(text)s fits several things. Which is it?") % {"text": self.serial.text},
            choices=choices[:MOST_CHOICES],
        )

    def _unknown(self) -> ScanResult:
        """Nothing has this barcode, SKU or serial: offer products by name, or say what to do."""
        named = products_named(self.serial.text, limit=MOST_CHOICES)
        if named:
            return ScanResult(
                Outcome.ASKS,
                self.serial.text,
                _("Which product?"),
                choices=[Choice(product, False, product.sku) for product in named],
            )
        if self.spec.sells:
            advice = _("No unit and no product has this number. Check it, or receive it first.")
        else:
            advice = _("No product has this number. Scan the product first, then its serials.")
        return _refused(self.serial.text, advice)

    def _add_product(self, product: Product) -> ScanResult:
        if not product.is_active and not self.spec.sells:
            return _refused(
                self.serial.text, _("%(name)s is no longer in use.") % {"name": product.name}
            )
        line, is_new = line_for(self.document, product)
        self._activate(line)
        if product.asks_serials:
            message = _("%(name)s: now scan its serial numbers.") % {"name": product.name}
        else:
            if not is_new:
                if line.quantity >= MOST_PIECES:
                    return _refused(self.serial.text, _("No more fit on this line."))
                Line.objects.filter(pk=line.pk).update(quantity=F("quantity") + 1)
                line.quantity += 1
            message = ngettext("%(count)d piece", "%(count)d pieces", line.quantity) % {
                "count": line.quantity
            }
        return ScanResult(Outcome.ACCEPTED, product.sku, message, line.pk, is_new, product=product)

    def _add_serial(self, unit: _Candidate) -> ScanResult:
        product = unit.product
        text = unit.known.text if unit.known else self.serial.text
        # What the ledger knows was judged when it came: barcode and format may be newer.
        wrong_text = None if unit.known else checking.check_text(self.serial, product)
        if wrong_text and checking.check_text(self.serial, product, refuse_only=True):
            return _refused(text, wrong_text.message, refusal=wrong_text)
        repeated = LineSerial.objects.filter(
            document=self.document, product=product, key=self.serial.key
        ).first()
        if repeated:
            return ScanResult(
                Outcome.REPEATED,
                text,
                _("It is on this document already; it counts once."),
                repeated.line_id,
                product=product,
            )
        if found := self._finding(unit):
            return _refused(text, found.message, refusal=found)
        line, is_new = line_for(self.document, product)
        line.serials.create(document=self.document, product=product, text=text, key=self.serial.key)
        count = line.serials.count()
        if count > line.quantity:
            line.quantity = count
            line.save(update_fields=["quantity"])
        self._activate(line)
        message = _("%(count)d of %(quantity)d serial numbers") % {
            "count": count,
            "quantity": line.quantity,
        }
        warning = wrong_text.message if wrong_text else ""  # it is taken, and said
        return ScanResult(
            Outcome.ACCEPTED, text, message, line.pk, is_new, product=product, warning=warning
        )

    def _activate(self, line: Line) -> None:
        if self.document.active_line_id != line.pk:
            self.document.active_line = line
            self.document.save(update_fields=["active_line"])
