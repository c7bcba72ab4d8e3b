"""Filling an empty database with Iskra Electronics, through the same verbs that people use."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Sequence

from django.db import transaction

from audit.acting import acting
from company.access import Access, access_of
from company.models import Company, Store
from documents.models import Document
from serials.models import Serial
from warranty.printing import request_print

from .cards import make_card_designs
from .catalogue import make_goods, make_wholesalers
from .history import History
from .people import COMPANY, make_admin, make_customers, make_staff, make_stores
from .stage import DAYS, Planned, PlannedCancelling, Shop
from .writing import Writer

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
    shop = _make_shop(opened_at=now - dt.timedelta(days=DAYS))
    history = History(shop, now=now)
    planned = history.planned()
    writer = Writer()
    for done, each in enumerate(planned):
        if done % SAY_EVERY == 0:
            say(f"Two years of trade: {done} of {len(planned)} documents")
        writer.write(each)
    say("Printing the cards of the last sales")
    _print_cards(writer, planned, now=now)
    history.repairs.draw_photos()
    drafts = sum(not each.is_posted for each in writer.documents)
    return Loaded(len(writer.documents) - drafts, drafts, Serial.objects.count())


def _print_cards(writer: Writer, planned: Sequence[Planned], *, now: dt.datetime) -> None:
    """Print the cards of the last sales as the goods were handed over, and of one once more."""
    cancelled = {each.document for each in planned if isinstance(each, PlannedCancelling)}
    sales = [
        (document, each)
        for each, document in writer.documents.items()
        if each.starts_warranty and each not in cancelled
    ][-PRINTED:]
    for document, each in sales:
        request_print(_posting_of(document), by=each.by, now=each.at)
    document, each = sales[0]
    request_print(_posting_of(document), by=each.by, now=now)


def _posting_of(document: Document) -> int:
    if document.posting_id is None:
        raise RuntimeError("only a posted document has cards")
    return document.posting_id


def _make_shop(*, opened_at: dt.datetime) -> Shop:
    alone = make_admin()
    with acting(lambda: {"person": alone.user.pk}):
        return _make_shop_by(alone, opened_at=opened_at)


def _make_shop_by(alone: Access, *, opened_at: dt.datetime) -> Shop:
    stores = make_stores(by=alone)
    admin = access_of(alone.user)  # once more: it covers the stores now
    persons, firms = make_customers(by=admin)
    goods = make_goods(by=admin)
    make_card_designs(by=admin, at=opened_at)
    return Shop(
        stores=stores,
        staff=make_staff(stores, by=admin),
        goods=goods,
        wholesalers=make_wholesalers(by=admin),
        persons=persons,
        firms=firms,
    )
