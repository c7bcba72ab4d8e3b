"""Printing warranty cards: what was asked is recorded at once, the PDF is made after.

A card's first print is its original, every later one a numbered copy. The record of a print and
the job that makes a large PDF are written together; a PDF that fails takes nothing back.
"""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from collections.abc import Collection

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from procrastinate.contrib.django import app

from company.access import Access
from company.rights import Right
from serials.models import Posting

from .cards import CardsNotRendered, render_cards
from .models import Card, PrintRun
from .queries import card_views, runs_visible_to

INLINE_CARDS = 12
"""Up to this many cards are ready within about a second: more are a job."""
KEPT = dt.timedelta(days=7)
"""How long the PDF of a run is kept; what was printed and when is kept for good."""
STUCK = dt.timedelta(minutes=2)
"""A run without a job that is not ready by then was cut off."""
JOB = "warranty.make_pdf"

_RECORD_PRINTS = """
INSERT INTO warranty_cardprint (run_id, card_id, copy)
SELECT %s, card.id, 1 + COALESCE(
    (SELECT max(earlier.copy) FROM warranty_cardprint earlier WHERE earlier.card_id = card.id), 0
)
FROM unnest(%s::bigint[]) AS card (id)
"""


class NothingToPrint(Exception):
    """The sale has no cards, or every one of them is void."""


class RunState(enum.StrEnum):
    """Where a print run is, for its page."""

    UNDER_WAY = "under_way"
    READY = "ready"
    FAILED = "failed"
    GONE = "gone"


def state_of_run(run: PrintRun, *, now: dt.datetime) -> RunState:
    """Where a run is; it goes by status and age, never by the bytes of its PDF."""
    if run.status == PrintRun.Status.DONE:
        return RunState.GONE if run.requested_at <= now - KEPT else RunState.READY
    cut_off = not _is_job(run) and run.requested_at <= now - STUCK
    if run.status == PrintRun.Status.FAILED or cut_off:
        return RunState.FAILED
    return RunState.UNDER_WAY


def request_print(
    posting_id: int,
    *,
    cards: Collection[int] | None = None,
    paper: str = "",
    by: Access,
    now: dt.datetime,
) -> PrintRun:
    """Print cards of a sale: all that are not void, or the ones named, void or not.

    Without a `paper` each card has the one of its product's type. A few cards come back with
    their PDF made, many with a job under way. Raises Posting.DoesNotExist for another store's
    sale, PermissionDenied without the right, Card.DoesNotExist for a card of another sale,
    NothingToPrint.
    """
    run = _record(posting_id, cards=cards, paper=paper, by=by, now=now)
    if not _is_job(run):
        make_pdf(run.pk)
    return runs_visible_to(by).get(pk=run.pk)


@transaction.atomic
def _record(
    posting_id: int,
    *,
    cards: Collection[int] | None,
    paper: str,
    by: Access,
    now: dt.datetime,
) -> PrintRun:
    posting = Posting.objects.filter(store_id__in=by.store_ids).get(pk=posting_id)
    if not by.can(Right.PRINT_CARDS, posting.store_id):
        raise PermissionDenied
    ids = _lock_cards(posting_id, cards)
    if cards is not None and len(ids) != len(set(cards)):
        raise Card.DoesNotExist
    if not ids:
        raise NothingToPrint
    run = PrintRun.objects.create(
        posting=posting,
        paper=paper,
        requested_by=by.user,
        requested_at=now,
        total=len(ids),
    )
    with connection.cursor() as cursor:
        cursor.execute(_RECORD_PRINTS, [run.pk, ids])
    if _is_job(run):
        _defer(run)
    return run


def _lock_cards(posting_id: int, cards: Collection[int] | None) -> list[int]:
    """Lock the cards to print, in the order of their keys.

    Two prints of a card at once wait here for each other, so the second one counts its copy
    after the first, in a statement that begins later.
    """
    wanted = Card.objects.filter(term__posting_id=posting_id)
    wanted = wanted.filter(void_on=None) if cards is None else wanted.filter(pk__in=set(cards))
    locked = wanted.order_by("pk").select_for_update(of=("self",), no_key=True)
    return [card.pk for card in locked.only("pk")]


def print_again(run_id: uuid.UUID, *, by: Access, now: dt.datetime) -> PrintRun:
    """Give a run whose PDF failed or was cleared another one.

    A failed run printed nothing: it is tried again as it is, so that its originals stay
    originals. A cleared one has been printed: it is printed anew, as copies.
    """
    run = runs_visible_to(by).get(pk=run_id)
    if not by.can(Right.PRINT_CARDS, run.posting.store_id):
        raise PermissionDenied
    match state_of_run(run, now=now):
        case RunState.GONE:
            cards = list(run.prints.values_list("card_id", flat=True))
            return request_print(run.posting_id, cards=cards, paper=run.paper, by=by, now=now)
        case RunState.FAILED:
            if _is_job(run):
                with transaction.atomic():
                    PrintRun.objects.filter(pk=run_id).update(status=PrintRun.Status.WAITING)
                    _defer(run)
            else:
                make_pdf(run_id)
            run.refresh_from_db(fields=["status", "done"])
    return run


def make_pdf(run_id: uuid.UUID) -> None:
    """Make the PDF of a run, from the start whatever an earlier try left behind.

    A run that is done stays as it is. Never raises for a PDF that can't be made: the run says so.
    """
    run = PrintRun.objects.defer("pdf").get(pk=run_id)
    if run.status == PrintRun.Status.DONE:
        return
    this = PrintRun.objects.filter(pk=run_id)
    this.update(status=PrintRun.Status.RUNNING, done=0, pdf=None)

    def progress(done: int) -> None:
        this.update(done=done)

    try:
        pdf = render_cards(card_views(run), paper=run.paper, progress=progress)
    except CardsNotRendered:
        this.update(status=PrintRun.Status.FAILED, done=0)
    else:
        this.update(status=PrintRun.Status.DONE, done=run.total, pdf=pdf)


def forget_old_pdfs(*, now: dt.datetime) -> int:
    """Clear the PDFs that are no longer kept; how many."""
    old = PrintRun.objects.filter(requested_at__lte=now - KEPT, pdf__isnull=False)
    return old.update(pdf=None)


def _is_job(run: PrintRun) -> bool:
    return run.total > INLINE_CARDS


def _defer(run: PrintRun) -> None:
    """Queue the job in the transaction that records the run: both happen or neither."""
    app.configure_task(JOB).defer(run_id=str(run.pk))
