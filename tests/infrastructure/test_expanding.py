"""Migrations after the first release leave the release before it able to work."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.models import Q

from tests.infrastructure.expanding import faults_of

FIRST_RELEASE = {
    "audit": "0003_tables_told_of",
    "backoffice": "0002_export_files",
    "company": "0010_an_admin_stays",
    "documents": "0012_long_uploads",
    "inventory": "0004_scans_get_their_product",
    "partners": "0005_erased_customers",
    "products": "0003_import_files",
    "repairs": "0002_repairs_are_kept",
    "serials": "0007_second_numbers",
    "warranty": "0006_terms_by_product_and_customer",
}
"""The last migration of each app before there was a release that could go on running."""


OWN = {one.label for one in apps.get_app_configs() if Path(one.path).parent == settings.BASE_DIR}


@pytest.fixture(scope="module")
def loader() -> MigrationLoader:
    return MigrationLoader(None)


def test_newer_migrations_expand_or_say_why_they_may_do_otherwise(loader):
    wrong = []
    released = {
        key
        for app, name in FIRST_RELEASE.items()
        for key in loader.graph.forwards_plan((app, name))
    }
    for key in sorted(loader.disk_migrations):
        if key in released or key[0] not in OWN:
            continue
        migration = loader.disk_migrations[key]
        faults = faults_of(migration, loader.project_state(key, at_end=False))
        said = getattr(migration, "older_release", "")
        if bool(faults) != bool(said):
            wrong.append(f"{'.'.join(key)}: {'; '.join(faults) or 'nothing to excuse'}")
    assert not wrong, (
        'Expand first (docs/deployment.md), or write `older_release = "why it gets on"`:\n'
        + "\n".join(wrong)
    )


def faults(loader: MigrationLoader, app: str, *operations) -> list[str]:
    made = type("Migration", (migrations.Migration,), {"operations": operations})
    return faults_of(made("9999_tried", app), loader.project_state())


def new(name: str, field: models.Field) -> migrations.AddField:
    return migrations.AddField("line", name, field)


def altered(name: str, field: models.Field) -> migrations.AlterField:
    return migrations.AlterField("line", name, field)


def indexed(model: str) -> migrations.AddIndex:
    return migrations.AddIndex(model, models.Index(fields=["id"], name="tried"))


def checked(**condition: object) -> migrations.AddConstraint:
    check = models.CheckConstraint(condition=Q(**condition), name="tried")
    return migrations.AddConstraint("line", check)


BREAKING = {
    "a column is dropped": migrations.RemoveField("line", "remark"),
    "a column is renamed": migrations.RenameField("line", "remark", "reason"),
    "a table is renamed": migrations.RenameModel("Line", "Row"),
    "a table gets another name": migrations.AlterModelTable("line", "documents_row"),
    "a table is dropped": migrations.DeleteModel("Upload"),
    "a new column that old inserts leave out": new("tried", models.IntegerField(default=0)),
    "a column written into each row": new(
        "tried",
        models.GeneratedField(
            expression=models.F("quantity") + 1,
            output_field=models.IntegerField(),
            db_persist=True,
        ),
    ),
    "a large table locked for a key's index": new(
        "tried", models.ForeignKey("documents.Document", models.PROTECT, null=True)
    ),
    "shorter texts": altered("remark", models.CharField(max_length=20, blank=True)),
    "another type": altered("remark", models.IntegerField(null=True)),
    "no nulls any more": altered("supplier_period_count", models.PositiveIntegerField()),
    "PostgreSQL's default gone": altered("in_pairs", models.BooleanField(default=False)),
    "unique from now on": altered("remark", models.CharField(max_length=200, unique=True)),
    "a large table locked for an index": indexed("line"),
    "a rule for columns there are": checked(quantity__lt=1000),
    "a table changed by hand": migrations.RunSQL("ALTER TABLE documents_line DROP remark"),
    "an index by hand": migrations.RunSQL([("CREATE INDEX tried ON documents_line (id)", None)]),
    "a trigger": migrations.RunSQL(
        "CREATE TRIGGER tried BEFORE INSERT ON documents_line FOR EACH ROW EXECUTE FUNCTION f()"
    ),
    "every row written": migrations.RunSQL("SELECT 1; UPDATE documents_line SET remark = ''"),
    "a table locked": migrations.RunSQL("LOCK TABLE documents_line"),
    "who knows": migrations.RunPython(migrations.RunPython.noop),
    "hidden from the state": migrations.SeparateDatabaseAndState(
        database_operations=[migrations.RunSQL("DROP TABLE documents_upload")]
    ),
}


def test_what_breaks_the_older_release_is_found(loader):
    passed = [
        name for name, operation in BREAKING.items() if not faults(loader, "documents", operation)
    ]
    assert passed == []


FRESH = migrations.CreateModel("Tried", [("id", models.BigAutoField(primary_key=True))])
EXPANDING: dict[str, list[Operation]] = {
    "a new table, whatever is done to it": [
        FRESH,
        migrations.AddField("tried", "needed", models.IntegerField(default=0)),
        migrations.RunSQL("ALTER TABLE documents_tried ADD CHECK (needed > 0)"),
    ],
    "a new column that may be null": [new("tried", models.IntegerField(null=True))],
    "one with PostgreSQL's default": [new("tried", models.IntegerField(db_default=0))],
    "a rule for a new column": [new("tried", models.IntegerField(null=True)), checked(tried__lt=9)],
    "longer texts": [altered("remark", models.TextField(blank=True))],
    "nulls from now on": [altered("quantity", models.PositiveIntegerField(null=True))],
    "words of a form": [altered("remark", models.CharField("tried", max_length=200, blank=True))],
    "an index beside the traffic": [
        AddIndexConcurrently("line", models.Index(fields=["id"], name="tried"))
    ],
    "an index of a small table": [indexed("upload")],
    "a function, whatever stands in it": [
        migrations.RunSQL("CREATE FUNCTION f() RETURNS int AS $$ ALTER TABLE documents_line $$")
    ],
    "a table's name known to the state alone": [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("line", "remark")]
        )
    ],
}


def test_what_only_adds_passes(loader):
    wrong = {name: found for name, several in EXPANDING.items()
             if (found := faults(loader, "documents", *several))}  # fmt: skip
    assert wrong == {}
