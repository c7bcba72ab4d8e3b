"""Posting a draft: one transaction that locks, judges everything, writes, and numbers last."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

from django.db import IntegrityError, connection, transaction
from django.utils import formats

from company.access import Access
from company.constraints import broken_constraint
from company.models import Company
from company.numbering import printed_number, take_numbers
from company.retrying import retried
from company.rights import Right
from serials.checking import check
from serials.models import Posting
from serials.places import route
from serials.refusals import PostingRefused, Refusal
from serials.stock import LineToPost, Stock, lock_stock, read_stock
from serials.text import SerialText
from serials.writing import next_posting_id, write
from warranty.issuing import issue_terms

from .drafting import NotADraft, lock_draft
from .kinds import KindSpec, spec_of
from .models import Document, LineSerial, Status
from .refusals import document_refusal

LOCKED_MEANWHILE = "serials_posting_not_before_lock_date"
RACED = frozenset(
    {
        "serials_entry_one_successor",
        "serials_entry_chain",
        "serials_entry_chain_target",
        "serials_balance_not_negative",
    }
)
"""Constraints that only a race, or a fault of ours, can break; either way nothing was written."""


def post_document(pk: int, *, by: Access, now: dt.datetime) -> Document:
    """Post a draft, once: a document that is posted already is returned as it is.

    Raises PostingRefused with every reason at once, Document.DoesNotExist for another store's
    document, PermissionDenied without the right.
    """
    try:
        return retried(lambda: _post(pk, by=by, now=now))
    except NotADraft:
        return Document.objects.visible_to(by).get(pk=pk)
    except IntegrityError as error:
        if broken_constraint(error) == LOCKED_MEANWHILE and (day := Company.current().lock_date):
            raise PostingRefused([_about_date("before_lock_date", day)]) from error
        if broken_constraint(error) in RACED:
            raise PostingRefused([document_refusal("changed_meanwhile")]) from error
        raise


@transaction.atomic
def _post(pk: int, *, by: Access, now: dt.datetime) -> Document:
    document = lock_draft(pk, by=by)
    spec = spec_of(document.kind)
    on = document.effective_on or document.store.date_of(now)
    stock = lock_stock(_lines_to_post(document, spec), store=document.store, on=on)
    if refusals := _judge(document, stock, by=by, on=on, now=now):
        raise PostingRefused(refusals)

    posting_id = next_posting_id()
    write(stock, posting_id=posting_id, on=on)
    if spec.sells:
        issue_terms(
            posting_id=posting_id,
            store=document.store,
            products=stock.products.values(),
            customer_id=document.customer_id,
            on=on,
        )
    _copy_products_to_lines(document.pk)
    number = take_numbers(document.store, spec.series, year=on.year)[0]
    reference = printed_number(document.store, spec.series, year=on.year, number=number)
    Posting.objects.create(
        pk=posting_id,
        kind=spec.movement,
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
    document.save(update_fields=["status", "number", "effective_on", "posting", "active_line"])
    return document


def what_posting_refuses(document: Document, *, by: Access, now: dt.datetime) -> list[Refusal]:
    """What posting would refuse at this moment, read without locks: for the page."""
    spec = spec_of(document.kind)
    on = document.effective_on or document.store.date_of(now)
    stock = read_stock(_lines_to_post(document, spec), store=document.store)
    return _judge(document, stock, by=by, on=on, now=now)


def _lines_to_post(document: Document, spec: KindSpec) -> list[LineToPost]:
    """The lines as the ledger takes them: a constant number of statements."""
    serials: defaultdict[int, list[SerialText]] = defaultdict(list)
    entered = LineSerial.objects.filter(document=document).order_by("id")
    for line_id, text, key in entered.values_list("line_id", "text", "key"):
        serials[line_id].append(SerialText(text, key))
    way = route(spec.movement, store_id=document.store_id)
    return [
        LineToPost(
            position,
            spec.movement,
            way.source,
            way.target,
            product_id,
            quantity,
            serials[line_id],
        )
        for line_id, position, product_id, quantity in document.lines.order_by(
            "position"
        ).values_list("id", "position", "product_id", "quantity")
    ]


def _judge(
    document: Document, stock: Stock, *, by: Access, on: dt.date, now: dt.datetime
) -> list[Refusal]:
    company = Company.current()
    refusals = _judge_date(document, company, by=by, on=on, now=now)
    if not document.store.is_active:
        refusals.append(document_refusal("store_closed", store=document.store.name))
    if not stock.lines:
        refusals.append(document_refusal("no_lines"))
    spec = spec_of(document.kind)
    if spec.partner == "supplier" and not (document.supplier_id or document.is_opening):
        refusals.append(document_refusal("supplier_missing", field="supplier"))
    under_warranty = any(product.period for product in stock.products.values())
    if spec.sells and company.customer_required and under_warranty and not document.customer_id:
        refusals.append(document_refusal("customer_missing", field="customer"))
    return refusals + check(stock, on=on)


def _judge_date(
    document: Document, company: Company, *, by: Access, on: dt.date, now: dt.datetime
) -> list[Refusal]:
    today = document.store.date_of(now)
    if on > today:
        return [_about_date("date_in_future", on)]
    if company.lock_date and on < company.lock_date:
        return [_about_date("before_lock_date", company.lock_date)]
    if on < today and not by.can(Right.BACK_DATE, document.store_id):
        return [document_refusal("back_dating", field="effective_on")]
    return []


def _about_date(code: str, day: dt.date) -> Refusal:
    written = formats.date_format(day, "SHORT_DATE_FORMAT")
    return document_refusal(code, field="effective_on", date=written)


def _copy_products_to_lines(document_id: int) -> None:
    """Keep on the lines what their products were called, and how they were accounted, today."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE documents_line line
            SET mode = product.mode, sku = product.sku, product_name = product.name
            FROM products_product product
            WHERE product.id = line.product_id AND line.document_id = %s
            """,
            [document_id],
        )
