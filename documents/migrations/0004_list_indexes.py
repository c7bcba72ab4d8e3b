"""Indexes that the list of documents and the report of mismatches need, however long they grow.

Without the first a serial is looked for through every line of every document. Drafts and
cancelled documents are a few among very many; so are the days of a short period, and, where most
goods are strict, the movements of serials that nobody verified. What is partial costs nothing
when other rows are written.
"""

from django.db import migrations

INDEXES = {
    "documents_serials_by_key": "documents_lineserial (key, document_id)",
    "documents_by_day": "documents_document (effective_on, id)",
    "documents_not_posted": "documents_document (status, id) WHERE status <> 'posted'",
    "serials_entries_recorded": (
        "serials_ledgerentry (id) WHERE NOT verified AND serial_id IS NOT NULL"
    ),
}


class Migration(migrations.Migration):
    dependencies = [("documents", "0003_document_prints"), ("serials", "0002_chain")]

    operations = [
        migrations.RunSQL(f"CREATE INDEX {name} ON {rows};", f"DROP INDEX {name};")
        for name, rows in INDEXES.items()
    ]
