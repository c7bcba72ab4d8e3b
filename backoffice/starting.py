"""Which documents a person may begin: the buttons and the menu of the home page and the lists."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from company.access import Access
from company.models import Store
from documents.kinds import SPECS, KindSpec
from documents.models import Kind

MOST_BUTTONS = 3
"""Up to so many kinds of documents have a button each; with more, all but one are in a menu."""


SELDOM = frozenset({Kind.SET_ASIDE, Kind.PUT_BACK})
"""Kinds that many may start and nobody works with all day: they never have a button."""


@dataclasses.dataclass(frozen=True, slots=True)
class Startable:
    """The kinds of documents a person may start in a store: the main one, others, a menu."""

    main: KindSpec | None
    buttons: Sequence[KindSpec]
    menu: Sequence[KindSpec]


def startable(store: Store | None, *, access: Access) -> Startable:
    """What the person may start, by their rights: a sale first, where they may sell."""
    kinds = [
        spec
        for spec in SPECS.values()
        if store and spec.starts_alone and access.can(spec.right, store.pk)
    ]
    kinds.sort(key=lambda spec: spec.kind != Kind.SALE)
    often = [spec for spec in kinds if spec.kind not in SELDOM]
    seldom = [spec for spec in kinds if spec.kind in SELDOM]
    if not often:
        return Startable(None, (), seldom)
    main, *others = often
    if len(often) <= MOST_BUTTONS:
        return Startable(main, others, seldom)
    return Startable(main, (), [*others, *seldom])
