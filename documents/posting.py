"""Posting a draft: one transaction that locks, judges everything, writes, and numbers last."""

from __future__ import annotations

import datetime as dt
from functools import partial

from django.db import IntegrityError, transaction

from company.access import Access
from company.constraints import broken_constraint
from company.models import Company
from company.numbering import printed_number, take_numbers
from company.retrying import retried
from company.rights import Right
from operations import metrics
from serials.models import Posting
from serials.refusals import PostingRefused
from serials.stock import Stock, integers, lock_stock, run
from serials.writing import next_posting_id, write
from warranty.ending import Ended, Returned, end_terms
from warranty.issuing import issue_terms
from warranty.replacing import replace_terms

from . import settling
from .drafting import NotADraft, lock_draft
from .judging import Judgement, about_date, date_of
from .kinds import KindSpec, spec_of
from .models import Document, Kind, Line, ReturnedCard, Status
from .notices import is_news, notify_managers
from .reading import DocumentLines, read_lines
from .refusals import document_refusal

LOCKED_MEANWHILE = "serials_posting_not_before_lock_date"
RACED = frozenset(
    {
        "serials_entry_one_successor",
        "serials_entry_chain",
        "serials_entry_chain_target",
        "serials_balance_not_negative",
        "serials_posting_not_before_count",
        "documents_settled_at_most_all",
        "documents_repair_ends_first",
    }
)
"""Constraints that only a race, or a fault of ours, can break; either way nothing was written."""


def post_document(
    pk: int, *, by: Access, now: dt.datetime, without_serials: str | None = None
) -> Document:
    """Post a draft, once: a document that is posted already is returned as it is.

    `without_serials` is a manager's reason to move units whose serials are not entered now.
    Raises PostingRefused with every reason at once, Document.DoesNotExist for another store's
    document, PermissionDenied without the right.
    """
    try:
        return retried(lambda: _post(pk, by=by, now=now, without_serials=without_serials))
    except NotADraft:
        return Document.objects.visible_to(by).get(pk=pk)
    except IntegrityError as error:
        raise refusal_of(error) from error


def refusal_of(error: IntegrityError) -> Exception:
    """A rule that PostgreSQL kept, in words, where a race can break it; else the error itself."""
    rule = broken_constraint(error)
    if rule == LOCKED_MEANWHILE and (day := Company.current().lock_date):
        return PostingRefused([about_date("before_lock_date", day)])
    if rule in RACED:
        return PostingRefused([document_refusal("changed_meanwhile")])
    return error


@transaction.atomic
def _post(pk: int, *, by: Access, now: dt.datetime, without_serials: str | None) -> Document:
    return post_locked(lock_draft(pk, by=by), by=by, now=now, without_serials=without_serials)


def post_locked(
    document: Document,
    *,
    by: Access,
    now: dt.datetime,
    without_serials: str | None = None,
    under_warranty: bool = False,
    of_nobody: bool = False,
) -> Document:
    """Post a draft that is locked, or was made, in this transaction: what `post_document` does.

    What comes back `under_warranty` is not bound to the window for changing one's mind. `of_nobody`
    needs no customer whatever the company requires.
    """
    spec = spec_of(document.kind)
    company = Company.current()
    document.without_serials = _reason(document, spec, without_serials, by=by)
    lines = read_lines(document, spec, may_lack_serials=bool(document.without_serials))
    left = settling.lock_outstanding(document, purpose=spec.settles) if spec.settles else {}
    closed = lines.closed_until(document)
    on = date_of(document, now=now, company=company, closed=closed)
    stock = lock_stock(lines.to_post, store=document.store, on=on)
    judgement = Judgement(
        document,
        spec,
        lines,
        company,
        by=by,
        now=now,
        closed=closed,
        under_warranty=under_warranty,
        of_nobody=of_nobody,
    )
    if refusals := judgement.refusals(stock, left):
        metrics.refused(refusal.code for refusal in refusals)
        raise PostingRefused(refusals)

    posting_id = next_posting_id()
    write(stock, posting_id=posting_id, on=on)
    _copy_to_lines(document, lines, spec)
    if spec.settles:
        settling.settle(document, purpose=spec.settles)
    settling.open_outstanding(document, spec)
    ended = _end_warranties(spec, lines, posting_id=posting_id, on=on)
    _start_warranties(document, spec, stock, company, ended, posting_id=posting_id, on=on)
    number_and_seal(document, posting_id=posting_id, by=by, on=on, now=now)
    if is_news({earlier for line in lines.to_post for earlier in line.acknowledged.values()}):
        notify_managers(document, now=now)
    return document


