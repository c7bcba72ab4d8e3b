"""The history of the master data: who changed what, from which value to which, and when."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from audit.models import Action, Change
from company.exporting import Cell, Column
from company.models import Store, User
from warranty.design_models import CardLogo

from .audit_kinds import GENERAL_CARDS, KINDS, Names, field_label, in_order, referred_to, shown

PAGE = 30
MOST_EXPORTED = 20_000
"""Changes that one file takes; each may be several rows."""
CHUNK = 1_000
_SLACK = 1_000
"""Keys are given a little before the moment is read: so many may be out of order."""

Thing = tuple[str, int]
"""A kind of KINDS and an id."""


@dataclasses.dataclass(frozen=True, slots=True)
class Chosen:
    """What to look for; nothing narrows nothing."""

    kind: str = ""
    thing: Thing | None = None
    person: int | None = None
    field: tuple[str, str] | None = None
    """A kind and a column."""
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    """The first moment that is too late."""


@dataclasses.dataclass(frozen=True, slots=True)
class FieldChange:
    """One field: its words, its value before and after, unless those are not told."""

    label: str
    before: str
    after: str
    is_hidden: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """One change as people read it. `url` is empty for what is gone, `who` for nobody known."""

    pk: int
    at: dt.datetime
    action: str
    action_label: str
    kind: str
    part: str
    thing: str
    url: str
    fields: list[FieldChange]
    who: str
    how: str
    """How, where nobody was signed in: a job, a command, a role of the database."""
    store: str
    route: str
    request: str


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """Some changes, newest first, and the keys to ask for the pages beside."""

    entries: list[Entry]
    older: int | None
    newer: int | None


def audit_page(chosen: Chosen, *, before: int | None = None, after: int | None = None) -> Page:
    """The page before or after a change's key; the newest when there is none.

    One statement for the changes and one for each kind of names on the page: five at most.
    """
    found = changes(chosen)
    if after is not None and before is None:
        rows = list(found.filter(pk__gt=after).order_by("pk")[: PAGE + 1])
        rows, more_newer, more_older = rows[:PAGE][::-1], len(rows) > PAGE, bool(rows)
    else:
        if before is not None:
            found = found.filter(pk__lt=before)
        rows = list(found.order_by("-pk")[: PAGE + 1])
        rows, more_older, more_newer = rows[:PAGE], len(rows) > PAGE, before is not None
    return Page(
        _entries(rows),
        rows[-1].pk if rows and more_older else None,
        rows[0].pk if rows and more_newer else None,
    )


def changes(chosen: Chosen) -> QuerySet[Change]:
    """What fits, in no order."""
    found = Change.objects.all()
    if chosen.kind:
        found = found.filter(kind=chosen.kind)
    if chosen.thing:
        kind, key = chosen.thing
        found = found.filter(kind=kind, thing=key)
    if chosen.person is not None:
        found = found.filter(person=chosen.person)
    if chosen.field:
        kind, column = chosen.field
        found = found.filter(kind=kind, fields__contains=[column])
    # The moment's key, too: lists are read by key, and would be read from the newest to the day.
    if chosen.since is not None:
        found = found.filter(at__gte=chosen.since, pk__gte=_key_at(chosen.since) - _SLACK)
    if chosen.until is not None:
        found = found.filter(at__lt=chosen.until, pk__lt=_key_at(chosen.until) + _SLACK)
    return found


def _key_at(moment: dt.datetime) -> int:
    """The key of the first change at or after a moment; one past the last when there is none."""
    keys = Change.objects.values_list("pk", flat=True)
    first = keys.filter(at__gte=moment).order_by("at").first()
    if first is not None:
        return first
    last = keys.order_by("-pk").first()
    return last + 1 if last else 0


def thing_name(thing: Thing) -> str:
    """What a thing is called now, or was called last."""
    kind, key = thing
    last = Change.objects.filter(kind=kind, thing=key).order_by("-pk")[:1]
    return next((entry.thing for entry in _entries(last)), f"№ {key}")


def is_too_long(chosen: Chosen) -> bool:
    """Whether there is more than one file takes; counts no further than that."""
    return changes(chosen)[: MOST_EXPORTED + 1].count() > MOST_EXPORTED


def export_columns() -> list[Column]:
    """The columns of the file: a row for each field that was changed."""
    return [
        Column(_("When"), Cell.MOMENT, width=18),
        Column(_("Who"), width=24),
        Column(_("Kind"), width=16),
        Column(_("Thing"), width=34),
        Column(_("Action"), width=12),
        Column(_("Field"), width=26),
        Column(_("Before"), width=30),
        Column(_("After"), width=30),
        Column(_("Store"), width=20),
        Column(_("Route"), width=26),
        Column(_("Request"), width=20),
    ]


def export_rows(chosen: Chosen) -> Iterator[Sequence[object]]:
    """A row for each field of each change, newest first, read in chunks."""
    before: int | None = None
    while True:
        found = changes(chosen)
        if before is not None:
            found = found.filter(pk__lt=before)
        rows = list(found.order_by("-pk")[:CHUNK])
        for entry in _entries(rows):
            what = (entry.at, entry.who or entry.how, entry.kind, entry.thing, entry.action_label)
            where = (entry.store, entry.route, entry.request)
            for each in entry.fields or [FieldChange("", "", "", False)]:
                yield (*what, each.label, each.before, each.after, *where)
        if len(rows) < CHUNK:
            return
        before = rows[-1].pk


def _entries(rows: Iterable[Change]) -> list[Entry]:
    rows = list(rows)
    names = _names(rows)
    return [_entry(row, names) for row in rows]


def _names(rows: Iterable[Change]) -> Names:
    """The names of everything the rows refer to: a statement for each model."""
    wanted: dict[type[models.Model], set[int]] = {}
    for row in rows:
        wanted.setdefault(User, set()).add(row.person or 0)
        wanted.setdefault(Store, set()).add(row.context.get("store") or 0)
        if (model := KINDS[row.kind].named_by) is not None:
            wanted.setdefault(model, set()).add(row.thing)
        for column, values in row.changes.items():
            if (model := referred_to(row.kind, row.part, column)) is not None:
                wanted.setdefault(model, set()).update(value for value in values or () if value)
    found: dict[tuple[type[models.Model], int], str] = {}
    for model, keys in wanted.items():
        if keys := keys - {0}:
            named = model._default_manager.filter(pk__in=keys)
            if model is CardLogo:
                named = named.defer("image")
            found |= {(model, each.pk): str(each) for each in named}
    return found


def _entry(row: Change, names: Names) -> Entry:
    kind = KINDS[row.kind]
    context = row.context
    thing = names.get((kind.named_by, row.thing), "") if kind.named_by else ""
    if row.kind == "warranty.carddesign" and row.thing == GENERAL_CARDS:
        thing = _("General card")
    is_gone = row.action == Action.REMOVED and not row.part
    return Entry(
        pk=row.pk,
        at=row.at,
        action=row.action,
        action_label=row.get_action_display(),
        kind=str(kind.label),
        part=row.part,
        thing=thing or row.name or f"№ {row.thing}",
        url="" if is_gone else kind.url(row.thing),
        fields=[
            _field_change(row, column, row.changes[column], names)
            for column in sorted(row.fields, key=lambda column: in_order(row.kind, column))
        ],
        who=names.get((User, row.person), "") if row.person else "",
        how=_how(row),
        store=names.get((Store, context.get("store", 0)), ""),
        route=context.get("route", ""),
        request=context.get("request", ""),
    )


def _field_change(row: Change, column: str, values: Any, names: Names) -> FieldChange:
    before, after = values or (None, None)
    return FieldChange(
        field_label(row.kind, row.part, column),
        shown(row.kind, row.part, column, before, names),
        shown(row.kind, row.part, column, after, names),
        is_hidden=values is None,
    )


def _how(row: Change) -> str:
    if row.person:
        return _("Person №%(pk)s") % {"pk": row.person}  # no longer there
    if command := row.context.get("command"):
        return _("Command %(name)s") % {"name": command}
    if job := row.context.get("job"):
        return _("Job %(name)s") % {"name": job}
    if row.context.get("route"):
        return _("Nobody signed in")
    return _("In the database, as %(role)s") % {"role": row.db_role}
