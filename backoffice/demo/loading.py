"""Filling an empty database with Iskra Electronics, through the same verbs that people use."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Sequence

from django.db import transaction

from company.access import access_of
from company.models import Company, Store
from documents import drafting
from documents.models import Document, Line
from documents.pasting import paste_serials
from documents.posting import post_document
from warranty.printing import request_print

from .catalogue import make_goods, make_wholesalers
from .history import History, PlannedDocument, Shop
from .people import COMPANY, make_admin, make_customers, make_staff, make_stores

SAY_EVERY = 100
PRINTED = 4
"""How many of the last sales have their cards printed: a PDF takes longer than a sale."""


class NotEmpty(Exception):
    """The database holds a shop already: `name` is the company's, `is_demo` whether it is ours."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_demo = name == COMPANY
        super().__init__(name)


@dataclasses.dataclass(frozen=True, slots=True)
class Loaded:
    """How much there is now."""

    posted: int
    drafts: int
    serials: int


@transaction.atomic
def load(*, now: dt.datetime, say: Callable[[str], object]) -> Loaded:
    """Make the shop and its two years of trade: all of it, or nothing when interrupted.

    Raises NotEmpty when there is a store, ValidationError when a name is taken.
    """
    # Whoever makes or locks this row waits for the other, so that two never load at once.
    Company.current()
    company = Company.objects.select_for_update().get()
    if Store.objects.exists():
        raise NotEmpty(company.name)
    say(f"Setting up {COMPANY}: stores, people and goods")
    shop = _make_shop()
    planned = History(shop, now=now).planned()
    written = []
    for done, each in enumerate(planned):
        if done % SAY_EVERY == 0:
            say(f"Two years of trade: {done} of {len(planned)} documents")
        written.append(_write(each))
    say("Printing the cards of the last sales")
    _print_cards(planned, written, now=now)
    drafts = sum(not each.is_posted for each in planned)
    received = {serial for each in planned for line in each.lines for serial in line.serials}
    return Loaded(len(planned) - drafts, drafts, len(received))


def _print_cards(
    planned: Sequence[PlannedDocument], written: Sequence[Document], *, now: dt.datetime
) -> None:
    """Print the cards of the last sales as the goods were handed over, and of one once more."""
    sales = [
        (document, each)
        for document, each in zip(written, planned, strict=True)
        if each.starts_warranty
    ][-PRINTED:]
    for document, each in sales:
        request_print(_posting_of(document), by=each.by, now=each.at)
    document, each = sales[0]
    request_print(_posting_of(document), by=each.by, now=now)


def _posting_of(document: Document) -> int:
    if document.posting_id is None:
        raise RuntimeError("only a posted document has cards")
    return document.posting_id


def _make_shop() -> Shop:
    alone = make_admin()
    stores = make_stores(by=alone)
    admin = access_of(alone.user)  # once more: it covers the stores now
    persons, firms = make_customers(by=admin)
    return Shop(
        stores=stores,
        staff=make_staff(stores, by=admin),
        goods=make_goods(by=admin),
        wholesalers=make_wholesalers(by=admin),
        persons=persons,
        firms=firms,
    )


def _write(planned: PlannedDocument) -> Document:
    by = planned.by
    document = drafting.start_draft(planned.kind, store=planned.store, by=by)
    if planned.note or planned.supplier:
        drafting.edit_header(
            document.pk,
            by=by,
            changed={
                "note": planned.note,
                "supplier": planned.supplier,
                "is_opening": planned.is_opening,
            },
        )
    if planned.customer:
        drafting.choose_customer(document.pk, by=by, customer=planned.customer)
    _write_lines(document, planned)
    # A draft is begun when it is begun: here that was in the past, too.
    begun = planned.at - dt.timedelta(minutes=4)
    Document.objects.filter(pk=document.pk).update(created_at=begun)
    if planned.is_posted:
        return post_document(document.pk, by=by, now=planned.at)
    return document


def _write_lines(document: Document, planned: PlannedDocument) -> None:
    """All lines in one statement (a draft's are nobody's stock yet), then their serials."""
    lines = Line.objects.bulk_create(
        Line(
            document=document,
            position=position,
            product=each.goods.product,
            quantity=each.quantity,
            unit_price=each.goods.product.price if each.price is None else each.price,
            remark=each.remark,
        )
        for position, each in enumerate(planned.lines, 1)
    )
    for line, each in zip(lines, planned.lines, strict=True):
        if each.serials:
            pasted = paste_serials(document.pk, line.pk, "\n".join(each.serials), by=planned.by)
            if pasted.added != len(each.serials):
                raise RuntimeError(f"not all of these serials were taken: {each.serials}")
