"""The pieces of goods with serials that moved without: a few among all that have none."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("serials", "0008_recorded_entries")]

    operations = [
        AddIndexConcurrently(
            model_name="ledgerentry",
            index=models.Index(
                condition=models.Q(unidentified=True),
                fields=["product", "id"],
                name="serials_entry_unidentified",
            ),
        ),
    ]
