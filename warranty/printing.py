"""Printing warranty cards: what was asked is recorded at once, the PDF is made after.

A card's first print is its original, every later one a numbered copy. The record of a print and
the job that makes a large PDF are written together. A run that fails printed nothing: its prints
lose their copies' numbers, and get others when it is tried again.

Copies are counted under a lock of the sale's posting. One try at a PDF goes by the moment it was
asked for, so that a try given up on can't finish over the next one.
"""

from __future__ import annotations

import datetime as dt
import enum
import threading
import uuid
from collections.abc import Collection

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import QuerySet
from procrastinate.contrib.django import app

from audit.asking import asked_by
from company.access import Access
from company.rights import Right
from serials.models import Posting

from .cards import CardsNotRendered, render_cards
from .models import Card, CardPrint, PrintRun
from .queries import card_views, runs_visible_to

INLINE_CARDS = 12
"""Up to this many cards are ready within about a second: more are a job."""
KEPT = dt.timedelta(days=7)
"""How long the PDF of a run is kept; what was printed and when is kept for good."""
STUCK = dt.timedelta(minutes=2)
"""A run without a job that is not ready by then was cut off."""
DOUBLE_PRESS = dt.timedelta(seconds=3)
"""The same person asking for the same cards on the same paper within this means one print."""
JOB = "warranty.make_pdf"

_drawing = threading.Lock()
"""Held while this process draws for a request."""

UNDER_WAY = (PrintRun.Status.WAITING, PrintRun.Status.RUNNING)

_RECORD_PRINTS = """
INSERT INTO warranty_cardprint (run_id, card_id) SELECT %s, unnest(%s::bigint[])
"""

_NUMBER_COPIES = """
UPDATE warranty_cardprint print
SET copy = 1 + COALESCE(
    (SELECT max(other.copy) FROM warranty_cardprint other WHERE other.card_id = print.card_id), 0
)
WHERE print.run_id = %s AND print.copy IS NULL
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
    their PDF made, unless this process is drawing others just then; those and many cards come
    back with a job under way; a double press comes back with the run of the first. Raises
    Posting.DoesNotExist for another store's sale, PermissionDenied without the right,
    Card.DoesNotExist for a card of another sale, NothingToPrint.
    """
    run, is_new = _record(posting_id, cards=cards, paper=paper, by=by, now=now)
    if is_new and not _is_job(run):
        _draw_small(run)
    return runs_visible_to(by).get(pk=run.pk)


@transaction.atomic
def _record(
    posting_id: int,
    *,
    cards: Collection[int] | None,
    paper: str,
    by: Access,
    now: dt.datetime,
) -> tuple[PrintRun, bool]:
    """The run of what is asked, and whether it is a new one."""
    posting = _lock_sale(posting_id, by=by)
    ids = _cards_to_print(posting_id, cards)
    if cards is not None and ids != set(cards):
        raise Card.DoesNotExist
    if not ids:
        raise NothingToPrint
    if pressed := _pressed_just_now(posting_id, ids, paper=paper, by=by, now=now):
        return pressed, False
    _give_up(_cut_off(posting_id, now=now))
    run = PrintRun.objects.create(
        posting=posting,
        paper=paper,
        requested_by=by.user,
        requested_at=now,
        total=len(ids),
    )
    with connection.cursor() as cursor:
        cursor.execute(_RECORD_PRINTS, [run.pk, sorted(ids)])
        cursor.execute(_NUMBER_COPIES, [run.pk])
    if _is_job(run):
        _defer(run)
    return run, True


def _lock_sale(posting_id: int, *, by: Access) -> Posting:
    """Lock a sale's posting: two prints of its cards wait here for each other.

    The second one counts its copies after the first, in a statement that begins later. Nothing
    else is held up: a posting never changes, and referring to it takes a weaker lock.
    """
    own = Posting.objects.filter(store_id__in=by.store_ids)
    posting = own.select_for_update(no_key=True).get(pk=posting_id)
    if not by.can(Right.PRINT_CARDS, posting.store_id):
        raise PermissionDenied
    return posting


def _cards_to_print(posting_id: int, cards: Collection[int] | None) -> set[int]:
    wanted = Card.objects.filter(term__posting_id=posting_id)
    wanted = wanted.filter(void_on=None) if cards is None else wanted.filter(pk__in=set(cards))
    return set(wanted.values_list("pk", flat=True))


def _pressed_just_now(
    posting_id: int, cards: set[int], *, paper: str, by: Access, now: dt.datetime
) -> PrintRun | None:
    """The run of the same press of the button, of which this is the second half.

    The moments are those of the requests: the one that comes here second may be the earlier.
    """
    alike = PrintRun.objects.filter(
        posting_id=posting_id,
        requested_by=by.user,
        requested_at__range=(now - DOUBLE_PRESS, now + DOUBLE_PRESS),
        paper=paper,
        total=len(cards),
    ).exclude(status=PrintRun.Status.FAILED)
    for run in alike.defer("pdf").order_by("-requested_at"):
        if set(run.prints.values_list("card_id", flat=True)) == cards:
            return run
    return None


