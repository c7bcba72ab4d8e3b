"""How much stock a product has, told by the ledger.

Products can't import the ledger, which lies above them, yet a refusal to change a product's
accounting must name the stores and quantities in the way. So the ledger hands its answer down:
`serials.apps` calls `register_stock_of` once, when the program starts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

StockOf = Callable[[int], Sequence[tuple[str, int]]]
"""From a product's id to its pieces by store: `[("Kyiv, Podil", 3), …]`, empty places left out."""


def _none(product_id: int) -> Sequence[tuple[str, int]]:
    return ()


_source: StockOf = _none


def register_stock_of(source: StockOf) -> None:
    """Name the function that knows; called from `AppConfig.ready()` of the app that has it."""
    global _source  # one registration at start, before any request
    _source = source


def stock_of(product_id: int) -> Sequence[tuple[str, int]]:
    """A product's pieces by store, what is on the way included."""
    return _source(product_id)
