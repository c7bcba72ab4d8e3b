"""What a file of suppliers or customers comes to, row by row: one statement, nothing written.

Who a row is about is found in `matching`. A column that is absent leaves its field alone.
"""

from __future__ import annotations

import dataclasses

from django.utils.translation import gettext as _

from company.exporting import undefused
from company.import_outcome import Change, Outcome, RowFound
from company.reading_tables import is_filled
from company.tables import Row, Table, WrongCell, tidied

from .import_fields import FIELDS, REMOVABLE, TEXTS, TITLES, Partner, in_words, read
from .matching import Known, Said, known_partners, said_in
from .models import Supplier


@dataclasses.dataclass(slots=True)
class Judged:
    """What a file comes to, and the partners to write: with their new values, not saved."""

    outcome: Outcome = dataclasses.field(default_factory=Outcome)
    new: list[Partner] = dataclasses.field(default_factory=list)
    changed: list[Partner] = dataclasses.field(default_factory=list)


def judge_partners(model: type[Partner], table: Table, *, clears: bool) -> Judged:
    """Find out what each row means."""
    said = {row.number: said_in(table, row) for row in table.rows}
    known = known_partners(model, said.values())
    judging = _Judging(model, table, clears, known)
    for row in table.rows:
        judging.judge(row, said[row.number])
    judging.found.outcome.refused.sort(key=lambda refused: refused.number)
    return judging.found


class _Judging:
    def __init__(self, model: type[Partner], table: Table, clears: bool, known: Known) -> None:
        self.model = model
        self.table = table
        self.clears = clears
        self.known = known
        self.found = Judged()
        self.rows: dict[object, int] = {}
        self.titles = {field.key: str(field.title) for field in FIELDS[model]}

    def judge(self, row: Row, said: Said) -> None:
        """Take a row, or refuse it."""
        faults: list[WrongCell] = []
        try:
            partner = self.known.partner_of(said)
            self._only_once(row, self.known.marks_of(said, partner))
        except WrongCell as wrong:
            faults.append(wrong)
            partner = None
        values: dict[str, str | bool] = {}
        for field in FIELDS[self.model]:
            try:
                if field.key != "number" and field.key in self.table.columns:
                    self._read_cell(row, partner, field.key, values)
            except WrongCell as wrong:
                faults.append(wrong)
        if not faults:
            faults = self._name_faults(row, partner, values)
        for fault in faults:
            self.found.outcome.refuse(self.table, row, fault, titles=TITLES)
        if not faults:
            self._take(row, partner, values)

    def _only_once(self, row: Row, marks: dict[object, str]) -> None:
        """Refuse a row that is about the same as an earlier one."""
        for mark, key in marks.items():
            if (first := self.rows.setdefault(mark, row.number)) != row.number:
                words = _("Row %(row)s is about the same one.") % {"row": first}
                raise WrongCell(key, words)

    def _read_cell(
        self, row: Row, partner: Partner | None, key: str, values: dict[str, str | bool]
    ) -> None:
        cell = self.table.cell(row, key)
        now = getattr(partner, key) if partner else None
        if not is_filled(cell):
            if self.clears and key in REMOVABLE and now:
                values[key] = ""
            return
        if key in TEXTS and isinstance(cell, str):
            # What is there already stays, whatever it looks like.
            if partner and tidied(cell) == tidied(str(now)):
                return
            cell = tidied(undefused(tidied(cell)))
            if partner and cell == tidied(str(now)):
                return
        value = read(self.model, key, cell)
        if key == "email" and str(value).lower() == str(now or "").lower():
            return
        if value != now:
            values[key] = value

    def _name_faults(
        self, row: Row, partner: Partner | None, values: dict[str, str | bool]
    ) -> list[WrongCell]:
        """What is wrong with a name: there is none, or another supplier has it."""
        name = values.get("name")
        if name is None:
            words = _("Somebody new needs a name.")
            return [] if partner else [WrongCell("name", words)]
        if self.model is not Supplier:
            return []
        if self.known.has_name(str(name), but=partner):
            return [WrongCell("name", _("Another supplier has this name."))]
        if (first := self.rows.setdefault(("name", name), row.number)) != row.number:
            return [WrongCell("name", _("Row %(row)s has this name too.") % {"row": first})]
        return []

    def _take(self, row: Row, partner: Partner | None, values: dict[str, str | bool]) -> None:
        if partner and not values:
            self.found.outcome.unchanged += 1
            return
        changes = [
            Change(
                title,
                in_words(getattr(partner, key)) if partner else "",
                in_words(values[key]),
            )
            for key, title in self.titles.items()
            if key in values
        ]
        found = RowFound(row.number, partner.name if partner else str(values["name"]), changes)
        writes = partner or self.model()
        for key, value in values.items():
            setattr(writes, key, value)
        (self.found.outcome.changed if partner else self.found.outcome.new).append(found)
        (self.found.changed if partner else self.found.new).append(writes)
