"""Why a warranty term is as it is: what it goes by, what ended it, what it replaces and whose."""

from __future__ import annotations

import dataclasses
import enum
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from django.db.models import QuerySet

from company.access import Access
from serials.models import Movement, Posting

from .models import Card, Succession, Term


class Basis(enum.StrEnum):
    """What the end of a term was reckoned from: the sale, or a policy for replacements."""

    SALE = "sale"
    RESTART = "restart"
    INHERIT = "inherit"
    AT_LEAST = "at_least"
    SWAP = "swap"


@dataclasses.dataclass(frozen=True, slots=True)
class Neighbour:
    """A term that this one replaces, or that replaces it.

    `card` leads to its card when it has one and the person may see it, and `serial_id` to its
    unit's page. `name` is its serial, or its product where it has none.
    """

    name: str
    serial_id: int | None
    card: str


@dataclasses.dataclass(frozen=True, slots=True)
class Ending:
    """What made a term or a card void: the document, or what was `cancelled`.

    `is_own` tells whether the person may open the document.
    """

    kind: str
    reference: str
    is_own: bool

    @property
    def is_cancelling(self) -> bool:
        return self.kind == Movement.CANCELLATION


@dataclasses.dataclass(frozen=True, slots=True)
class TermStory:
    """All that a term's page tells of it besides its days."""

    basis: Basis
    least_days: int
    replaces: Neighbour | None
    replaced_by: Sequence[Neighbour]
    ended_by: Ending | None


def stories_of(terms: Iterable[Term], *, access: Access) -> Mapping[int, TermStory]:
    """The stories of these terms by id: four statements at most, however many terms there are.

    The terms had better come with `posting` and `voided_by__reverses`.
    """
    found = list(terms)
    before = Term.objects.filter(pk__in={term.replaces_id for term in found})
    old = {term.pk: term for term in _with_cards(before)}
    new: defaultdict[int | None, list[Term]] = defaultdict(list)
    for term in _replacing(replaces__in=found):
        new[term.replaces_id].append(term)
    return {
        term.pk: _story(term, old.get(term.replaces_id or 0), new[term.pk], access)
        for term in found
    }


def story_of_card(card: Card, *, access: Access) -> TermStory:
    """The story of a card: of its term, but of what ended and replaced this very piece."""
    story = stories_of([card.term], access=access)[card.term_id]
    if card.voided_by is None:
        return dataclasses.replace(story, replaced_by=())
    after = _replacing(replaces=card.term, posting=card.voided_by)
    return dataclasses.replace(
        story,
        ended_by=ending_of(card.voided_by, access=access),
        replaced_by=[_neighbour(term, access) for term in after],
    )


def pieces_covered(term: Term) -> int:
    """How many of a term's pieces have a card that is not void."""
    return term.cards.filter(void_on=None).count()


def ending_of(posting: Posting | None, *, access: Access) -> Ending | None:
    """What a posting did to a term that it made void."""
    if posting is None:
        return None
    told = posting.reverses or posting
    return Ending(posting.kind, told.reference, access.sees(posting.store_id))


def _replacing(**of: object) -> QuerySet[Term]:
    """Terms that replace others; not those whose exchange was cancelled."""
    return _with_cards(Term.objects.filter(posting__reversed_by=None, **of))


def _with_cards(terms: QuerySet[Term]) -> QuerySet[Term]:
    return terms.select_related("posting").prefetch_related("cards").order_by("pk")


def _story(term: Term, old: Term | None, new: Sequence[Term], access: Access) -> TermStory:
    return TermStory(
        basis=_basis(term, old),
        least_days=(term.ends_on - term.starts_on).days,
        replaces=_neighbour(old, access, ended_by=term.posting_id) if old else None,
        replaced_by=[_neighbour(each, access) for each in new],
        ended_by=ending_of(term.voided_by, access=access),
    )


def _basis(term: Term, old: Term | None) -> Basis:
    """What the end goes by: the policy of that day, or the rest where it was more than that."""
    if old is None:
        return Basis.SALE
    if term.replacement in {Succession.RESTART, Succession.SWAP}:
        return Basis(term.replacement)
    ended = [card.ends_on for card in old.cards.all() if card.voided_by_id == term.posting_id]
    rest = max([*(ended or [old.ends_on]), term.starts_on])
    return Basis.INHERIT if term.ends_on <= rest else Basis.AT_LEAST


def _neighbour(term: Term, access: Access, *, ended_by: int | None = None) -> Neighbour:
    """A term with its first card, or with the one that a posting made void."""
    is_own = access.sees(term.posting.store_id)
    cards = sorted(term.cards.all(), key=lambda card: (card.voided_by_id != ended_by, card.unit))
    return Neighbour(
        name=term.serial_text or term.product_name,
        serial_id=term.serial_id if is_own else None,
        card=cards[0].number if is_own and cards else "",
    )