def number_and_seal(
    document: Document, *, posting_id: int, by: Access, on: dt.date, now: dt.datetime
) -> None:
    """Take the number, write the posting's row, and mark the document posted: the last steps."""
    series = spec_of(document.kind).series
    number = take_numbers(document.store, series, year=on.year)[0]
    reference = printed_number(document.store, series, year=on.year, number=number)
    Posting.objects.create(
        pk=posting_id,
        kind=document.kind,
        store=document.store,
        effective_on=on,
        reference=reference,
        posted_at=now,
        posted_by=by.user,
    )
    document.status = Status.POSTED
    document.number = reference
    document.effective_on = on
    document.posting_id = posting_id
    document.active_line = None
    document.save(
        update_fields=[
            "status", "number", "effective_on", "posting", "active_line", "without_serials",
        ]
    )  # fmt: skip
    transaction.on_commit(partial(metrics.posted, document.kind), robust=True)


def _reason(document: Document, spec: KindSpec, without_serials: str | None, *, by: Access) -> str:
    """The reason to move units without serials; empty when nobody asks for that."""
    if without_serials is None:
        return ""
    if not spec.may_lack_serials or not by.can(Right.POST_WITHOUT_SERIALS, document.store_id):
        raise PostingRefused([document_refusal("without_serials_right")])
    if not without_serials.strip():
        raise PostingRefused([document_refusal("without_serials_reason", field="without_serials")])
    return without_serials.strip()[:200]


def _end_warranties(
    spec: KindSpec, lines: DocumentLines, *, posting_id: int, on: dt.date
) -> list[Ended]:
    """End the warranty of what comes back."""
    back = [line for line in lines.lines if spec.takes_back and line.origin_id is not None]
    if not back:
        return []
    cards: dict[int, list[int]] = {line.pk: [] for line in back}
    for line_id, card_id in ReturnedCard.objects.filter(line__in=cards).values_list(
        "line_id", "card_id"
    ):
        cards[line_id].append(card_id)
    # Good and defective pieces of one sold line come back on two: together they need their cards.
    by_origin: dict[int, list[Line]] = {}
    for line in back:
        by_origin.setdefault(line.origin_id or 0, []).append(line)
    returned = [
        Returned(
            sum(line.quantity for line in same),
            lines.sold_by[origin_id],
            [serial.key for line in same for serial in lines.serials[line.pk]],
            [card_id for line in same for card_id in cards[line.pk]],
        )
        for origin_id, same in by_origin.items()
    ]
    return end_terms(posting_id, returned, on=on)


def _start_warranties(
    document: Document,
    spec: KindSpec,
    stock: Stock,
    company: Company,
    ended: list[Ended],
    *,
    posting_id: int,
    on: dt.date,
) -> None:
    """Start the warranty of what goes to a customer; of a replacement by the policy of the old."""
    sells, starts_on, sale_id = spec.sells, on, posting_id
    if spec.kind == Kind.IDENTIFICATION and document.origin and document.origin.effective_on:
        sells = spec_of(document.origin.kind).sells
        starts_on = document.origin.effective_on
        sale_id = document.origin.posting_id or posting_id
    if not sells:
        return
    issue_terms(
        posting_id=posting_id,
        store=document.store,
        products=stock.products.values(),
        company=company,
        customer_id=document.customer_id,
        on=starts_on,
        sale_id=sale_id,
        replaced={one.product_id: one.period for one in ended},
    )
    if ended:
        replace_terms(posting_id, ended, on=on)


def _copy_to_lines(document: Document, lines: DocumentLines, spec: KindSpec) -> None:
    """Keep on the lines what their products were called, and how they were accounted, today; of
    what comes in also how long its supplier stands for it.
    """
    if document.kind == Kind.IDENTIFICATION:
        # Only the units whose serials were entered; the others wait for another document.
        document.lines.exclude(pk__in=[line.pk for line in lines.lines]).delete()
    run(
        """
        UPDATE documents_line line
        SET mode = product.mode, sku = product.sku, product_name = product.name,
            quantity = now.quantity,
            supplier_period_count = CASE WHEN %s THEN CASE
                WHEN product.supplier_period_count > 0 THEN product.supplier_period_count
                ELSE type.supplier_period_count END END,
            supplier_period_unit = CASE WHEN NOT %s THEN ''
                WHEN product.supplier_period_count > 0 THEN product.supplier_period_unit
                ELSE type.supplier_period_unit END,
            unidentified = CASE WHEN product.mode IN ('strict', 'recorded')
                                THEN now.quantity - now.serials ELSE 0 END
        FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS now (id, quantity, serials),
             products_product product JOIN products_producttype type ON type.id = product.type_id
        WHERE now.id = line.id AND product.id = line.product_id
        """,
        [
            spec.brings_in,
            spec.brings_in,
            integers(line.pk for line in lines.lines),
            integers(line.quantity for line in lines.lines),
            integers(len(lines.serials[line.pk]) for line in lines.lines),
        ],
    )
