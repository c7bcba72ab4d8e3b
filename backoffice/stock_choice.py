"""What of the stock is looked at: the filters of the page, as data."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

from django.db import models
from django.utils.translation import gettext_lazy as _

from serials.models import COUNTED, IN_STORE, Place, PlaceKind
from serials.places import all_places


class Showing(models.TextChoices):
    """Which units, by where they are."""

    HELD = "", _("In hand")
    IN_STOCK = "in_stock", _("In stock")
    DEFECTIVE = "defective", _("Defective")
    SET_ASIDE = "set_aside", _("Set aside")
    IN_TRANSIT = "in_transit", _("In transit")
    SOLD = "sold", _("Sold")
    AT_SUPPLIER = "at_supplier", _("At the supplier")
    WRITTEN_OFF = "written_off", _("Written off")
    MISSING = "missing", _("Missing")
    ANYWHERE = "anywhere", _("Anywhere")


class Warranty(models.TextChoices):
    """How it is covered: a sold unit by us, one in hand by its supplier."""

    COVERED = "covered", _("Sold, in warranty")
    OVER = "over", _("Sold, warranty over")
    BY_SUPPLIER = "supplier", _("Supplier's warranty")
    SUPPLIER_OVER = "supplier_over", _("Supplier's warranty over")


KINDS: dict[str, frozenset[PlaceKind]] = {
    Showing.HELD: COUNTED,
    Showing.IN_STOCK: frozenset({PlaceKind.SHELF}),
    Showing.DEFECTIVE: frozenset({PlaceKind.DEFECTIVE}),
    Showing.SET_ASIDE: frozenset({PlaceKind.BLOCKED}),
    Showing.IN_TRANSIT: frozenset({PlaceKind.TRANSIT}),
    Showing.SOLD: frozenset({PlaceKind.CUSTOMER}),
    Showing.AT_SUPPLIER: frozenset({PlaceKind.SUPPLIER}),
    Showing.WRITTEN_OFF: frozenset({PlaceKind.WRITTEN_OFF}),
    Showing.MISSING: frozenset({PlaceKind.MISSING}),
    Showing.ANYWHERE: frozenset(PlaceKind) - {PlaceKind.OUTSIDE},
}
"""Where the units lie. What is *outside* is unknown: all that was said of it was taken back."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Units of these stores in places of these kinds, as they are, or were, on a day.

    They are among the person's `own`. A unit in a store is that store's; one elsewhere is of the
    store whose document put it there, and on its way also of the store it goes to. `everywhere`
    says that these are all stores there are, so that nobody has to look whose it is. `text` is
    the key that a serial is, begins or ends with, `older_than` the days since its receipt that
    more have passed than.
    """

    stores: Sequence[int]
    own: Sequence[int] = ()
    day: dt.date
    is_past: bool = False
    everywhere: bool = False
    kinds: frozenset[PlaceKind] = COUNTED
    products: Sequence[int] | None = None
    text: str = ""
    older_than: int | None = None
    warranty: str = ""

    @property
    def tells_units_apart(self) -> bool:
        """Whether it asks what only single units can answer: goods without serials have none."""
        return bool(self.text or self.warranty) or self.older_than is not None

    @property
    def is_of_pieces(self) -> bool:
        """Whether pieces without serials fit it too, so that balances tell how many there are."""
        return self.kinds <= COUNTED and not self.tells_units_apart

    def places(self) -> list[Place]:
        """Where such units may lie: one statement."""
        return [
            place
            for place in all_places().values()
            if place.kind in self.kinds
            and (place.store_id in self.stores or place.kind not in IN_STORE)
        ]
