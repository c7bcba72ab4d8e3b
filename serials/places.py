"""Finding the places a movement goes between."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from .models import IN_STORE, Movement, Place, PlaceKind
from .policies import UNKNOWN, Where


@dataclasses.dataclass(frozen=True, slots=True)
class Route:
    """From where to where a document moves its units."""

    source: Place
    target: Place


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


_ROUTES = {
    Movement.RECEIPT: (PlaceKind.OUTSIDE, PlaceKind.SHELF),
    Movement.SALE: (PlaceKind.SHELF, PlaceKind.CUSTOMER),
}


def route(movement: str, *, store_id: int) -> Route:
    """Where a movement of a store goes. A strict unit leaves from where it really is."""
    kinds = _ROUTES[Movement(movement)]
    found = places_for(kinds, store_id=store_id)
    return Route(found[kinds[0]], found[kinds[1]])
