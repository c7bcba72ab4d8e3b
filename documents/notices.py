"""Telling people of a document: on their home page, until they have seen it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from django.db.models import Count, Window
from django.db.models.functions import RowNumber

from company.access import Access
from company.models import User
from company.rights import Role

from .models import Document, LineSerial, Notice, Status

SHOWN_SERIALS = 5
"""How many serials a notice names; the document has the others."""


def is_news(returns: Collection[int]) -> bool:
    """Whether goods came in again that really went back to a supplier by these postings.

    A return without a supplier is the first half of a change of accounting: nothing left.
    """
    if not returns:
        return False
    return Document.objects.filter(posting_id__in=returns, is_opening=False).exists()


def notify_managers(document: Document, *, now: dt.datetime) -> None:
    """Tell every manager of the document's store: two statements.

    A store without managers is an admin's to look after.
    """
    active = User.objects.filter(is_active=True)
    managers = active.filter(
        memberships__store=document.store_id, memberships__role=Role.MANAGER
    ).distinct()
    people = list(managers) or list(active.filter(is_admin=True))
    Notice.objects.bulk_create(
        [Notice(document=document, person=person, created_at=now) for person in people],
        ignore_conflicts=True,
    )


def notices_for(access: Access, *, limit: int = 10) -> Sequence[Notice]:
    """What the person has not seen yet, newest first, with the units it is about.

    Two statements, and no more rows than are shown. A receipt that was cancelled is no news.
    """
    standing = Document.objects.visible_to(access).filter(status=Status.POSTED)
    notices = list(
        Notice.objects.filter(person=access.user, seen_at=None, document__in=standing)
        .select_related("document__store", "document__posting__posted_by")
        .order_by("-pk")[:limit]
    )
    units: dict[int, list[LineSerial]] = {notice.document_id: [] for notice in notices}
    rows = LineSerial.objects.filter(document__in=units, acknowledged__isnull=False)
    rows = rows.exclude(acknowledged__document__is_opening=True)
    rows = rows.annotate(
        nth=Window(RowNumber(), partition_by="document_id", order_by="id"),
        of=Window(Count("*"), partition_by="document_id"),
    )
    shown = rows.filter(nth__lte=SHOWN_SERIALS).select_related("acknowledged", "product")
    more: dict[int, int] = {}
    for row in shown.order_by("id"):
        units[row.document_id].append(row)
        more[row.document_id] = max(0, row.of - SHOWN_SERIALS)
    for notice in notices:
        notice.units = units[notice.document_id]
        notice.more = more.get(notice.document_id, 0)
    return notices


def see(pk: int, *, by: Access, now: dt.datetime) -> None:
    """The person has seen a notice of theirs."""
    Notice.objects.filter(pk=pk, person=by.user, seen_at=None).update(seen_at=now)
