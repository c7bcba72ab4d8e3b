"""Putting the page of a document, and the fragments of it, together."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from company.middleware import PersonRequest
from company.rights import Right
from warranty.queries import cards_of_posting

from .forms import HeaderForm, LineForm, PasteForm
from .judging import what_posting_refuses
from .kinds import spec_of
from .models import Document, Kind, Outstanding
from .pasting import PasteResult
from .queries import RefusalView, field_to_fill, line_views, refusal_views, totals
from .related import related_to
from .scan_answers import ScanResult
from .settling import unsettled_of

REASONS: dict[str, tuple[object, ...]] = {
    Kind.CUSTOMER_RETURN: (_("Defective"), _("Changed their mind"), _("Wrong model")),
    Kind.EXCHANGE: (_("Defective"), _("Wrong model"), _("Wants another one")),
    Kind.SUPPLIER_RETURN: (_("Defective"), _("Wrong delivery"), _("Damaged on the way")),
    Kind.WRITE_OFF: (_("Damaged"), _("Lost"), _("Used in the shop")),
    Kind.SET_ASIDE: (_("To be checked"), _("Damaged box"), _("For a customer")),
}
"""What is offered where a reason is asked for; anything else may be written."""

SHOWN_CARDS = 20
CARDS_A_PAGE = 100
"""How many cards a page of `?cards=` shows, once all were asked for."""


def read_document(request: PersonRequest, pk: int) -> Document:
    """The document with what its page shows; Document.DoesNotExist for another store's."""
    documents = Document.objects.visible_to(request.access)
    return documents.select_related(
        "store", "to_store", "supplier", "customer", "author", "posting", "origin__store",
        "cancellation__posted_by",
    ).get(pk=pk)  # fmt: skip


def may_edit(request: PersonRequest, document: Document) -> bool:
    """Whether the person may work on this draft."""
    right = spec_of(document.kind).right
    return document.is_draft and request.access.can(right, document.store_id)


def document_page(
    request: PersonRequest,
    document: Document,
    *,
    status: int = 200,
    header: HeaderForm | None = None,
    refusals: list[RefusalView] | None = None,
    scan: ScanResult | None = None,
    **more: Any,
) -> HttpResponse:
    """The whole page of a document, a draft to work on or a posted one to read."""
    editable = may_edit(request, document)
    was_refused = refusals is not None
    if refusals is None:
        refusals = current_refusals(request, document) if editable else []
    # An empty draft is no mistake: its hint says what to do.
    told = [view for view in refusals if view.refusal.code != "no_lines" or status != 200]
    lines = line_views(document, access=request.access, refused=refusals)
    context = {
        "document": document,
        "section": document.kind,
        "spec": spec_of(document.kind),
        "related": None if document.is_draft else related_to(document, access=request.access),
        "coming": _coming(document) if editable else [],
        "may_receive_at_once": _may_receive_at_once(request, document),
        "reasons": REASONS.get(document.kind, ()) if editable else (),
        "editable": editable,
        "header": header or HeaderForm(instance=document),
        "lines": lines,
        "has_serials": any(view.entered for view in lines),
        "refusals": told,
        "is_pending": status == 200 and all(view.is_pending for view in told),
        "to_fill": field_to_fill(told) if was_refused else "",
        **_ways_out(request, document, told),
        "field_refusals": {view.field: view.message for view in told if view.field},
        "totals": totals(document),
        "today": document.store.date_of(timezone.now()),
        **_cards(document, request.GET.get("cards", "")),
        "scan": scan_context(request, document, scan) if scan else None,
        "nonce": uuid.uuid4(),
        "paste_form": PasteForm(),
        "may_start": request.store is not None
        and spec_of(document.kind).starts_alone
        and request.access.can(spec_of(document.kind).right, request.store.pk),
        **more,
    }
    return render(request, "documents/document.html", context, status=status)


def _cards(document: Document, asked: str) -> dict[str, Any]:
    """The first cards of a posted sale, or the page of them that starts at `asked`."""
    if document.posting_id is None:
        return {"cards": [], "card_count": 0, "printable_count": 0}
    cards = cards_of_posting(document.posting_id)
    counts = cards.aggregate(all=Count("pk"), printable=Count("pk", filter=Q(void_on=None)))
    count = counts["all"]
    is_paged = asked.isascii() and asked.isdigit() and len(asked) < 7
    first, most = (min(int(asked), count), CARDS_A_PAGE) if is_paged else (0, SHOWN_CARDS)
    return {
        "cards": cards[first : first + most],
        "card_count": count,
        "printable_count": counts["printable"],
        "cards_paged": is_paged,
        "cards_before": max(0, first - most) if first else None,
        "cards_after": first + most if first + most < count else None,
    }


