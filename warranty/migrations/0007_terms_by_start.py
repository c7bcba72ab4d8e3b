"""Terms by the day they begin, with all that a report of what was sold reads of them."""

from django.db import migrations

TERMS = "warranty_term (starts_on) INCLUDE (id, posting_id, product_id, quantity, serial_id)"


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("warranty", "0006_terms_by_product_and_customer")]

    operations = [
        migrations.RunSQL(
            f"CREATE INDEX CONCURRENTLY warranty_terms_by_start ON {TERMS};",
            "DROP INDEX CONCURRENTLY warranty_terms_by_start;",
        ),
    ]
