"""What the frame around every page shows."""

from __future__ import annotations

import dataclasses
from typing import Any

from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from company.middleware import PersonRequest
from company.models import Company, Store
from company.rights import Right


@dataclasses.dataclass(frozen=True, slots=True)
class NavigationItem:
    """One entry of the main navigation."""

    label: object
    url: str
    icon: str
    current: bool
    kind: str = ""
    """The kind of documents it lists: `section` of a document's page, see base.html."""


def shell(request: PersonRequest) -> dict[str, Any]:
    """Navigation, current store and company; nothing for somebody not signed in."""
    access = getattr(request, "access", None)
    if access is None:
        return {}
    stores = Store.objects.filter(id__in=access.store_ids).active()
    return {
        "company": SimpleLazyObject(Company.current),
        "current_store": request.store,
        "stores": stores,
        "navigation": _navigation(request),
        "may_sell": _may(request, Right.SELL),
        "may_receive": _may(request, Right.RECEIVE),
        "may_print": _may(request, Right.PRINT_CARDS),
    }


def _may(request: PersonRequest, right: Right) -> bool:
    return request.store is not None and request.access.can(right, request.store.pk)


def _navigation(request: PersonRequest) -> list[NavigationItem]:
    documents = reverse("documents:list")
    kind = request.GET.get("kind")
    entries = [
        (_("Home"), reverse("backoffice:home"), "home"),
        (_("Sales"), f"{documents}?kind=sale", "sale"),
        (_("Receipts"), f"{documents}?kind=receipt", "receipt"),
        (_("Products"), reverse("products:list"), "product"),
        (_("Documents"), documents, "document"),
    ]
    if request.access.store_ids:
        entries.append((_("Customers"), reverse("partners:customers"), "customer"))
        entries.append((_("Suppliers"), reverse("partners:suppliers"), "supplier"))
        entries.append((_("Reports"), reverse("backoffice:mismatches"), "report"))
    if request.access.user.is_admin:
        entries.append((_("Settings"), reverse("company:settings"), "settings"))
    here = f"{request.path}?kind={kind}" if kind in {"sale", "receipt"} else request.path
    best = max(
        (url for _label, url, _icon in entries if url == here or _inside(here, url)),
        key=len,
        default="",
    )
    return [
        NavigationItem(label, url, icon, url == best, url.partition("?kind=")[2])
        for label, url, icon in entries
    ]


def _inside(here: str, url: str) -> bool:
    return url != "/" and "?" not in url and here.startswith(url)
