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
    if not kinds:
        return Startable(None, (), ())
    main, *others = kinds
    if len(kinds) <= MOST_BUTTONS:
        return Startable(main, others, ())
    return Startable(main, (), others)
