"""The movements of serials that nobody verified, in indexes that tell which may be wrong.

They take the place of `serials_entries_recorded`, which has only their ids: documents 0014 drops it.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

RECORDED = models.Q(serial__isnull=False, verified=False)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("serials", "0007_second_numbers")]

    operations = [
        AddIndexConcurrently(
            model_name="ledgerentry",
            index=models.Index(
                condition=RECORDED,
                fields=["id"],
                include=("posting", "product", "serial", "seq", "from_place", "to_place"),
                name="serials_recorded",
            ),
        ),
        AddIndexConcurrently(
            model_name="ledgerentry",
            index=models.Index(
                condition=RECORDED,
                fields=["product", "id"],
                include=("posting", "serial", "seq", "from_place", "to_place"),
                name="serials_recorded_of_product",
            ),
        ),
    ]
