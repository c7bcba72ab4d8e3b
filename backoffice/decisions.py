"""What waits in a store put in words, the most urgent first, each with the way to deal with it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

from django.contrib.humanize.templatetags.humanize import intcomma
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from company.models import Store
from documents.models import Status
from documents.supplier_cover import EndingClaim
from inventory.models import CountStatus
from inventory.queries import Progress
from repairs.queries import Promises

from .what_waits import MISMATCH_DAYS, WhatWaits

TONES = ("bad", "warn", "info")
"""From the most urgent to what only goes on."""
LAST_DAYS = 3
"""With so few days left a claim is as urgent as a promise that is late."""
SHOWN_CLAIMS = 5
LONG_COUNT_DAYS = 2
"""A count that takes longer than so many days wants somebody to finish it."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Something that waits: how much of it, for how many days, and where it is dealt with.

    `days` is less than 0 where a day to come sets the term. `word` says in the pill what the tone
    says by its colour.
    """

    title: str
    number: int
    days: int = 0
    notes: Sequence[str] = ()
    url: str
    icon: str
    tone: str
    word: str
    claims: Sequence[EndingClaim] = ()

    @property
    def more(self) -> int:
        """How many units are not named."""
        return self.number - len(self.claims)


def decisions(
    store: Store, waiting: WhatWaits, progress: Progress | None = None
) -> Sequence[Decision]:
    """What waits in a store; of equally urgent things the one that has waited longest is first.

    `progress` is that of the count under way there; without it the count is told without figures.
    """
    found = [
        *_repairs(store, waiting),
        *_claims(store, waiting),
        *_unsettled(store, waiting),
        *_count(store, waiting, progress),
        *_papers(store, waiting),
    ]
    return sorted(found, key=lambda one: (TONES.index(one.tone), -one.days))


def _repairs(store: Store, waiting: WhatWaits) -> Iterator[Decision]:
    promised = waiting.promises.get(store.pk, Promises())
    if promised.oldest:
        days = _days(store, waiting, promised.oldest)
        oldest = ngettext("the oldest is %(n)s day late", "the oldest is %(n)s days late", days)
        yield Decision(
            title=_("Repairs overdue"),
            number=promised.overdue,
            days=days,
            notes=[oldest % {"n": days}],
            url=_at("repairs:board", store=store.pk, overdue=1),
            icon="warning",
            tone="bad",
            word=_("Overdue"),
        )
    if promised.due_today:
        yield Decision(
            title=_("Repairs promised for today"),
            number=promised.due_today,
            url=_at("repairs:board", store=store.pk),
            icon="clock",
            tone="warn",
            word=_("Today"),
        )
    if out := waiting.lent.get(store.pk):
        yield Decision(
            title=_("Lent to customers"),
            number=out.number,
            days=_days(store, waiting, out.since),
            notes=[_since(out.since)],
            url=_at("repairs:board", store=store.pk),
            icon="repair",
            tone="info",
            word=_("Under way"),
        )


def _claims(store: Store, waiting: WhatWaits) -> Iterator[Decision]:
    claims = waiting.claims.get(store.pk, ())
    if not claims:
        return
    left = (claims[0].ends_on - waiting.todays[store.pk]).days
    yield Decision(
        title=_("Claim from the supplier soon"),
        number=len(claims),
        days=-left,
        url=_at("backoffice:stock", store=store.pk, state="defective"),
        icon="supplier",
        tone="bad" if left <= LAST_DAYS else "warn",
        word=_("Ends soon"),
        claims=claims[:SHOWN_CLAIMS],
    )


def _unsettled(store: Store, waiting: WhatWaits) -> Iterator[Decision]:
    if units := waiting.unsettled.without_serials.get(store.pk):
        days = _days(store, waiting, units.since)
        yield Decision(
            title=_("Units without serial numbers"),
            number=units.number,
            days=days,
            notes=[_waiting_for(days)],
            url=_at("documents:unidentified"),
            icon="barcode",
            tone="warn",
            word=_("Waiting"),
        )
    if late := waiting.unsettled.late_transfers.get(store.pk):
        days = _days(store, waiting, late.since)
        oldest = ngettext("the oldest sent %(n)s day ago", "the oldest sent %(n)s days ago", days)
        yield Decision(
            title=_("Transfers on the way for long"),
            number=late.number,
            days=days,
            notes=[oldest % {"n": days}],
            url="#on-the-way",
            icon="transfer",
            tone="warn",
            word=_("Late"),
        )


def _count(store: Store, waiting: WhatWaits, progress: Progress | None) -> Iterator[Decision]:
    count = waiting.counts.get(store.pk)
    if count is None:
        return
    days = _days(store, waiting, store.date_of(count.started_at))
    is_paused = count.status == CountStatus.PAUSED
    notes = [count.number]
    if progress:
        of = {"n": intcomma(progress.counted), "of": intcomma(progress.to_count)}
        notes.append(_("%(n)s of %(of)s units") % of)
        if progress.unknown:
            unknown = ngettext("%(n)s unknown", "%(n)s unknown", progress.unknown)
            notes.append(unknown % {"n": progress.unknown})
    yield Decision(
        title=_("A count is paused") if is_paused else _("A count is under way"),
        number=1,
        days=days,
        notes=[*notes, _("since %(day)s") % {"day": date_format(store.date_of(count.started_at))}],
        url=reverse("inventory:count", args=[count.pk]),
        icon="count",
        tone="warn" if days > LONG_COUNT_DAYS or (progress and progress.unknown) else "info",
        word=_("Paused") if is_paused else _("Under way"),
    )


def _papers(store: Store, waiting: WhatWaits) -> Iterator[Decision]:
    if drafts := waiting.stale_drafts.get(store.pk):
        yield Decision(
            title=_("Drafts left for more than a week"),
            number=drafts.number,
            days=_days(store, waiting, drafts.since),
            notes=[_("the oldest begun on %(day)s") % {"day": date_format(drafts.since)}],
            url=_at("documents:list", store=store.pk, status=Status.DRAFT),
            icon="edit",
            tone="info",
            word=_("Waiting"),
        )
    if mismatches := waiting.mismatches.get(store.pk):
        since = waiting.todays[store.pk] - dt.timedelta(days=MISMATCH_DAYS)
        yield Decision(
            title=_("Recorded serial numbers that don't fit"),
            number=mismatches.number,
            days=_days(store, waiting, mismatches.since),
            notes=[
                ngettext("in the last %(n)s day", "in the last %(n)s days", MISMATCH_DAYS)
                % {"n": MISMATCH_DAYS}
            ],
            url=_at("backoffice:mismatches", store=store.pk, since=since.isoformat()),
            icon="question",
            tone="warn",
            word=_("Check"),
        )


def number_waiting(decided: Sequence[Decision]) -> int:
    """How many kinds of things wait, those that only go on left out."""
    return sum(one.tone != "info" for one in decided)


def _days(store: Store, waiting: WhatWaits, since: dt.date) -> int:
    return (waiting.todays[store.pk] - since).days


def _at(route: str, **filters: object) -> str:
    return f"{reverse(route)}?{urlencode(filters)}" if filters else reverse(route)


def _since(day: dt.date) -> str:
    return _("the oldest since %(day)s") % {"day": date_format(day)}


def _waiting_for(days: int) -> str:
    if not days:
        return _("waiting since today")
    said = ngettext("waiting, the oldest for %(n)s day", "waiting, the oldest for %(n)s days", days)
    return said % {"n": days}
