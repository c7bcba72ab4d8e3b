"""What people enter to change the accounting of goods in stock."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django import forms

from serials.text import PastedColumn, SerialText

from .accounting_plan import Plan, Serials, asks_serials, is_prefilled, read_entered
from .accounting_stock import Pile, Problem, Situation
from .forms import AnyText

SHOWN_PROBLEMS = 10
"""How many problems of one place are told; the rest is counted."""


class AccountingForm(forms.Form):
    """The serials of each place, one a line, where they are asked."""

    def __init__(self, *args: Any, situation: Situation, mode: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        before = situation.product.mode
        self.piles = situation.piles if asks_serials(before, mode) else ()
        for pile in self.piles:
            name = _name(pile)
            if is_prefilled(before, mode):
                self.initial[name] = as_column(pile.serials)
            self.fields[name] = AnyText(
                label=str(pile), required=False, widget=_serials_box(pile, name)
            )

    def texts(self) -> dict[int, str]:
        """What was entered, by place."""
        self.full_clean()
        return {pile.place.pk: self.cleaned_data.get(_name(pile), "") for pile in self.piles}

    def count(self, place_id: str) -> Count | None:
        """The count of one place, or None for a place that has no box."""
        pile = next((one for one in self.piles if str(one.place.pk) == place_id), None)
        return Count(pile, read_entered(self.texts()[pile.place.pk])) if pile else None

    def rows(self, problems: Sequence[Problem] = ()) -> list[Row]:
        """What the page shows of each place, with what is wrong there."""
        by_place = _by_place(problems)
        rows: list[Row] = []
        for pile in self.piles:
            wrong = by_place[pile.place.pk]
            field = self[_name(pile)]
            if wrong:
                field.field.widget.attrs |= {
                    "aria-invalid": "true",
                    "aria-describedby": f"problems-{pile.place.pk}",
                }
            elif not (problems or rows):
                field.field.widget.attrs["data-autofocus"] = True
            column = read_entered(str(field.value() or ""))
            rows.append(Row(pile, field, Count(pile, column), wrong[:SHOWN_PROBLEMS], len(wrong)))
        return rows


def _name(pile: Pile) -> str:
    return f"serials-{pile.place.pk}"


def _serials_box(pile: Pile, name: str) -> forms.Textarea:
    """A box that has its lines counted as they come."""
    attrs = {
        "rows": 6,
        "class": "serial",
        "spellcheck": "false",
        "autocomplete": "off",
        "autocapitalize": "off",
        "hx-post": "",
        "hx-trigger": "input changed delay:500ms",
        "hx-target": f"#count-{pile.place.pk}",
        "hx-params": f"{name},count",
        "hx-vals": f'{{"count": "{pile.place.pk}"}}',
        "hx-sync": "this:replace",
    }
    return forms.Textarea(attrs=attrs)


def as_column(serials: Sequence[SerialText]) -> str:
    """Serials as a text, one a line."""
    return "\n".join(serial.text for serial in serials)


def _by_place(problems: Sequence[Problem]) -> defaultdict[int, list[Problem]]:
    found: defaultdict[int, list[Problem]] = defaultdict(list)
    for one in problems:
        if one.place_id is not None:
            found[one.place_id].append(one)
    return found


@dataclasses.dataclass(frozen=True, slots=True)
class Count:
    """How many serials are entered for a place: each counts once."""

    pile: Pile
    column: PastedColumn

    @property
    def entered(self) -> int:
        return len(self.column.serials)

    @property
    def quantity(self) -> int:
        return self.pile.quantity

    @property
    def shown(self) -> int:
        """What the bar shows: it is full when there are too many."""
        return min(self.entered, self.quantity)

    @property
    def repeated(self) -> int:
        return len(self.column.repeated)

    @property
    def is_right(self) -> bool:
        return self.entered == self.quantity


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One place on the page: its box, its count, and the first of its `wrong` problems."""

    pile: Pile
    field: forms.BoundField
    count: Count
    problems: Sequence[Problem]
    wrong: int

    @property
    def more(self) -> int:
        """Problems that are not shown."""
        return self.wrong - len(self.problems)


@dataclasses.dataclass(frozen=True, slots=True)
class PileSteps:
    """One place in the preview: what goes out of it and comes in again."""

    pile: Pile
    leaving: Sequence[SerialText]
    coming: Sequence[SerialText]


@dataclasses.dataclass(frozen=True, slots=True)
class StoreSteps:
    """One store in the preview."""

    name: str
    places: Sequence[PileSteps]

    @property
    def pieces(self) -> int:
        return sum(one.pile.quantity for one in self.places)


def store_steps(plan: Plan) -> list[StoreSteps]:
    """What a plan does, store by store."""
    by_store: dict[str, list[PileSteps]] = {}
    for pile in plan.situation.piles:
        steps = PileSteps(pile, _at(plan.leaving, pile), _at(plan.coming, pile))
        by_store.setdefault(pile.store_name, []).append(steps)
    return [StoreSteps(name, places) for name, places in by_store.items()]


def _at(serials: Serials, pile: Pile) -> Sequence[SerialText]:
    return serials.get(pile.place.pk, ())
