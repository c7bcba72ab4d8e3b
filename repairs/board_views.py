"""The board: open repairs by status and age, overdue promises first."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from company.access import Access
from company.middleware import PersonRequest
from company.models import Store, User
from company.rights import ROLE_RIGHTS, Right

from .forms import BoardForm
from .models import ENDED, Status
from .pills import pill_of
from .queries import BoardFilters, board

OPEN = [status for status in Status if status not in ENDED]
PLACES = ("before", "after")


@require_GET
def repair_board(request: PersonRequest) -> HttpResponse:
    """The repairs of the person's stores, narrowed by what is in the URL."""
    form = BoardForm(
        request.GET,
        stores=Store.objects.visible_to(request.user),
        people=_technicians(request.access),
    )
    filters = _filters(request, form)
    found = board(
        filters,
        access=request.access,
        now=timezone.now(),
        after=request.GET.get("after"),
        before=request.GET.get("before"),
    )
    context = {
        "form": form,
        "filters": filters,
        "board": found,
        "rows": [] if form.errors else [(row, pill_of(row.repair.status)) for row in found.rows],
        "tabs": _tabs(request, filters, found.counts, found.overdue),
        "kept": _kept(request, *PLACES),
        "chosen": sum(bool(request.GET.get(field.name)) for field in form.visible_fields()),
        "clear_url": f"?{_kept(request, *(f.name for f in form.visible_fields()), *PLACES)}",
        "several_stores": len(request.access.store_ids) > 1,
        "is_elsewhere": any(request.GET.get(name) for name in PLACES),
        "may_take_in": may_take_in(request),
    }
    return render(request, "repairs/board.html", context)


def may_take_in(request: PersonRequest) -> bool:
    """Whether the person may take goods in where they work now."""
    store = request.store
    return store is not None and request.access.can(Right.TAKE_IN_REPAIR, store.pk)


def _filters(request: PersonRequest, form: BoardForm) -> BoardFilters:
    chosen = form.cleaned_data if form.is_valid() else {}
    status = request.GET.get("status", "")
    store = chosen.get("store")
    return BoardFilters(
        store_id=store.pk if store else None,
        status=status if status in Status.values else "",
        technician_id=chosen.get("technician"),
        own={"own": True, "customers": False}.get(chosen.get("whose", "")),
        overdue=bool(request.GET.get("overdue")),
        text=chosen.get("q", ""),
        ended=bool(request.GET.get("ended")),
    )


def _tabs(
    request: PersonRequest, filters: BoardFilters, counts: Mapping[str, int], overdue: int
) -> list[dict[str, object]]:
    """All that are open, the overdue ones, each status that some have, and those that ended."""
    is_all = not (filters.status or filters.overdue or filters.ended)
    kept = _kept(request, "status", "overdue", "ended", *PLACES)
    start = f"?{kept}&" if kept else "?"
    tabs: list[dict[str, object]] = [
        {
            "label": _("Open"),
            "url": f"?{kept}",
            "count": sum(counts.get(status, 0) for status in OPEN),
            "current": is_all,
        }
    ]
    if overdue or filters.overdue:
        tabs.append(
            {
                "label": _("Overdue"),
                "url": f"{start}overdue=1",
                "count": overdue,
                "current": filters.overdue,
            }
        )
    for status in OPEN:
        if counts.get(status) or filters.status == status:
            current = filters.status == status
            tabs.append(
                {
                    "label": status.label,
                    "url": f"{start}status={status}",
                    "count": counts.get(status, 0),
                    "current": current,
                }
            )
    tabs.append({"label": _("Ended"), "url": f"{start}ended=1", "current": filters.ended})
    return tabs


def _kept(request: PersonRequest, *without: str) -> str:
    kept = request.GET.copy()
    for name in without:
        kept.pop(name, None)
    return kept.urlencode()


def _technicians(access: Access) -> list[User]:
    """The people who work on repairs in the person's stores."""
    roles = [role for role, rights in ROLE_RIGHTS.items() if Right.REPAIR in rights]
    found = User.objects.filter(
        is_active=True, memberships__store__in=access.store_ids, memberships__role__in=roles
    )
    return list(found.distinct().order_by("first_name", "last_name", "username"))
