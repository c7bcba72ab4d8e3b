"""What a repair adds to a warranty, and where customers reach the program."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("company", "0002_sequences_go_forward"),
    ]

    operations = [
        migrations.AddField(
            model_name="company",
            name="extension",
            field=models.CharField(
                choices=[
                    ("days", "The days it was in repair"),
                    ("months", "A fixed number of months, once"),
                    ("none", "Not at all"),
                ],
                default="days",
                max_length=6,
                verbose_name="a repair under warranty extends it by",
            ),
        ),
        migrations.AddField(
            model_name="company",
            name="extension_months",
            field=models.PositiveSmallIntegerField(
                default=3,
                help_text="Used when a repair extends the warranty by months.",
                verbose_name="so many months",
            ),
        ),
        migrations.AddField(
            model_name="company",
            name="public_address",
            field=models.URLField(
                blank=True,
                help_text="Where customers reach this program. QR codes on cards lead there.",
                max_length=120,
                verbose_name="public address",
            ),
        ),
        migrations.AddConstraint(
            model_name="company",
            constraint=models.CheckConstraint(
                condition=models.Q(("extension__in", ["days", "months", "none"])),
                name="company_extension_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="company",
            constraint=models.CheckConstraint(
                condition=models.Q(("extension_months__gte", 1), ("extension_months__lte", 120)),
                name="company_extension_months_in_range",
            ),
        ),
    ]
