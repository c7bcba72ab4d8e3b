"""Names and e-mails in upper case beside customers, for a search of them.

A search compared them in upper case before, and made that anew of each customer for each word.
"""

from django.db import migrations, models
from django.db.models import Value
from django.db.models.functions import Concat, Upper


class Migration(migrations.Migration):
    dependencies = [("partners", "0003_import_files")]

    operations = [
        migrations.AddField(
            "customer",
            "searched",
            models.GeneratedField(
                expression=Upper(
                    Concat("name", Value(" "), "email", output_field=models.TextField())
                ),
                output_field=models.TextField(),
                db_persist=True,
            ),
        )
    ]
