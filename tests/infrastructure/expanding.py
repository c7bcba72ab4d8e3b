"""What of a migration breaks the release that still runs while it is made: expand, then contract.

Django's own state says what a column was and becomes, so the operations are judged and no SQL of
theirs is guessed at; `RunSQL` is read for what it changes of tables that are there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently
from django.db import connection, models
from django.db.migrations import Migration, operations
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models.fields import NOT_PROVIDED

LARGE = frozenset(
    {
        "audit.change", "documents.document", "documents.line", "documents.lineserial",
        "documents.returnedcard", "inventory.scan", "partners.customer", "repairs.repair",
        "repairs.step", "serials.balance", "serials.ledgerentry", "serials.posting",
        "serials.serial", "warranty.adjustment", "warranty.card", "warranty.term",
    }
)  # fmt: skip
"""What grows with every day of trade: nothing is to read the whole of it while tills wait."""

_NAME = r'(?:only\s+)?"?(\w+)"?'
_IF = r"(?:if\s+exists\s+)?"
_STATEMENTS = {
    rf"\balter\s+table\s+{_IF}{_NAME}": "changes the table {0}",
    rf"\bdrop\s+table\s+{_IF}{_NAME}": "drops the table {0}",
    rf"\bdrop\s+(?:view|function|index)\s+{_IF}{_NAME}": "drops {0}",
    rf"\bcreate\s+(?:unique\s+)?index\s+(?!concurrently)\w+\s+on\s+{_NAME}": (
        "locks {0} for an index"
    ),
    rf"\bcreate\s+(?:or\s+replace\s+)?(?:constraint\s+)?trigger\b.*?\bon\s+{_NAME}": (
        "may refuse what is written to {0}"
    ),
    rf"\b(?:lock|truncate)\s+(?:table\s+)?{_NAME}": "locks {0}",
    rf"^\s*(?:update|delete\s+from)\s+{_NAME}": "writes all over {0}",
}
"""What SQL of our own may do to a table, and what is said of it."""
_BODIES = re.compile(r"\$(\w*)\$.*?\$\1\$", re.DOTALL)
_COMMENTS = re.compile(r"--[^\n]*")


def faults_of(migration: Migration, before: ProjectState) -> list[str]:
    """Why the release before can't go on while this is made, in words; `before` is the state."""
    return list(_Judge(migration, before.clone()).faults())


class _Judge:
    """One migration, operation by operation, each judged on the state that those before left."""

    def __init__(self, migration: Migration, state: ProjectState) -> None:
        self.app = migration.app_label
        self.operations = migration.operations
        self.state = state
        self.fresh: set[str] = set()
        """Models that this migration makes: nobody of the older release knows them."""
        self.added: set[tuple[str, str]] = set()

    def faults(self) -> Iterator[str]:
        yield from self._of(self.operations)

    def _of(self, several: Iterable[Operation], *, forwards: bool = True) -> Iterator[str]:
        for operation in several:
            if isinstance(operation, operations.SeparateDatabaseAndState):
                yield from self._of(operation.database_operations)
                for one in operation.state_operations:
                    one.state_forwards(self.app, self.state)
                continue
            after = self.state.clone()
            operation.state_forwards(self.app, after)
            yield from self._about(operation, after)
            self.state = after

    def _about(self, operation: Operation, after: ProjectState) -> Iterator[str]:
        match operation:
            case operations.CreateModel():
                self.fresh.add(self._label(operation.name))
            case operations.RunSQL():
                yield from self._sql(operation)
            case operations.RunPython():
                yield "runs Python, of which nobody can say what it locks"
            case operations.DeleteModel():
                yield f"drops {self._label(operation.name)}"
            case operations.RenameModel():
                yield f"renames {self._label(operation.old_name)}"
            case operations.AlterModelTable() | operations.RenameField() | operations.RemoveField():
                name = getattr(operation, "model_name", None) or operation.name
                yield from self._unless_fresh(name, operation.describe())
            case operations.AddField():
                self.added.add((self._label(operation.model_name), operation.name))
                yield from self._unless_fresh(operation.model_name, *self._new(operation))
            case operations.AlterField():
                yield from self._unless_fresh(operation.model_name, *self._altered(operation))
            case AddIndexConcurrently() | AddConstraintNotValid():
                pass
            case operations.AddIndex():
                if self._label(operation.model_name) in LARGE:
                    words = f"locks it for the index {operation.index.name}"
                    yield from self._unless_fresh(operation.model_name, words)
            case operations.AddConstraint():
                yield from self._constraint(operation)
            case operations.AlterUniqueTogether() | operations.AlterIndexTogether():
                yield from self._unless_fresh(operation.name, operation.describe())

    def _label(self, name: str) -> str:
        return f"{self.app}.{name.lower()}"

    def _unless_fresh(self, name: str, *faults: str) -> Iterator[str]:
        if self._label(name) not in self.fresh:
            yield from (f"{self._label(name)}: {fault}" for fault in faults)

    def _new(self, operation: operations.AddField) -> Iterator[str]:
        field, name = operation.field, operation.name
        if field.many_to_many:
            return
        if isinstance(field, models.GeneratedField):
            if field.db_persist:
                yield f"writes the whole table anew for {name}"
        elif not field.null and field.db_default is NOT_PROVIDED:
            yield f"{name} is not null and PostgreSQL has no default for it"
        if (field.db_index or field.unique) and self._label(operation.model_name) in LARGE:
            yield f"locks it for the index of {name}"

    def _altered(self, operation: operations.AlterField) -> Iterator[str]:
        old = self.state.models[self.app, operation.model_name.lower()].fields[operation.name]
        new, name = operation.field, operation.name
        if old.null and not new.null:
            yield f"{name} becomes not null"
        if old.db_default is not NOT_PROVIDED and new.db_default is NOT_PROVIDED:
            yield f"{name} loses the default that PostgreSQL had"
        if new.unique and not old.unique:
            yield f"{name} becomes unique"
        if not _is_wider(old, new):
            yield f"{name} changes its type"

    def _constraint(self, operation: operations.AddConstraint) -> Iterator[str]:
        """A rule of new columns is fine; of others the older release knows nothing."""
        label, constraint = self._label(operation.model_name), operation.constraint
        text = repr(constraint.deconstruct())
        if not any(at == label and re.search(rf"\b{name}\b", text) for at, name in self.added):
            words = f"may refuse what is written, or is there: {constraint.name}"
            yield from self._unless_fresh(operation.model_name, words)

    def _sql(self, operation: operations.RunSQL) -> Iterator[str]:
        given = operation.sql
        several = [given] if isinstance(given, str) else given
        for one in several:
            text = one if isinstance(one, str) else one[0]
            plain = _COMMENTS.sub("", _BODIES.sub("''", text))
            for statement in plain.split(";"):
                for pattern, words in _STATEMENTS.items():
                    found = re.search(pattern, statement, re.IGNORECASE | re.DOTALL)
                    if found and found[1].replace("_", ".", 1) not in self.fresh:
                        yield words.format(found[1])


def _is_wider(old: models.Field, new: models.Field) -> bool:
    """Whether every value that fits the old column fits the new one, without writing it anew."""
    was, becomes = old.db_type(connection), new.db_type(connection)
    if was == becomes:
        return True
    texts = "text", "varchar"
    if (was or "").startswith("varchar") and (becomes or "").startswith(texts):
        length = getattr(new, "max_length", None)
        return length is None or becomes == "text" or length >= (old.max_length or 0)
    return False
