"""The languages a store and a person may choose: Ukrainian is complete now."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("company", "0004_request_counts"),
    ]

    operations = [
        migrations.AlterField(
            model_name="store",
            name="language",
            field=models.CharField(
                choices=[("en", "English"), ("uk", "Українська")],
                default="en",
                max_length=5,
                verbose_name="language of documents",
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="language",
            field=models.CharField(
                choices=[("en", "English"), ("uk", "Українська")],
                default="en",
                max_length=5,
                verbose_name="language",
            ),
        ),
    ]
