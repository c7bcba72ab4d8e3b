"""Customers are found by any part of a name, an e-mail or a phone from an index.

Every three characters that follow each other are in it. The extension `pg_trgm` does the same and
better, but is not part of every PostgreSQL that this runs on: the embedded one has none.
"""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Value
from django.db.models.functions import Concat

from partners.models import Grams

GRAMS = """
CREATE OR REPLACE FUNCTION partners_grams(text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT ARRAY(
        SELECT DISTINCT substr($1, place, 3) FROM generate_series(1, char_length($1) - 2) AS place
    )
$$
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("partners", "0005_erased_customers")]

    operations = [
        migrations.RunSQL(GRAMS, "DROP FUNCTION partners_grams(text)"),
        AddIndexConcurrently(
            "customer",
            GinIndex(
                Grams(
                    Concat("searched", Value(" "), "phone_digits", output_field=models.TextField())
                ),
                name="partners_customer_by_grams",
            ),
        ),
    ]
