"""What is taken in for repair: a unit, the piece of a card, a piece of a sold line, own goods."""

from __future__ import annotations

import dataclasses
import enum

from company.parameters import whole_number


class SubjectKind(enum.StrEnum):
    """How the goods are named."""

    SERIAL = "serial"
    CARD = "card"
    LINE = "line"
    OWN_SERIAL = "own_serial"
    OWN_PRODUCT = "own_product"


@dataclasses.dataclass(frozen=True, slots=True)
class Subject:
    """What a form names by its `code`, such as `serial:12`.

    `serial` is a unit that was sold, `card` the piece of a warranty card, `line` a piece of a
    posted line of a sale without serial numbers (the next one without an open repair);
    `own_serial` is a unit of the store's own stock, `own_product` a piece of it without serial
    numbers. `pk` is of the Serial, Card, Line, Serial and Product.
    """

    kind: SubjectKind
    pk: int

    @property
    def code(self) -> str:
        """How a form writes it."""
        return f"{self.kind}:{self.pk}"

    @property
    def is_own(self) -> bool:
        """Whether it is the store's own stock."""
        return self.kind in {SubjectKind.OWN_SERIAL, SubjectKind.OWN_PRODUCT}

    @classmethod
    def parse(cls, code: str | None) -> Subject | None:
        """What a form wrote; None for anything else."""
        kind, _, number = (code or "").partition(":")
        pk = whole_number(number)
        if pk is None or kind not in list(SubjectKind):
            return None
        return cls(SubjectKind(kind), pk)
