"""An index by what serial numbers look like, for the warning at new ones; see look_alikes.py."""

from django.db import migrations

SIGNS = "АВBСЕНКМОOРТХУІIЇLЗЅSЈ"
COMPARED_AS = "A88CEHKM00PTXY1111355J"


class Migration(migrations.Migration):
    dependencies = [("serials", "0005_endings_and_files_of_the_stock")]

    operations = [
        migrations.RunSQL(
            f"""
            CREATE INDEX serials_by_looks ON serials_serial
            (product_id, translate(key, '{SIGNS}', '{COMPARED_AS}'))
            """,
            "DROP INDEX serials_by_looks",
        )
    ]
