"""What the home page shows a person, by what they may do in the store they work in.

A cashier's is the sale: what they can go on with, what they sold today. A storekeeper's is what
comes and goes, a technician's the repairs. A manager's is what needs a decision, then the week.
Who has several roles sees all of it, in that order.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from functools import cached_property

from django.db.models import Count

from company.access import Access
from company.models import Store
from company.rights import Right
from documents.listing import DocumentPage, documents_page
from documents.models import Document, Kind, Status
from inventory.queries import progress_of
from repairs.queries import Row

from .decisions import Decision, decisions, number_waiting
from .repairs_waiting import open_repairs
from .setting_up import Step, steps_to_set_up
from .waiting import OnTheWay, ToSee, notices_to_see, on_the_way_from, on_the_way_to
from .week import Figures, Week, day_of_person, total, weeks_of
from .week_chart import change
from .what_waits import WhatWaits, what_waits

SHOWN = 10
SHOWN_LATEST = 6


@dataclasses.dataclass(frozen=True, slots=True)
class Sold:
    """What a person sold in a store today: its figures, and the newest documents."""

    figures: Figures
    documents: Sequence[Document]


@dataclasses.dataclass(frozen=True, slots=True)
class StoreRow:
    """One of several stores: its week, and how many kinds of things wait there."""

    week: Week
    waits: int

    @property
    def change(self) -> int | None:
        """The growth of what was sold against the week before, in per cent."""
        return change(self.week.so_far.amount, self.week.before.amount)


@dataclasses.dataclass(frozen=True)
class Home:
    """What one person sees of one store. What is None or empty is not theirs, or not there."""

    decisions: Sequence[Decision]
    is_calm: bool
    notices: Sequence[ToSee]
    steps: Sequence[Step]
    week: Week | None
    stores: Sequence[StoreRow]
    sold: Sold | None
    repairs: Sequence[tuple[Row, str]] | None
    arriving: Sequence[OnTheWay]
    sent: Sequence[OnTheWay]
    drafts: Sequence[Document]
    latest: Sequence[Document] | None

    @cached_property
    def so_far(self) -> Figures:
        """This week of all stores together."""
        return total(row.week.so_far for row in self.stores)

    @cached_property
    def before(self) -> Figures:
        """The same days of the week before, of all stores together."""
        return total(row.week.before for row in self.stores)

    @cached_property
    def change(self) -> int | None:
        """The growth of what all stores sold, in per cent."""
        return change(self.so_far.amount, self.before.amount)


def home_of(store: Store, *, access: Access, now: dt.datetime) -> Home:
    """Everything the page shows; the number of statements depends on the person's rights only."""
    stores = list(Store.objects.filter(pk__in=access.store_ids).active())
    waiting = what_waits(stores, access=access, now=now)
    counting = waiting.counts.get(store.pk)
    here = decisions(store, waiting, progress_of(counting) if counting else None)
    notices = notices_to_see(access)
    reads_reports = access.can(Right.REPORTS, store.pk)
    weeks = _weeks(stores, access=access, now=now)
    repairs = None
    if access.can(Right.REPAIR, store.pk) and not reads_reports:
        repairs = open_repairs(store, access=access, now=now)
    sold = None
    if access.can(Right.SELL, store.pk) and not reads_reports:
        sold = sold_by(access, store, today=waiting.todays[store.pk])
    moves_goods = access.can(Right.TRANSFER, store.pk)
    return Home(
        decisions=here,
        is_calm=not here and not notices,
        notices=notices,
        steps=steps_to_set_up(access),
        week=next((week for week in weeks if week.store == store), None),
        stores=_rows(weeks, waiting) if len(weeks) > 1 else (),
        sold=sold,
        repairs=repairs,
        arriving=on_the_way_to(store, access=access),
        sent=on_the_way_from(store, access=access),
        drafts=drafts_of(store, access=access),
        latest=latest(store, access=access).documents[:SHOWN_LATEST] if moves_goods else None,
    )


def _weeks(stores: Sequence[Store], *, access: Access, now: dt.datetime) -> Sequence[Week]:
    return weeks_of([one for one in stores if access.can(Right.REPORTS, one.pk)], now=now)


def _rows(weeks: Sequence[Week], waiting: WhatWaits) -> Sequence[StoreRow]:
    return [StoreRow(week, number_waiting(decisions(week.store, waiting))) for week in weeks]


def sold_by(access: Access, store: Store, *, today: dt.date) -> Sold:
    """What the person sold in the store today, exchanges included: two statements."""
    own = Document.objects.filter(
        store=store,
        kind__in=[Kind.SALE, Kind.EXCHANGE],
        status=Status.POSTED,
        effective_on=today,
        posting__posted_by=access.user,
    )
    figures = day_of_person(store, access.user.pk, today=today)
    return Sold(figures, documents_page(own).documents[:SHOWN])


def drafts_of(store: Store, *, access: Access) -> Sequence[Document]:
    """The person's own drafts in the store, newest first."""
    drafts = Document.objects.filter(store=store, author=access.user, status=Status.DRAFT)
    with_lines = drafts.annotate(entered=Count("lines")).filter(entered__gt=0)
    related = with_lines.select_related("customer", "supplier", "to_store", "origin")
    return list(related.order_by("-pk")[:SHOWN])


def latest(store: Store, *, access: Access) -> DocumentPage:
    """The newest documents posted in the store, those cancelled since among them."""
    return documents_page(
        Document.objects.visible_to(access).filter(store=store).exclude(status=Status.DRAFT)
    )
