"""Cancelling a posted document by entries that undo it; the document stays, marked cancelled."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from company.access import Access
from company.constraints import broken_constraint
from company.models import Company
from company.retrying import retried
from company.rights import Right
from products.models import Product
from products.modes import SERIAL_MODES
from serials import reversing
from serials.counted import counted_until
from serials.models import Posting
from serials.second_numbers import undo_seconds
from serials.writing import next_posting_id
from warranty.ending import end_terms_of, restore_terms

from . import settling
from .in_repair import moved_and_in_repair
from .kinds import spec_of
from .models import Document, Outstanding, Status
from .posting import LOCKED_MEANWHILE, RACED


@dataclasses.dataclass(frozen=True, slots=True)
class Obstacle:
    """One reason why a document can't be cancelled: in words, or a document that came after it."""

    message: str
    document: Document | None = None


class CancellingRefused(Exception):
    """A document is not cancelled, for all the reasons it carries; nothing was written."""

    def __init__(self, obstacles: Sequence[Obstacle]) -> None:
        self.obstacles = tuple(obstacles)
        super().__init__("; ".join(one.message for one in obstacles))


def cancel_document(pk: int, *, by: Access, reason: str, now: dt.datetime) -> Document:
    """Undo a posted document, once: one that is cancelled already is returned as it is.

    Stock, states, terms and cards are again as before it. Raises CancellingRefused with everything
    in the way, Document.DoesNotExist for another store's, PermissionDenied without the right.
    """
    try:
        return retried(lambda: _cancel(pk, by=by, reason=reason, now=now))
    except IntegrityError as error:
        rule = broken_constraint(error)
        if rule == LOCKED_MEANWHILE:
            words = _("The books of this day are closed.")
        elif rule in RACED:
            words = _("Somebody moved the same units at this very moment. Look again.")
        else:
            raise
        raise CancellingRefused([Obstacle(words)]) from error


@transaction.atomic
def _cancel(pk: int, *, by: Access, reason: str, now: dt.datetime) -> Document:
    document = (
        Document.objects.visible_to(by)
        .select_related("store")
        .select_for_update(of=("self",), no_key=True)
        .get(pk=pk)
    )
    if not may_cancel(document, by):
        raise PermissionDenied
    if document.status == Status.CANCELLED:
        return document
    posting_id = document.posting_id
    if posting_id is None:
        raise CancellingRefused([Obstacle(_("It is still a draft: discard it instead."))])
    if not reason.strip():
        raise CancellingRefused([Obstacle(_("Give the reason."))])
    _lock(document, posting_id)
    if obstacles := _obstacles(document, posting_id, by=by):
        raise CancellingRefused(obstacles)

    on = _day(document, now=now)
    reversal_id = next_posting_id()
    reversing.reverse(posting_id, reversal_id=reversal_id, on=on)
    undo_seconds(posting_id, reversal_id=reversal_id)
    restore_terms(posting_id)
    end_terms_of(posting_id, by=reversal_id, on=on)
    Outstanding.objects.filter(line__document=document).delete()
    if purpose := spec_of(document.kind).settles:
        settling.unsettle(document, purpose=purpose)
    Posting.objects.create(
        pk=reversal_id,
        kind="cancellation",
        store=document.store,
        effective_on=on,
        reference=f"{document.number}/C",
        posted_at=now,
        posted_by=by.user,
        reverses_id=posting_id,
    )
    document.status = Status.CANCELLED
    document.cancellation_id = reversal_id
    document.cancel_reason = reason.strip()[:200]
    document.save(update_fields=["status", "cancellation", "cancel_reason"])
    return document


def may_cancel(document: Document, by: Access) -> bool:
    """Whether the person may cancel this document, if nothing else is in the way."""
    return not document.is_draft and by.can(Right.CANCEL, document.store_id)


def what_cancelling_refuses(document: Document, *, by: Access) -> list[Obstacle]:
    """Everything in the way at this moment, read without locks: for the page."""
    if document.posting_id is None or document.status == Status.CANCELLED:
        return []
    return _obstacles(document, document.posting_id, by=by)


def _lock(document: Document, posting_id: int) -> None:
    """Lock what is to be settled of and by the document, then all that it moved."""
    lines = document.lines.values("pk"), document.lines.filter(origin__isnull=False)
    outstanding = Outstanding.objects.filter(line__in=lines[0]) | Outstanding.objects.filter(
        line__in=lines[1].values("origin_id")
    )
    list(outstanding.select_for_update(no_key=True).order_by("line_id", "id").values_list("pk"))
    reversing.lock_posting(posting_id)


def _day(document: Document, *, now: dt.datetime) -> dt.date:
    """The document's own day, as if it had never been; today when that day's books are closed."""
    products = document.lines.values_list("product_id", flat=True)
    closed = Company.current().lock_date, counted_until(document.store_id, products)
    day = document.effective_on
    if day is None or any(until and day < until for until in closed):
        return document.store.date_of(now)
    return day


def _obstacles(document: Document, posting_id: int, *, by: Access) -> list[Obstacle]:
    """What came after the document, or, when nothing did, what else has changed."""
    if later := _later(document, posting_id, by=by):
        return later
    return [*_changed_modes(document), *_in_repair(posting_id), *_missing(posting_id)]


def _in_repair(posting_id: int) -> list[Obstacle]:
    words = _("%(unit)s is in repair %(number)s: end it there.")
    return [
        Obstacle(words % {"unit": unit, "number": number})
        for unit, number in moved_and_in_repair(posting_id)
    ]


def _missing(posting_id: int) -> list[Obstacle]:
    words = _("Line %(line)s, %(product)s: only %(available)s of %(wanted)s are still there.")
    return [
        Obstacle(words % dataclasses.asdict(one)) for one in reversing.pieces_missing(posting_id)
    ]


def _later(document: Document, posting_id: int, *, by: Access) -> list[Obstacle]:
    """The documents that moved the same units on, or settled something of this one."""
    postings = set(reversing.later_movements(posting_id))
    found = Document.objects.filter(posting_id__in=postings).select_related("store")
    later = {one.pk: one for one in found}
    later |= {one.pk: one for one in settling.settled_by(document)}
    seen = set(Document.objects.visible_to(by).filter(pk__in=later).values_list("pk", flat=True))
    return [
        Obstacle(
            _("%(kind)s %(number)s of %(store)s came after it.")
            % {
                "kind": one.get_kind_display(),
                "number": one.number,
                "store": one.store.name,
            },
            one if one.pk in seen else None,
        )
        for _pk, one in sorted(later.items(), reverse=True)
    ]


def _changed_modes(document: Document) -> list[Obstacle]:
    """Products whose accounting by serials is not what it was when the document was posted."""
    now = dict(Product.objects.filter(line__document=document).distinct().values_list("pk", "mode"))
    names = {
        line.product_name
        for line in document.lines.all()
        if _about_serials(line.mode) != _about_serials(now[line.product_id])
    }
    return [
        Obstacle(
            _("The accounting of %(product)s was changed since: its earlier documents stay.")
            % {"product": name}
        )
        for name in sorted(names)
    ]


def _about_serials(mode: str) -> str:
    return mode if mode in SERIAL_MODES else ""
