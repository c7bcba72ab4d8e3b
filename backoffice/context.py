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
from documents.models import Kind

from .keys import destinations, letter_of
from .starting import startable


@dataclasses.dataclass(frozen=True, slots=True)
class NavigationItem:
    """One entry of the main navigation: a page shows it up to three times."""

    label: str
    url: str
    icon: str
    current: bool
    kinds: frozenset[str] = frozenset()
    """The kinds of documents found there: `section` of a document's page, see base.html."""

    @property
    def key(self) -> str:
        """Its key in the overview of shortcuts."""
        return letter_of(self.icon)


_LISTS = (
    (_("Sales"), "sale", Right.SELL, (Kind.SALE,)),
    (_("Receipts"), "receipt", Right.RECEIVE, (Kind.RECEIPT,)),
    (_("Returns"), "undo", Right.RETURN_CUSTOMER, (Kind.CUSTOMER_RETURN, Kind.EXCHANGE)),
    (_("Transfers"), "transfer", Right.TRANSFER, (Kind.TRANSFER, Kind.ARRIVAL)),
)
"""Lists of documents with an entry of their own, for those who make such documents; the address
is that of the first kind. All other kinds are under Documents."""


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
        "startable": startable(request.store, access=access),
        "destinations": destinations(request),
        "may_sell": _may(request, Right.SELL),
        "may_take_in": _may(request, Right.TAKE_IN_REPAIR),
        "may_print": _may(request, Right.PRINT_CARDS),
    }


def _may(request: PersonRequest, right: Right) -> bool:
    return request.store is not None and request.access.can(right, request.store.pk)


def _navigation(request: PersonRequest) -> list[NavigationItem]:
    documents = reverse("documents:list")
    kind = request.GET.get("kind")
    lists = [each for each in _LISTS if _may(request, each[2])]
    kinds: dict[str, frozenset[str]] = {
        f"{documents}?kind={found[0]}": frozenset(found) for *_names, found in lists
    }
    kinds[documents] = frozenset(Kind.values).difference(*kinds.values())
    entries = [
        (_("Home"), reverse("backoffice:home"), "home"),
        *((label, f"{documents}?kind={found[0]}", icon) for label, icon, _right, found in lists),
        *_warranty(request),
        *_repairs(request),
        *_stock(request),
        (_("Products"), reverse("products:list"), "product"),
        *_counts(request),
        (_("Documents"), documents, "document"),
    ]
    if request.access.store_ids:
        entries.append((_("Customers"), reverse("partners:customers"), "customer"))
        entries.append((_("Suppliers"), reverse("partners:suppliers"), "supplier"))
        entries.append((_("Reports"), reverse("backoffice:reports"), "report"))
    if request.access.user.is_admin:
        entries.append((_("Settings"), reverse("company:settings"), "settings"))
    here = request.path
    if _inside(here, reverse("backoffice:audit")):
        here = reverse("company:settings")  # it is one of their tabs
    if here == documents:
        here = next((url for url in kinds if kind in kinds[url]), documents)
    best = max(
        (url for _label, url, _icon in entries if url == here or _inside(here, url)),
        key=len,
        default="",
    )
    return [
        NavigationItem(str(label), url, icon, url == best, kinds.get(url, frozenset()))
        for label, url, icon in entries
    ]


def _warranty(request: PersonRequest) -> list[tuple[object, str, str]]:
    """The entry of the warranty check, for who talks with customers where they work now."""
    if not _may(request, Right.TAKE_IN_REPAIR):
        return []
    return [(_("Warranty"), reverse("backoffice:warranty"), "warranty")]


def _stock(request: PersonRequest) -> list[tuple[object, str, str]]:
    """The stock by serial, for who handles goods; cashiers reach it from home and a product."""
    if not (_may(request, Right.SET_ASIDE) or _may(request, Right.RECEIVE)):
        return []
    return [(_("Stock"), reverse("backoffice:stock"), "stock")]


def _counts(request: PersonRequest) -> list[tuple[object, str, str]]:
    """The entry of counts, for who may count where they work now."""
    if not _may(request, Right.COUNT):
        return []
    return [(_("Counts"), reverse("inventory:counts"), "count")]


def _repairs(request: PersonRequest) -> list[tuple[object, str, str]]:
    """The board of repairs, for who takes in or works on them where they are now."""
    if not (_may(request, Right.TAKE_IN_REPAIR) or _may(request, Right.REPAIR)):
        return []
    return [(_("Repairs"), reverse("repairs:board"), "repair")]


def _inside(here: str, url: str) -> bool:
    return url != "/" and "?" not in url and here.startswith(url)
