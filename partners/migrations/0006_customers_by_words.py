"""Customers in the order of their names, with all that a search of them compares.

A word in the middle of a name has no index: a search goes through the names until it has found
enough, and now does so in the index alone.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("partners", "0005_erased_customers")]

    operations = [
        AddIndexConcurrently(
            model_name="customer",
            index=models.Index(
                condition=models.Q(erased_at__isnull=True),
                fields=["name", "id"],
                include=("searched", "phone_digits"),
                name="partners_customer_by_words",
            ),
        ),
    ]
