"""Judging a draft: every reason why it can't be posted, all at once."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence

from django.utils import formats
from django.utils.translation import gettext_lazy

from company.access import Access
from company.models import Company
from company.rights import Right
from products.modes import Mode
from serials.checking import check
from serials.refusals import Refusal
from serials.stock import Stock, read_stock
from serials.text import SerialText

from . import settling
from .corrected import PUT_BACK
from .in_repair import about_repairs
from .kinds import KindSpec, asks_reason, spec_of
from .models import Document, Kind, Line, LineSerial, ReturnedCard, Status
from .reading import DocumentLines, read_lines
from .refusals import document_refusal, line_refusal


def date_of(
    document: Document, *, now: dt.datetime, company: Company, closed: dt.date | None
) -> dt.date:
    """The day a draft takes effect: its own, or today in its store.

    Serial numbers entered later belong to the day their units moved, or to the first day of
    which the books are open: the lock date, or the day until which they are `closed` otherwise.
    """
    if document.kind == Kind.IDENTIFICATION and document.origin and document.origin.effective_on:
        days = document.origin.effective_on, company.lock_date, closed
        return max(day for day in days if day)
    return document.effective_on or _today(document, now=now)


def _today(document: Document, *, now: dt.datetime) -> dt.date:
    """Today in the store; what arrives from where it is tomorrow already arrives tomorrow."""
    today = document.store.date_of(now)
    if document.kind == Kind.ARRIVAL and document.origin and document.origin.effective_on:
        return max(today, document.origin.effective_on)
    return today


def what_posting_refuses(
    document: Document, *, by: Access, now: dt.datetime, without_serials: bool = False
) -> list[Refusal]:
    """What posting would refuse at this moment, read without locks: for the page."""
    spec = spec_of(document.kind)
    company = Company.current()
    lines = read_lines(document, spec, may_lack_serials=without_serials)
    stock = read_stock(lines.to_post, store=document.store)
    left = settling.read_outstanding(document, purpose=spec.settles) if spec.settles else {}
    closed = lines.closed_until(document)
    judgement = Judgement(document, spec, lines, company, by=by, now=now, closed=closed)
    return judgement.refusals(stock, left)


@dataclasses.dataclass(frozen=True, slots=True)
class Judgement:
    """A draft with all that its posting is judged by."""

    document: Document
    spec: KindSpec
    lines: DocumentLines
    company: Company
    _: dataclasses.KW_ONLY
    by: Access
    now: dt.datetime
    closed: dt.date | None
    under_warranty: bool = False
    of_nobody: bool = False

    @property
    def on(self) -> dt.date:
        """The day it takes effect."""
        return date_of(self.document, now=self.now, company=self.company, closed=self.closed)

    def refusals(self, stock: Stock, left: Mapping[int, settling.Left]) -> list[Refusal]:
        """Every reason, the document's own first; `left` is what its origins' lines have left."""
        found = [
            *self._about_date(),
            *self._about_header(stock),
            *self._about_lines(),
            *self._about_origins(left),
            *about_repairs(
                self.spec,
                self.lines.lines,
                self.lines.serials,
                sold_by=self.lines.sold_by,
                left=left,
            ),
            *check(stock, on=self.on),
        ]
        return with_reasons(found)

    def _about_date(self) -> list[Refusal]:
        document, on = self.document, self.on
        today = _today(document, now=self.now)
        if on > today:
            return [about_date("date_in_future", on)]
        if self.company.lock_date and on < self.company.lock_date:
            return [about_date("before_lock_date", self.company.lock_date)]
        if self.closed and on < self.closed:
            return [about_date("before_count", self.closed)]
        entered = document.kind == Kind.IDENTIFICATION
        if on < today and not entered and not self.by.can(Right.BACK_DATE, document.store_id):
            return [document_refusal("back_dating", field="effective_on")]
        return []

    def _about_header(self, stock: Stock) -> list[Refusal]:
        document, spec = self.document, self.spec
        found = []
        if not document.store.is_active:
            found.append(document_refusal("store_closed", store=document.store.name))
        if not stock.lines:
            found.append(document_refusal("no_lines"))
        if spec.partner == "supplier" and not (document.supplier_id or document.is_opening):
            code = "supplier_missing" if spec.kind == Kind.RECEIPT else "supplier_to_name"
            found.append(document_refusal(code, field="supplier"))
        if spec.kind == Kind.TRANSFER and not document.to_store_id:
            found.append(document_refusal("to_store_missing", field="to_store"))
        if document.to_store and not document.to_store.is_active:
            found.append(document_refusal("store_closed", store=document.to_store.name))
        under_warranty = any(product.period for product in stock.products.values())
        needs = spec.sells and self.company.customer_required and under_warranty
        if needs and not document.customer_id and not self.of_nobody:
            found.append(document_refusal("customer_missing", field="customer"))
        return found

    def _about_lines(self) -> list[Refusal]:
        spec, lines = self.spec, self.lines.lines
        found = []
        found += [
            line_refusal("reason_missing", line, field="remark")
            for line in lines
            if not line.remark and asks_reason(spec, line.origin)
        ]
        if spec.kind == Kind.EXCHANGE and lines:
            if not any(line.origin_id for line in lines):
                found.append(document_refusal("nothing_comes_back"))
            if all(line.origin_id for line in lines):
                found.append(document_refusal("nothing_handed_over"))
        return found

    def _about_origins(self, left: Mapping[int, settling.Left]) -> list[Refusal]:
        lines = self.lines.lines
        found = []
        for line, there in settling.over_settled(lines, left):
            code = "too_many" if there.pieces > 0 else "nothing"
            if there.waiting:
                code = "unidentified"
            found.append(
                line_refusal(
                    f"{self.spec.settles}_{code}",
                    line,
                    left=there.pieces,
                    quantity=line.quantity,
                    number=line.origin.document.number if line.origin else "",
                )
            )
        for line in lines:
            found += self._about_origin_date(line)
        if self.spec.takes_back:
            found += self._about_coming_back()
        return found

    def _about_coming_back(self) -> list[Refusal]:
        """What was sold elsewhere, and what came back before: two queries at most."""
        back = [line for line in self.lines.lines if line.origin is not None]
        found = [
            line_refusal(
                "sold_elsewhere",
                line,
                number=line.origin.document.number,
                store=line.origin.document.store.name,
            )
            for line in back
            if line.origin and not self.by.sees(line.origin.document.store_id)
        ]
        positions = {line.pk: line for line in back}
        void = ReturnedCard.objects.filter(line__in=positions, card__void_on__isnull=False)
        found += [
            line_refusal("card_void", positions[line_id], card=number)
            for line_id, number in void.values_list("line_id", "card__number")
        ]
        return found + came_back_before(back, self.lines.serials)

    def _about_origin_date(self, line: Line) -> list[Refusal]:
        if line.origin is None or line.origin.document.effective_on is None:
            return []
        origin = line.origin.document
        day = line.origin.document.effective_on
        if self.on < day:
            return [
                line_refusal("before_origin", line, number=origin.number, date=written_day(day))
            ]
        window = self.company.return_window_days
        bound = self.spec.takes_back and not self.under_warranty
        late = bound and window and (self.on - day).days > window
        if late and not self.by.can(Right.RETURN_LATE, self.document.store_id):
            return [
                line_refusal(
                    "window_over", line, number=origin.number, date=written_day(day), days=window
                )
            ]
        return []


def came_back_before(
    lines: Sequence[Line], serials: Mapping[int, Sequence[SerialText]]
) -> list[Refusal]:
    """Recorded units that this very sale took back already, or did not hand over: one query.

    Verified units have their chain for that; what is only recorded has the document's word.
    """
    recorded = {
        (line.origin_id, serial.key): (line, serial)
        for line in lines
        if line.product.mode == Mode.RECORDED
        for serial in serials.get(line.pk, ())
    }
    if not recorded:
        return []
    before = (
        LineSerial.objects.filter(
            line__origin__in={origin for origin, _ in recorded},
            key__in={key for _, key in recorded},
            document__status=Status.POSTED,
            document__kind__in=[Kind.CUSTOMER_RETURN, Kind.EXCHANGE, Kind.CORRECTION],
        )
        .select_related("line", "document")
        .order_by("document__posting_id")
    )
    last = {(row.line.origin_id, row.key): row for row in before}
    found = []
    for unit, row in last.items():
        is_correction = row.document.kind == Kind.CORRECTION
        if unit not in recorded or (is_correction and row.line.position != PUT_BACK):
            continue
        line, serial = recorded[unit]
        code = "never_went" if is_correction else "came_back_before"
        told = line_refusal(code, line, serial=serial.text, number=row.document.number)
        found.append(
            dataclasses.replace(
                told, serial=serial.text, key=row.key, posting_id=row.document.posting_id
            )
        )
    return found


def about_date(code: str, day: dt.date) -> Refusal:
    """A refusal at the document's date."""
    return document_refusal(code, field="effective_on", date=written_day(day))


