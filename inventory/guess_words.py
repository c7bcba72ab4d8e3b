"""What a guess says of itself: why it is likely, and what doing it says of the two units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from serials.models import Place, PlaceKind

from .closeness import Likeness
from .departures import Departure
from .pairing import Guess, Way

_CLOSE: Mapping[Likeness, object] = {
    Likeness.LOOK_ALIKE: gettext_lazy("the characters that differ look alike"),
    Likeness.TRANSPOSED: gettext_lazy("two neighbouring characters changed places"),
    Likeness.ONE_DIFFERS: gettext_lazy("one character differs"),
    Likeness.NEIGHBOURS: gettext_lazy("the numbers follow each other"),
    Likeness.TWO_DIFFER: gettext_lazy("two characters differ"),
    Likeness.SAME_SERIES: gettext_lazy("the numbers are of one series"),
}

_WENT: Mapping[str, object] = {
    PlaceKind.CUSTOMER: gettext_lazy("Swap: %(lies)s lies here, %(went)s was sold"),
    PlaceKind.SUPPLIER: gettext_lazy("Swap: %(lies)s lies here, %(went)s went to the supplier"),
    PlaceKind.WRITTEN_OFF: gettext_lazy("Swap: %(lies)s lies here, %(went)s was written off"),
    PlaceKind.TRANSIT: gettext_lazy("Swap: %(lies)s lies here, %(went)s is on its way"),
}


def reasons(guess: Guess, departure: Departure, receipts: Mapping[int, str]) -> Sequence[str]:
    """What speaks for a guess, the most telling first; `receipts` are references by posting."""
    found = []
    if guess.likeness in _CLOSE:
        found.append(str(_CLOSE[guess.likeness]))
    if guess.together and (receipt := receipts.get(guess.missing.received or 0)):
        found.append(_("received together by %(number)s") % {"number": receipt})
    if guess.is_only_one:
        found.append(_("the only one of this product that is missing"))
    if departure.way == Way.SWAP:
        words = _("in stock here when %(number)s was posted")
        found.append(words % {"number": departure.reference})
    return found


def what_is_done(lies: str, went: str, place: Place | None) -> str:
    """The words of the button; `place` is where the unit that lies here is said to be."""
    facts = {"lies": lies, "went": went}
    if place is None or place.kind == PlaceKind.OUTSIDE:
        return _("Rename: %(went)s is %(lies)s, mistyped when it was received") % facts
    if place.kind in _WENT:
        return str(_WENT[place.kind]) % facts
    words = _("Swap: %(lies)s lies here, %(went)s is in %(store)s")
    return words % {**facts, "store": place.store}