def print_again(run_id: uuid.UUID, *, by: Access, now: dt.datetime) -> PrintRun:
    """Give a run whose PDF failed or was cleared another one.

    A failed run printed nothing: it is tried again as it is, and its cards are originals unless
    they were printed meanwhile. A cleared one has been printed: it is printed anew, as copies.
    """
    run = runs_visible_to(by).get(pk=run_id)
    if not by.can(Right.PRINT_CARDS, run.posting.store_id):
        raise PermissionDenied
    match state_of_run(run, now=now):
        case RunState.GONE:
            cards = list(run.prints.values_list("card_id", flat=True))
            return request_print(run.posting_id, cards=cards, paper=run.paper, by=by, now=now)
        case RunState.FAILED:
            if _take_up(run, by=by, now=now) and not _is_job(run):
                _draw_small(run)
            run = runs_visible_to(by).get(pk=run_id)
    return run


@transaction.atomic
def _take_up(failed: PrintRun, *, by: Access, now: dt.datetime) -> bool:
    """Have a failed run wait once more, unless a second press found it doing so already.

    Who asked and when are those of this try: the card tells the day it was printed.
    """
    _lock_sale(failed.posting_id, by=by)
    run = PrintRun.objects.select_for_update().defer("pdf").get(pk=failed.pk)
    if state_of_run(run, now=now) is not RunState.FAILED:
        return False
    run.status, run.done = PrintRun.Status.WAITING, 0
    run.requested_by, run.requested_at = by.user, now
    run.save(update_fields=["status", "done", "requested_by", "requested_at"])
    with connection.cursor() as cursor:
        cursor.execute(_NUMBER_COPIES, [run.pk])
    if _is_job(run):
        _defer(run)
    return True


def _draw_small(run: PrintRun) -> None:
    """Make the PDF of a few cards at once, or leave it to the worker when one is being drawn here.

    Drawing is work of the processor alone: several at a time in one web process would make
    everybody else's scans wait for them, and none would be ready sooner.
    """
    if not _drawing.acquire(blocking=False):
        _defer(run)
        return
    try:
        make_pdf(run.pk)
    finally:
        _drawing.release()


def make_pdf(run_id: uuid.UUID) -> None:
    """Make the PDF of a run, from the start whatever an earlier try left behind.

    A run that is done or has failed stays as it is. Never raises for a PDF that can't be made:
    the run says so.
    """
    run = PrintRun.objects.defer("pdf").get(pk=run_id)
    this = PrintRun.objects.filter(
        pk=run_id, requested_at=run.requested_at, status__in=UNDER_WAY
    )  # fmt: skip
    if not this.update(status=PrintRun.Status.RUNNING, done=0, pdf=None):
        return

    def progress(done: int) -> None:
        this.update(done=done)

    try:
        pdf = render_cards(card_views(run), paper=run.paper, progress=progress)
    except CardsNotRendered:
        _give_up(this)
    else:
        this.update(status=PrintRun.Status.DONE, done=run.total, pdf=pdf)


def _cut_off(posting_id: int, *, now: dt.datetime) -> QuerySet[PrintRun]:
    """Runs of a sale whose process died before it could say that they failed."""
    return PrintRun.objects.filter(
        posting_id=posting_id,
        status__in=UNDER_WAY,
        total__lte=INLINE_CARDS,
        requested_at__lte=now - STUCK,
    )


@transaction.atomic(savepoint=False)
def _give_up(runs: QuerySet[PrintRun]) -> None:
    """Record that these runs failed: nothing was printed, so no copy of theirs counts."""
    given_up = list(runs.order_by("pk").select_for_update().values_list("pk", flat=True))
    if given_up:
        PrintRun.objects.filter(pk__in=given_up).update(status=PrintRun.Status.FAILED, done=0)
        CardPrint.objects.filter(run__in=given_up).update(copy=None)


def forget_old_pdfs(*, now: dt.datetime) -> int:
    """Clear the PDFs that are no longer kept; how many."""
    old = PrintRun.objects.filter(requested_at__lte=now - KEPT, pdf__isnull=False)
    return old.update(pdf=None)


def _is_job(run: PrintRun) -> bool:
    return run.total > INLINE_CARDS


def _defer(run: PrintRun) -> None:
    """Queue the job; in the transaction that records the run both happen or neither."""
    app.configure_task(JOB).defer(run_id=str(run.pk), **asked_by())