def current_refusals(
    request: PersonRequest, document: Document, *, now: dt.datetime | None = None
) -> list[RefusalView]:
    """What posting would refuse now, as the page shows it."""
    found = what_posting_refuses(document, by=request.access, now=now or timezone.now())
    return refusal_views(document, found, access=request.access)


def _ways_out(
    request: PersonRequest, document: Document, refusals: list[RefusalView]
) -> dict[str, bool]:
    """What a manager may do about some of the refusals."""
    codes = {view.refusal.code for view in refusals}
    may = request.access.can
    return {
        "may_leave_out_serials": "serials_missing" in codes
        and spec_of(document.kind).may_lack_serials
        and may(Right.POST_WITHOUT_SERIALS, document.store_id),
        "may_acknowledge": "returned_to_supplier_before" in codes
        and may(Right.ACKNOWLEDGE, document.store_id),
    }


def _coming(document: Document) -> list[Outstanding]:
    """What an arrival or an identification may still take of the document it goes on from."""
    spec = spec_of(document.kind)
    if document.origin is None or not spec.continues:
        return []
    return unsettled_of(document.origin, spec.settles)


def _may_receive_at_once(request: PersonRequest, document: Document) -> bool:
    """Whether the person may dispatch a transfer's draft and receive it in one go."""
    if not document.is_draft or document.kind != Kind.TRANSFER:
        return False
    there = [document.to_store_id] if document.to_store_id else request.access.store_ids
    return any(
        request.access.can(Right.TRANSFER, store) for store in there if store != document.store_id
    )


def refusals_context(
    request: PersonRequest, document: Document, refusals: list[RefusalView]
) -> dict[str, Any]:
    """What the list of refusals needs while the draft is being worked on."""
    told = [view for view in refusals if view.refusal.code != "no_lines"]
    return {
        "document": document,
        "spec": spec_of(document.kind),
        "refusals": told,
        "is_pending": all(view.is_pending for view in told),
        **_ways_out(request, document, told),
    }


def refusals_fragment(request: PersonRequest, document: Document) -> HttpResponse:
    """What posting would refuse, anew."""
    refusals = current_refusals(request, document) if may_edit(request, document) else []
    context = refusals_context(request, document, refusals)
    return render(request, "documents/document.html#refusals-list", context)


def header_fragment(
    request: PersonRequest, document: Document, header: HeaderForm, *, status: int
) -> HttpResponse:
    """The header's fields after a save, with what posting would refuse now."""
    context = refusals_context(request, document, current_refusals(request, document))
    context |= {"header": header, "saved": status == 200}
    return render(request, "documents/document.html#header-answer", context, status=status)


def scan_context(request: PersonRequest, document: Document, result: ScanResult) -> dict[str, Any]:
    """A scan's answer as its fragment shows it."""
    views = []
    if result.refusal:
        views = refusal_views(document, [result.refusal], access=request.access)
    return {"result": result, "explained": views[0] if views else None, "nonce": uuid.uuid4()}


def scan_fragment(
    request: PersonRequest, document: Document, result: ScanResult, *, status: int
) -> HttpResponse:
    """The answer to a scan: its line of words, and the one line of the document it touched."""
    lines = []
    if result.line_id:
        lines = line_views(document, access=request.access, only=result.line_id)
    context = {
        "document": document,
        "spec": spec_of(document.kind),
        "editable": True,
        "scan": scan_context(request, document, result),
        "lines": lines,
        "totals": totals(document),
        "paste_form": PasteForm(),
        "fresh": True,
        "header": HeaderForm(instance=document) if result.supplier else None,
    }
    return render(request, "documents/document.html#scan-answer", context, status=status)


def pasted_on(line_id: int, result: PasteResult) -> dict[str, Any]:
    """What came of many serials, for the line they were meant for."""
    left = len(result.refused) + len(result.too_long) + len(result.ranges)
    return {"line_id": line_id, "result": result, "not_taken": left}


def lines_fragment(
    request: PersonRequest,
    document: Document,
    *,
    status: int = 200,
    wrong: LineForm | None = None,
    **more: Any,
) -> HttpResponse:
    """All lines anew, with what was wrong in one of them still as it was typed.

    `more` is what a line shows of what was just done to it: `pasted` or `ranged`.
    """
    refusals = current_refusals(request, document)
    context = {
        **refusals_context(request, document, refusals),
        "editable": may_edit(request, document),
        "lines": line_views(document, access=request.access, refused=refusals),
        "totals": totals(document),
        "wrong": wrong,
        "paste_form": PasteForm(),
        **more,
    }
    return render(request, "documents/document.html#lines-answer", context, status=status)
