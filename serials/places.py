"""Finding the places a movement goes between."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from .models import IN_STORE, Movement, Place, PlaceKind
from .policies import UNKNOWN, Where


@dataclasses.dataclass(frozen=True, slots=True)
class Route:
    """From where to where a document moves its units.

    A verified unit leaves from where it really is: from the source or one of the `others`.
    """

    source: Place
    target: Place
    others: tuple[Place, ...] = ()

    def back(self) -> Route:
        """The way back."""
        return Route(self.target, self.source)


def all_places() -> Mapping[int, Place]:
    """Every place by id, in one query: a handful for each store."""
    return {place.pk: place for place in Place.objects.select_related("store")}


def where(place: Place | None) -> Where:
    """A place as the policies see it; None is where no unit is known to be."""
    return Where(place.kind, place.store_id) if place else UNKNOWN


def places_for(kinds: Iterable[str], *, store_id: int) -> dict[str, Place]:
    """The places of these kinds, those of a store for this store; made on first use."""
    wanted = {(kind, store_id if kind in IN_STORE else None) for kind in kinds}
    places = {(place.kind, place.store_id): place for place in all_places().values()}
    if missing := wanted - places.keys():
        Place.objects.bulk_create(
            [Place(kind=kind, store_id=store) for kind, store in sorted(missing, key=str)],
            ignore_conflicts=True,
        )
        places = {(place.kind, place.store_id): place for place in all_places().values()}
    return {kind: places[kind, store] for kind, store in wanted}


_SHELF, _DEFECTIVE = PlaceKind.SHELF, PlaceKind.DEFECTIVE
_ROUTES: dict[str, tuple[PlaceKind, PlaceKind]] = {
    Movement.RECEIPT: (PlaceKind.OUTSIDE, _SHELF),
    Movement.SALE: (_SHELF, PlaceKind.CUSTOMER),
    Movement.CUSTOMER_RETURN: (PlaceKind.CUSTOMER, _SHELF),
    Movement.SUPPLIER_RETURN: (_SHELF, PlaceKind.SUPPLIER),
    Movement.WRITE_OFF: (_SHELF, PlaceKind.WRITTEN_OFF),
    Movement.TRANSFER: (_SHELF, PlaceKind.TRANSIT),
    Movement.ARRIVAL: (PlaceKind.TRANSIT, _SHELF),
    Movement.SHORTAGE: (_SHELF, PlaceKind.MISSING),
    Movement.SURPLUS: (PlaceKind.MISSING, _SHELF),
    Movement.SET_ASIDE: (_SHELF, PlaceKind.BLOCKED),
    Movement.PUT_BACK: (PlaceKind.BLOCKED, _SHELF),
    Movement.PARTS: (_SHELF, PlaceKind.WRITTEN_OFF),
}
MAY_BE_DEFECTIVE = frozenset(
    {
        Movement.RECEIPT,
        Movement.CUSTOMER_RETURN,
        Movement.SUPPLIER_RETURN,
        Movement.WRITE_OFF,
        Movement.ARRIVAL,
        Movement.SHORTAGE,
        Movement.SURPLUS,
        Movement.SET_ASIDE,
        Movement.PUT_BACK,
    }
)
"""Movements whose end in the store may be where its defective goods lie."""

LEAVES_EITHER_SIDE = frozenset(
    {Movement.SUPPLIER_RETURN, Movement.WRITE_OFF, Movement.SHORTAGE, Movement.SET_ASIDE}
)
"""Movements whose goods leave the shelf or the defective goods, wherever of the two they lie."""


class Routes:
    """The ways the movements of a store go: its places are read once, however many are asked."""

    def __init__(self, movements: Iterable[str], *, store_id: int) -> None:
        kinds = {kind for movement in movements for kind in _ROUTES[movement]} | {_DEFECTIVE}
        self._places = places_for(kinds, store_id=store_id)

    def of(self, movement: str, *, defective: bool = False) -> Route:
        """From where to where a movement goes, on its defective side when asked."""
        if defective and movement not in MAY_BE_DEFECTIVE:
            raise ValueError(f"a {movement} moves no defective goods")
        kinds = _ROUTES[movement]
        source, target = (
            self._places[_DEFECTIVE if defective and kind == _SHELF else kind] for kind in kinds
        )
        others: tuple[Place, ...] = ()
        if movement in LEAVES_EITHER_SIDE:
            others = (self._places[_SHELF if defective else _DEFECTIVE],)
        return Route(source, target, others)
