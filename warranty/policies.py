"""The policies a new term goes by: the company's, or those of the product's type (section 6)."""

from __future__ import annotations

import dataclasses

from company.models import Company, Extension, Replacement
from products.models import ProductType


@dataclasses.dataclass(frozen=True, slots=True)
class Policies:
    """What a repair adds to a term, and how long the term of what replaces its unit is.

    `on_repair_months` is 0 unless a repair adds months, `on_replacement_days` 0 unless a
    replacement has at least some days.
    """

    on_repair: str
    on_repair_months: int
    on_replacement: str
    on_replacement_days: int


def policies_for(kind: ProductType, company: Company) -> Policies:
    """The policies of a sale of today: the type's own where it has some, else the company's."""
    on_repair = kind.extension or company.extension
    months = kind.extension_months if kind.extension else company.extension_months
    on_replacement = kind.replacement or company.replacement
    days = kind.replacement_days if kind.replacement else company.replacement_days
    return Policies(
        on_repair=on_repair,
        on_repair_months=(months or 1) if on_repair == Extension.MONTHS else 0,
        on_replacement=on_replacement,
        on_replacement_days=(days or 1) if on_replacement == Replacement.AT_LEAST else 0,
    )
