"""What can be done with a unit now, as the buttons of its page."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from company.access import Access
from company.models import Store
from company.rights import Right
from documents.kinds import spec_of
from documents.models import Kind
from repairs.subjects import Subject, SubjectKind
from serials.models import PlaceKind

from .serial_life import Life


@dataclasses.dataclass(frozen=True, slots=True)
class Action:
    """A button that starts a document of a kind with the unit on it.

    `look` is the class of the button: of all actions at most one is "primary".
    """

    kind: str
    label: object
    icon: str
    look: str = ""

    @property
    def is_primary(self) -> bool:
        return self.look == "primary"


_WORDS: dict[str, object] = {
    Kind.SALE: _("Sell this unit"),
    Kind.CUSTOMER_RETURN: pgettext_lazy("verb", "Take back"),
    Kind.EXCHANGE: _("Exchange"),
    Kind.TRANSFER: _("Send to another store"),
    Kind.SUPPLIER_RETURN: _("Return to a supplier"),
    Kind.WRITE_OFF: _("Write off"),
    Kind.SURPLUS: _("Put back as found"),
    Kind.SET_ASIDE: pgettext_lazy("verb", "Set aside"),
    Kind.PUT_BACK: pgettext_lazy("verb", "Put back"),
}
_ON_THE_SHELF = (
    Kind.SALE, Kind.TRANSFER, Kind.SET_ASIDE, Kind.SUPPLIER_RETURN, Kind.WRITE_OFF,
)  # fmt: skip
_DEFECTIVE = (Kind.SUPPLIER_RETURN, Kind.WRITE_OFF, Kind.SET_ASIDE)
_SOLD = (Kind.CUSTOMER_RETURN, Kind.EXCHANGE)


def actions_for(life: Life, *, store: Store | None, access: Access) -> Sequence[Action]:
    """What the person may do with the unit in the store they work in, the likeliest first."""
    if store is None:
        return []
    kinds = [kind for kind in _kinds(life, store, access) if _may(kind, store, access)]
    return [_action(kind, nth) for nth, kind in enumerate(kinds)]


def repair_subject(life: Life, *, store: Store | None, access: Access) -> str:
    """What taking the unit in for repair names it by; empty where the person may not, or need not.

    A unit that was sold is the customer's, one that lies in this store our own stock.
    """
    if store is None or life.in_repair or not access.can(Right.TAKE_IN_REPAIR, store.pk):
        return ""
    place, pk = life.serial.place, life.serial.pk
    if life.sold_by is not None:
        return Subject(SubjectKind.SERIAL, pk).code
    if place.store_id == store.pk and place.kind in {PlaceKind.SHELF, PlaceKind.DEFECTIVE}:
        return Subject(SubjectKind.OWN_SERIAL, pk).code
    return ""


def may_receive(life: Life, *, store: Store | None, access: Access) -> bool:
    """Whether the transfer that the unit is on may be received in the store the person is in."""
    transfer = life.on_its_way
    if store is None or transfer is None or transfer.to_store_id != store.pk:
        return False
    return access.can(Right.TRANSFER, store.pk)


def _kinds(life: Life, store: Store, access: Access) -> Sequence[Kind]:
    place = life.serial.place
    if place.store_id == store.pk and place.kind == PlaceKind.SHELF:
        return _ON_THE_SHELF
    if place.store_id == store.pk and place.kind == PlaceKind.DEFECTIVE:
        return _DEFECTIVE
    if place.store_id == store.pk and place.kind == PlaceKind.BLOCKED:
        return (Kind.PUT_BACK,)
    if place.kind == PlaceKind.MISSING:
        return (Kind.SURPLUS,)
    if life.sold_by is not None and access.sees(life.sold_by):
        return _SOLD
    return ()


def _may(kind: Kind, store: Store, access: Access) -> bool:
    return access.can(spec_of(kind).right, store.pk)


def _action(kind: Kind, nth: int) -> Action:
    """Selling is the main thing; what takes a unit away for good is quiet beside it."""
    if kind == Kind.SALE:
        look = "primary"
    elif nth == 0 or kind == Kind.EXCHANGE:
        look = ""
    else:
        look = "quiet"
    return Action(kind, _WORDS[kind], spec_of(kind).icon, look)
