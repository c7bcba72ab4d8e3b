"""Reads of card designs: what each product type prints by, and the versions there were."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from django.db.models import QuerySet

from products.models import ProductType

from .design_models import CardDesign

VERSIONS = 20
"""Versions on a page."""


@dataclasses.dataclass(frozen=True, slots=True)
class DesignUse:
    """What the cards of a type look like: its `own` design, else the `general`, else built in.

    `type` is None for the general cards themselves. `newest` is the type's newest version also
    when it is withdrawn.
    """

    type: ProductType | None
    newest: CardDesign | None
    general: CardDesign | None

    @property
    def own(self) -> CardDesign | None:
        """The type's own design, or the general one of the general cards."""
        return None if self.newest is None or self.newest.withdrawn else self.newest

    @property
    def design(self) -> CardDesign | None:
        """What is printed by; None is the built-in design."""
        return self.own or self.general


def designs_in_use() -> list[DesignUse]:
    """The general cards, then each type's by name: two statements, however many there are."""
    newest = CardDesign.objects.order_by("type_id", "-version").distinct("type_id")
    by_type = {design.type_id: design for design in newest.select_related("made_by")}
    found = by_type.get(None)
    general = None if found is None or found.withdrawn else found
    kinds = ProductType.objects.order_by("name")
    of_types = [DesignUse(kind, by_type.get(kind.pk), general) for kind in kinds]
    return [DesignUse(None, found, None), *of_types]


def design_use(kind: ProductType | None) -> DesignUse:
    """What one type prints by: one statement for the general cards, two for a type."""
    general = _newest(None)
    if kind is None:
        return DesignUse(None, general, None)
    in_use = None if general is None or general.withdrawn else general
    return DesignUse(kind, _newest(kind.pk), in_use)


def _newest(type_id: int | None) -> CardDesign | None:
    return _versions(type_id).first()


def _versions(type_id: int | None) -> QuerySet[CardDesign]:
    """A type's versions, the newest first, without the bytes of their logos."""
    of_type = CardDesign.objects.filter(type_id=type_id).order_by("-version")
    return of_type.select_related("made_by", "logo").defer("logo__image")


def versions_of(type_id: int | None, *, before: int | None = None) -> Sequence[CardDesign]:
    """A page of versions, newest first, all older than the version `before`."""
    found = _versions(type_id)
    return list((found.filter(version__lt=before) if before else found)[:VERSIONS])
