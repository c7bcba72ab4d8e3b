"""Where the keys of the shortcut overview lead: documents to begin and pages to go to.

A key is the same on every page and for everybody, so that hands can learn it; what somebody may
not begin or see is left out for them, and its key does nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from company.middleware import PersonRequest
from company.rights import Right
from documents.kinds import SPECS
from documents.models import Kind

_DIGITS: dict[str, str] = {
    Kind.SALE: "1",
    Kind.RECEIPT: "2",
    Kind.CUSTOMER_RETURN: "3",
    Kind.EXCHANGE: "4",
    Kind.TRANSFER: "5",
    Kind.SUPPLIER_RETURN: "6",
    Kind.WRITE_OFF: "7",
}
_LETTERS = {
    "home": "h",
    "sale": "s",
    "receipt": "r",
    "undo": "b",
    "transfer": "t",
    "warranty": "w",
    "repair": "m",
    "stock": "k",
    "product": "p",
    "count": "c",
    "document": "d",
    "customer": "u",
    "supplier": "v",
    "report": "o",
    "settings": "g",
}
"""The key of an entry of the navigation, which is known by its icon."""


@dataclasses.dataclass(frozen=True, slots=True)
class Destination:
    """What one key begins; `is_post` when it makes something."""

    key: str
    label: object
    url: str
    icon: str
    is_post: bool = False


def destinations(request: PersonRequest) -> list[Destination]:
    """What the person may begin where they work now."""
    return list(_destinations(request)) if request.store is not None else []


def _destinations(request: PersonRequest) -> Iterator[Destination]:
    for kind, digit in _DIGITS.items():
        spec = SPECS[kind]
        if _may(request, spec.right):
            url = reverse("documents:start", args=[kind])
            yield Destination(digit, spec.new, url, spec.icon, is_post=True)
    if _may(request, Right.COUNT):
        yield Destination("8", _("New count"), reverse("inventory:start_count"), "count")
    if _may(request, Right.TAKE_IN_REPAIR):
        yield Destination("9", _("New repair"), reverse("repairs:take_in"), "repair")


def _may(request: PersonRequest, right: Right) -> bool:
    return request.store is not None and request.access.can(right, request.store.pk)


def letter_of(icon: str) -> str:
    """The key that goes to an entry of the navigation, "" for one without."""
    return _LETTERS.get(icon, "")
