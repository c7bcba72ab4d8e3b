"""The index of recorded entries of migration 0004 gives way to those of serials 0008."""

from django.db import migrations

INDEX = "serials_ledgerentry (id) WHERE NOT verified AND serial_id IS NOT NULL"


class Migration(migrations.Migration):
    atomic = False
    older_release = "it is an index: the older report of mismatches is slower without it"
    dependencies = [
        ("documents", "0013_supplier_periods"),
        ("serials", "0008_recorded_entries"),
    ]

    operations = [
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS serials_entries_recorded;",
            f"CREATE INDEX CONCURRENTLY serials_entries_recorded ON {INDEX};",
        ),
    ]
