"""How one card looks: what a design says, or what is built in, ready to be printed."""

from __future__ import annotations

import dataclasses

from .design_models import CardDesign, CardLogo, Shown


@dataclasses.dataclass(frozen=True, slots=True)
class Logo:
    """A logo with its size in pixels; `address` is what the card's markup calls it."""

    address: str
    image: bytes
    width: int
    height: int


@dataclasses.dataclass(frozen=True, slots=True)
class CardLook:
    """Title, terms, what is shown and the logo; a `text` of None is the built-in one."""

    title: str = ""
    text: str | None = None
    shows: frozenset[str] = frozenset(Shown.values)
    logo: Logo | None = None


BUILT_IN = CardLook()
BUILT_IN_TERMS = "{built_in}"
"""What a design keeps for the built-in terms, in the language of each card. Nobody can write it:
there is nothing to fill in for it. No terms at all are an empty text."""


def look_of(design: CardDesign | None) -> CardLook:
    """The look that a version gives; it had better come with its logo."""
    if design is None:
        return BUILT_IN
    return CardLook(
        title=design.title,
        text=None if design.text == BUILT_IN_TERMS else design.text,
        shows=frozenset(design.shows),
        logo=logo_of(design.logo),
    )


def logo_of(logo: CardLogo | None) -> Logo | None:
    """A logo as cards print it."""
    if logo is None:
        return None
    return Logo(f"asset:logo-{logo.digest}", bytes(logo.image), logo.width, logo.height)
