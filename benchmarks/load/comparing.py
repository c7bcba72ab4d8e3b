"""What people were told against what the books have: pure, so that the proof itself is tested."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from .books import Books, Place
from .diary import Did

KINDS = {"fix": "correction", "rename": "correction"}
"""The kind of document by what was done, where they have different names."""
CUSTOMER: Place = (0, "customer")
MISSING: Place = (0, "missing")
GONE: Place = (0, "gone")
"""Of a number that was mistyped: no unit has it any more."""


def differences(before: Books, after: Books, diary: Sequence[Did]) -> list[str]:
    """Whatever was acknowledged and is not so, or is so and was not acknowledged."""
    found = [*after.wrong, *_documents(after, diary)]
    if not found:  # else the order of things is not known
        found += _moves(before, after, diary)
    return found


def _documents(after: Books, diary: Sequence[Did]) -> Iterator[str]:
    """Each document exists once with the number that was told, with the units that moved."""
    told = Counter(did.number for did in diary if did.what != "cancelled")
    cancelled = Counter(did.number for did in diary if did.what == "cancelled")
    yield from (f"{number} was told {times} times" for number, times in told.items() if times > 1)
    for did in diary:
        written = after.documents.get(did.number)
        if written is None:
            yield f"{did.what} {did.number} was acknowledged to {did.who} and is not there"
            continue
        if did.what == "cancelled":
            continue
        if (written.kind, written.store) != (KINDS.get(did.what, did.what), did.store):
            yield f"{did.what} {did.number} is a {written.kind} of store {written.store}"
        units = {*did.out, *did.back, *did.broken}
        if did.what != "arrival" and units != written.units:
            yield f"{did.number} was told to have {sorted(units)}, has {sorted(written.units)}"
    for number, written in after.documents.items():
        if number not in told:
            yield f"{written.kind} {number} was posted and nobody was told"
        if bool(written.undone_by) != bool(cancelled[number]):
            yield f"{number}: cancelled {bool(written.undone_by)}, told {cancelled[number]} times"


def _moves(before: Books, after: Books, diary: Sequence[Did]) -> Iterator[str]:
    """Every unit goes from where it was, and in the end everything is where it was brought."""
    places = dict(before.places)
    products = {**after.products, **before.products}
    balances = Counter(before.balances)

    def count(sku: str, place: Place, pieces: int) -> None:
        if place[1] in {"shelf", "defective"}:
            balances[sku, place] += pieces

    def move(did: Did, unit: str, origin: Place, to: Place) -> Iterator[str]:
        if places.get(unit, GONE) != origin:
            at = places.get(unit, GONE)
            yield f"{did.what} {did.number}: {unit} goes from {origin} and was at {at}"
        places[unit] = to
        count(products[unit], origin, -1)
        count(products[unit], to, 1)

    for did in sorted(diary, key=lambda did: _moment(did, after)):
        shelf: Place = (did.store, "shelf")
        undone = did.what == "cancelled"
        left: Place = {
            "transfer": (did.to, "shelf"),
            "shortage": MISSING,
            "rename": GONE,
        }.get(did.what, CUSTOMER)
        came = GONE if did.what == "rename" else CUSTOMER
        for unit in did.out:
            yield from move(did, unit, *((left, shelf) if undone else (shelf, left)))
        for unit in did.back:
            yield from move(did, unit, came, shelf)
        for unit in did.broken:
            yield from move(did, unit, came, (did.store, "defective"))
        for sku, pieces in did.pieces.items():
            count(sku, shelf, pieces if undone else -pieces)
    for unit, place in places.items():
        if place != GONE and after.places.get(unit) != place:
            yield f"{unit} should be at {place}, is at {after.places.get(unit)}"
    for key in balances.keys() | after.balances.keys():
        if balances[key] != after.balances.get(key, 0):
            yield f"balance of {key}: should be {balances[key]}, is {after.balances.get(key, 0)}"


def _moment(did: Did, after: Books) -> int:
    """The posting that did it: the order in which things came about, whoever heard of it first."""
    written = after.documents[did.number]
    return written.undone_by if did.what == "cancelled" else written.posting
