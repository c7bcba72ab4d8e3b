"""Which periods the lines of receipts have: what of them ends soon is found by their days.

They are a few, found by skipping from one to the next. Only receipts write into this index.
"""

from django.db import migrations

LINES = (
    "documents_line (supplier_period_unit, supplier_period_count)"
    " WHERE supplier_period_count IS NOT NULL"
)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("documents", "0012_long_uploads")]

    operations = [
        migrations.RunSQL(
            f"CREATE INDEX CONCURRENTLY documents_supplier_periods ON {LINES};",
            "DROP INDEX CONCURRENTLY documents_supplier_periods;",
        ),
    ]
