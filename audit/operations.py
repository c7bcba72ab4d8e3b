"""For migrations: have PostgreSQL tell of the changes of a table."""

from __future__ import annotations

from django.db import migrations

TRIGGER = "audit_change"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class Track(migrations.RunSQL):
    """Attach the trigger to a table, or give it another list of columns.

    `arguments` are those of `tracking.Tracked`, written out: migrations don't change later.
    `before` is what an earlier migration had, to go back to; none: the table was not tracked.
    """

    def __init__(
        self,
        table: str,
        arguments: tuple[str, ...],
        *,
        before: tuple[str, ...] | None = None,
        function: str = "audit_record",
    ) -> None:
        self.table, self.arguments, self.before, self.function = table, arguments, before, function
        forth = self._attach(arguments)
        back = self._attach(before) if before else f"DROP TRIGGER {TRIGGER} ON {table};"
        super().__init__(forth, back)

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        options: dict[str, object] = {"before": self.before, "function": self.function}
        return type(self).__qualname__, [self.table, self.arguments], options

    def _attach(self, arguments: tuple[str, ...]) -> str:
        # No WHEN (OLD.* …): with it PostgreSQL would refuse to change the type of any column.
        return (
            f"CREATE OR REPLACE TRIGGER {TRIGGER} AFTER INSERT OR UPDATE OR DELETE "
            f"ON {self.table} FOR EACH ROW EXECUTE FUNCTION "
            f"{self.function}({', '.join(map(_literal, arguments))});"
        )
