"""The state of a unit in the words and colours of the pages."""

from __future__ import annotations

import dataclasses

from django.utils.translation import gettext_lazy as _

from .models import PlaceKind


@dataclasses.dataclass(frozen=True, slots=True)
class State:
    """A pill: `code` chooses colour and icon, `label` is the word."""

    code: str
    label: object


UNKNOWN = State("unknown", _("Unknown"))

_STATES = {
    PlaceKind.SHELF: State("in_stock", _("In stock")),
    PlaceKind.DEFECTIVE: State("defective", _("Defective")),
    PlaceKind.BLOCKED: State("blocked", _("Set aside")),
    PlaceKind.TRANSIT: State("in_transit", _("In transit")),
    PlaceKind.OUTSIDE: UNKNOWN,
    PlaceKind.SUPPLIER: State("at_supplier", _("At the supplier")),
    PlaceKind.CUSTOMER: State("sold", _("Sold")),
    PlaceKind.WRITTEN_OFF: State("written_off", _("Written off")),
    PlaceKind.MISSING: State("missing", _("Missing")),
}


def state_of(place_kind: str | None) -> State:
    """The state of a unit in a place of this kind; unknown when the ledger has it nowhere."""
    if place_kind is None:
        return UNKNOWN
    return _STATES[PlaceKind(place_kind)]
