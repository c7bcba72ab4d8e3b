"""What keeps a product's accounting as it is, told by the apps that know.

Products can't import the ledger and the documents, which lie above them, yet a refusal to change
a product's accounting must name the places and quantities in the way. So the answers are handed
down when the program starts: `serials.apps` calls `register_stock_of`, `documents.apps`
`register_waiting`, once each.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence

Held = Sequence[tuple[str, int]]
"""A product's pieces by place: `[("Kyiv, Podil", 3), …]`, empty places left out."""
Pieces = Callable[[Collection[int]], Mapping[int, Held]]
"""From the ids of products to what is held of each; those without anything left out."""


def _none(product_ids: Collection[int]) -> Mapping[int, Held]:
    return {}


_stock: Pieces = _none
_waiting: Pieces = _none


def register_stock_of(source: Pieces) -> None:
    """Name the function that knows; called from `AppConfig.ready()` of the app that has it."""
    global _stock  # one registration at start, before any request
    _stock = source


def register_waiting(source: Pieces) -> None:
    """The same for units that moved without serial numbers and wait for them."""
    global _waiting  # one registration at start, before any request
    _waiting = source


def stocks_of(product_ids: Collection[int]) -> Mapping[int, Held]:
    """The pieces of products by store, what is on the way included; one statement."""
    return _stock(product_ids)


def stock_of(product_id: int) -> Held:
    """A product's pieces by store, what is on the way included."""
    return stocks_of([product_id]).get(product_id, ())


def all_waiting_for_serials(product_ids: Collection[int]) -> Mapping[int, Held]:
    """The pieces of products whose serial numbers are still to be entered; one statement."""
    return _waiting(product_ids)


def waiting_for_serials(product_id: int) -> Held:
    """A product's pieces whose serial numbers are still to be entered, by document."""
    return all_waiting_for_serials([product_id]).get(product_id, ())


@dataclasses.dataclass(frozen=True, slots=True)
class StoreStock:
    """A product's pieces in one store, by state.

    `unidentified` are those of `in_stock` and `defective` whose serial numbers were not entered
    yet; `arriving` are on their way to the store.
    """

    store_name: str
    in_stock: int = 0
    defective: int = 0
    set_aside: int = 0
    arriving: int = 0
    unidentified: int = 0


StatesOf = Callable[[int, Collection[int]], Sequence[StoreStock]]
"""From a product's id and the ids of stores to what is in them; stores without any left out."""


def _no_states(product_id: int, store_ids: Collection[int]) -> Sequence[StoreStock]:
    return ()


_states: StatesOf = _no_states


def register_states_of(source: StatesOf) -> None:
    """Name the function that knows the states; called as `register_stock_of` is."""
    global _states  # one registration at start, before any request
    _states = source


def states_of(product_id: int, *, store_ids: Collection[int]) -> Sequence[StoreStock]:
    """A product's pieces in these stores, by state."""
    return _states(product_id, store_ids)
