"""Second numbers on the lines of receipts, and whether a line is scanned in pairs."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("documents", "0010_uploads"),
        ("products", "0002_warranty_policies"),
        ("serials", "0007_second_numbers"),
    ]

    operations = [
        migrations.AddField(
            model_name="line",
            name="awaits_second_of",
            field=models.CharField(blank=True, db_default="", default="", max_length=80),
        ),
        migrations.AddField(
            model_name="line",
            name="in_pairs",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="lineserial",
            name="second_key",
            field=models.CharField(blank=True, db_default="", default="", max_length=80),
        ),
        migrations.AddField(
            model_name="lineserial",
            name="second_text",
            field=models.CharField(blank=True, db_default="", default="", max_length=80),
        ),
        migrations.AddConstraint(
            model_name="lineserial",
            constraint=models.UniqueConstraint(
                condition=models.Q(("second_key", ""), _negated=True),
                fields=("document", "product", "second_key"),
                name="documents_second_number_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="lineserial",
            constraint=models.CheckConstraint(
                condition=models.Q(("second_key", models.F("key")), _negated=True),
                name="documents_second_number_is_another",
            ),
        ),
    ]
