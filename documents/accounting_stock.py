"""What lies where of a product, and what is in the way of accounting it otherwise."""

from __future__ import annotations

import dataclasses
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from products.models import Product
from products.modes import SERIAL_MODES
from serials.models import COUNTED, Balance, Place, PlaceKind, Serial
from serials.policies import POLICIES
from serials.text import SerialText

from .models import Document, Outstanding
from .waiting import to_settle

_MOVES = frozenset({PlaceKind.SHELF, PlaceKind.DEFECTIVE})


@dataclasses.dataclass(frozen=True, slots=True)
class Pile:
    """Goods of one product in one place of a store, with the serials the ledger has there."""

    place: Place
    quantity: int
    serials: Sequence[SerialText] = ()

    @property
    def store_name(self) -> str:
        return str(self.place.store)

    @property
    def is_defective(self) -> bool:
        return self.place.kind == PlaceKind.DEFECTIVE

    @property
    def words(self) -> str:
        return str(_("defective") if self.is_defective else _("in stock"))

    def __str__(self) -> str:
        return f"{self.store_name}, {self.words}"


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """A reason in words, of one place or of all; `document` explains it."""

    message: str
    place_id: int | None = None
    document: Document | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Situation:
    """What lies where at this moment, and what is in the way of another accounting.

    `seen` tells it from any other: a page sends it back, to be told when something moved.
    """

    product: Product
    piles: Sequence[Pile]
    obstacles: Sequence[Problem]
    seen: str


def read_situation(product: Product) -> Situation:
    """What lies where of a product, whose type is loaded: a constant number of statements."""
    held = list(
        Balance.objects.filter(product=product, place__kind__in=COUNTED, quantity__gt=0)
        .select_related("place__store")
        .order_by("place__store_id", "place__kind", "place_id")
    )
    serials = _serials_there(product, [one.place_id for one in held])
    # The shelf first, then what is defective.
    held.sort(key=lambda one: (one.place.store_id or 0, one.place.kind != PlaceKind.SHELF))
    piles = [
        Pile(one.place, one.quantity, serials[one.place_id])
        for one in held
        if one.place.kind in _MOVES
    ]
    obstacles = [*_obstacles(product, held), *_waiting(product)]
    return Situation(product, piles, obstacles, _seen(product, held, serials))


def _serials_there(
    product: Product, place_ids: Sequence[int]
) -> defaultdict[int, list[SerialText]]:
    """The serials the ledger has in these places, by place; verified ones where that is asked."""
    found: defaultdict[int, list[SerialText]] = defaultdict(list)
    if product.mode not in SERIAL_MODES:
        return found
    rows = Serial.objects.filter(
        product=product, place_id__in=place_ids, is_verified=POLICIES[product.mode].verifies
    )
    for place_id, text, key in rows.order_by("place_id", "key").values_list(
        "place_id", "text", "key"
    ):
        found[place_id].append(SerialText(text, key))
    return found


def _seen(
    product: Product, held: Sequence[Balance], serials: Mapping[int, Sequence[SerialText]]
) -> str:
    facts = [str(product.version)]
    for one in held:
        facts += [f"{one.place_id}:{one.quantity}", *(key for _, key in serials[one.place_id])]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def _obstacles(product: Product, held: Sequence[Balance]) -> Iterator[Problem]:
    if held and not product.is_active:
        words = _("%(product)s is not in use, so it can't be received again. Put it in use first.")
        yield Problem(words % {"product": product.name})
    for one in held:
        facts = {"pieces": pieces_in_words(one.quantity), "store": one.place.store}
        if one.place.kind == PlaceKind.TRANSIT:
            yield from _on_the_way(product, one.quantity)
        elif one.place.kind not in _MOVES:
            words = _("%(store)s has %(pieces)s set aside. Put that back first.")
            yield Problem(words % facts, one.place_id)
        elif one.place.store and not one.place.store.is_active:
            words = _("%(store)s is closed and still has %(pieces)s. Open it until this is done.")
            yield Problem(words % facts, one.place_id)


def _on_the_way(product: Product, pieces: int) -> Iterator[Problem]:
    """Each transfer that is still on its way, and what no transfer tells of."""
    words = _("%(pieces)s on the way from %(store)s to %(to_store)s. Receive the transfer first.")
    for one in to_settle(product.pk, Outstanding.Purpose.ARRIVE):
        document = one.line.document
        pieces -= one.left
        facts = {
            "pieces": pieces_in_words(one.left),
            "store": document.store,
            "to_store": document.to_store,
        }
        yield Problem(words % facts, document=document)
    if pieces > 0:
        words = _("%(pieces)s on the way between stores. Receive the transfer first.")
        yield Problem(words % {"pieces": pieces_in_words(pieces)})


def _waiting(product: Product) -> Iterator[Problem]:
    """Units that moved without serial numbers: which these were must be said first."""
    for one in to_settle(product.pk, Outstanding.Purpose.IDENTIFY):
        document = one.line.document
        words = _("%(pieces)s of %(store)s moved without serial numbers. Enter these first.")
        facts = {"pieces": pieces_in_words(one.left), "store": document.store}
        yield Problem(words % facts, document=document)


def pieces_in_words(pieces: int) -> str:
    return ngettext("%(count)d piece", "%(count)d pieces", pieces) % {"count": pieces}