def written_day(day: dt.date) -> str:
    """A day in the words of refusals."""
    return str(formats.date_format(day, "SHORT_DATE_FORMAT"))


_REASONED = {
    "returned_to_supplier_before": gettext_lazy("%(told)s It went back because of: %(reason)s."),
    "blocked": gettext_lazy("%(told)s The reason: %(reason)s."),
    "used_in_repair": gettext_lazy("%(told)s For: %(reason)s."),
}
"""Findings about a serial that the reason of its last document explains, and how they tell it."""


def with_reasons(refusals: Sequence[Refusal]) -> list[Refusal]:
    """Tell why a unit went back to the supplier, or was set aside: one query at most."""
    returned = [one for one in refusals if one.code in _REASONED]
    if not returned:
        return list(refusals)
    rows = LineSerial.objects.filter(
        document__posting_id__in={one.posting_id for one in returned},
        key__in={one.key for one in returned},
    ).values_list("document__posting_id", "key", "line__remark")
    reasons = {(posting_id, key): remark for posting_id, key, remark in rows}
    told = []
    for one in refusals:
        reason = reasons.get((one.posting_id or 0, one.key or ""))
        if one.code in _REASONED and reason:
            message = str(_REASONED[one.code]) % {
                "told": one.message,
                "reason": reason.rstrip("."),
            }
            one = dataclasses.replace(one, message=message)
        told.append(one)
    return told
