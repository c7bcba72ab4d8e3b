"""What else explains an unknown unit: the documents a person may start or open for it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from company.access import Access
from company.models import Store
from company.rights import Right
from documents.kinds import spec_of
from documents.models import Document, Kind
from products.models import Product
from serials.models import IN_STORE, Place, PlaceKind

from .explaining import Loose


@dataclasses.dataclass(frozen=True, slots=True)
class NextStep:
    """A link, or a button that posts `fields` when `is_post`.

    With `in_store` it starts a document in the store a person works in at the moment.
    """

    label: str
    icon: str
    url: str
    fields: Mapping[str, str] = dataclasses.field(default_factory=dict)
    is_post: bool = True
    in_store: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Situation:
    """An unknown unit as far as it matters here; `place` is None for what nobody has seen.

    `document` put it there, `posted_in` is the store of its posting.
    """

    text: str
    product: Product | None
    place: Place | None
    document: Document | None
    posted_in: int | None
    loose: Loose | None


def next_steps(unit: Situation, *, store: Store, by: Access) -> Sequence[NextStep]:
    """What the person may do about a unit found in the store, besides swapping it."""
    steps = list(_by_place(unit, store, by))
    if unit.loose and by.can(Right.IDENTIFY, store.pk):
        steps.append(_identify(unit, unit.loose))
    return steps


def advice(unit: Situation, *, store: Store, by: Access) -> str:
    """What others have to do, where the person can do nothing here; empty otherwise."""
    place = unit.place
    if place is None:
        return ""
    if place.kind in IN_STORE and place.store_id != store.pk:
        words = _("If it was brought from %(store)s, let them send it here by a transfer.")
        return words % {"store": place.store}
    if place.kind == PlaceKind.CUSTOMER:
        return _advice_on_sold(unit, store, by)
    if place.kind == PlaceKind.TRANSIT:
        return _advice_on_sent(unit, store)
    if _is_part(unit):
        return _("If it was not used after all, take it off that repair.")
    written_off_here = place.kind == PlaceKind.WRITTEN_OFF and unit.posted_in == store.pk
    if written_off_here and not by.can(Right.CANCEL, store.pk):
        return _("A manager can cancel the write-off.")
    if place.kind == PlaceKind.MISSING and not by.can(Right.CORRECT, store.pk):
        return _("A manager can put it back as found.")
    return ""


def _is_part(unit: Situation) -> bool:
    """Whether a repair used the unit: it takes its parts off itself."""
    return unit.document is not None and unit.document.kind == Kind.PARTS


def _advice_on_sold(unit: Situation, store: Store, by: Access) -> str:
    """Whoever sold a unit takes it back."""
    if unit.posted_in not in {None, store.pk} and not by.sees(unit.posted_in):
        return _(
            "If it was given back, let the store that sold it take it back and send it here by a "
            "transfer."
        )
    if not by.can(Right.RETURN_CUSTOMER, store.pk):
        return _("If the customer brought it back, let a cashier take it back.")
    return ""


def _advice_on_sent(unit: Situation, store: Store) -> str:
    """A unit that is on its way from here, and lies here."""
    sent = unit.document
    if sent is None or sent.to_store is None or sent.to_store_id == store.pk:
        return ""
    words = _("If it never left, let %(store)s receive it and send it back.")
    return words % {"store": sent.to_store}


def _by_place(unit: Situation, store: Store, by: Access) -> Iterator[NextStep]:
    kind = unit.place.kind if unit.place else PlaceKind.OUTSIDE
    if kind == PlaceKind.CUSTOMER and by.sees(unit.posted_in):
        yield from _start(Kind.CUSTOMER_RETURN, _("The customer brought it back"), unit, store, by)
        yield from _start(Kind.EXCHANGE, _("It was exchanged"), unit, store, by)
    elif kind == PlaceKind.TRANSIT:
        yield from _receive_transfer(unit.document, unit, store, by)
    elif kind == PlaceKind.WRITTEN_OFF and unit.posted_in == store.pk and not _is_part(unit):
        yield from _open_write_off(unit.document, store, by)
    elif kind == PlaceKind.MISSING:
        yield from _start(Kind.SURPLUS, _("Put it back as found"), unit, store, by)
    elif kind == PlaceKind.SUPPLIER:
        yield from _start(Kind.RECEIPT, _("It came back: receive it"), unit, store, by)
    elif kind == PlaceKind.OUTSIDE:
        yield from _start(Kind.RECEIPT, _("Receive it"), unit, store, by)


def _start(kind: Kind, label: str, unit: Situation, store: Store, by: Access) -> Iterator[NextStep]:
    spec = spec_of(kind)
    if by.can(spec.right, store.pk):
        url = reverse("documents:start", args=[kind])
        yield NextStep(label, spec.icon, url, _scanned(unit), in_store=True)


def _scanned(unit: Situation) -> Mapping[str, str]:
    """The unit as the first scan of a document; what nobody knows yet is a new serial number.

    Of a text without a product nothing is scanned: the document begins with the product.
    """
    if unit.place is not None and unit.place.kind != PlaceKind.OUTSIDE:
        return {"scan": unit.text}
    if unit.product is None:
        return {}
    return {"scan": unit.text, "product": str(unit.product.pk), "as_serial": "1"}


def _receive_transfer(
    sent: Document | None, unit: Situation, store: Store, by: Access
) -> Iterator[NextStep]:
    if sent is None or sent.to_store_id != store.pk or not by.can(Right.TRANSFER, store.pk):
        return
    words = _("Receive %(number)s") % {"number": sent.number}
    url = reverse("documents:receive", args=[sent.pk])
    yield NextStep(words, "transfer", url, _scanned(unit))


def _open_write_off(document: Document | None, store: Store, by: Access) -> Iterator[NextStep]:
    if document is not None and by.can(Right.CANCEL, store.pk):
        words = _("Cancel %(number)s") % {"number": document.number}
        url = reverse("documents:document", args=[document.pk])
        yield NextStep(words, "x", url, is_post=False)


def _identify(unit: Situation, loose: Loose) -> NextStep:
    words = ngettext(
        "Enter the serial number left out", "Enter the serial numbers left out", loose.units
    )
    if loose.document is None:
        return NextStep(words, "barcode", reverse("documents:unidentified"), is_post=False)
    url = reverse("documents:identify", args=[loose.document.pk])
    known = unit.place is not None and unit.place.kind != PlaceKind.OUTSIDE
    return NextStep(words, "barcode", url, {} if known else {"scan": unit.text})
