"""A receipt's line keeps how long its supplier stands for the goods; like all of it, frozen."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("documents", "0008_repair_ends_first")]

    operations = [
        migrations.AddField(
            model_name="line",
            name="supplier_period_count",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="line",
            name="supplier_period_unit",
            field=models.CharField(
                blank=True,
                choices=[
                    ("days", "days"),
                    ("weeks", "weeks"),
                    ("months", "months"),
                    ("years", "years"),
                ],
                db_default="",
                max_length=6,
            ),
        ),
        migrations.AddConstraint(
            model_name="line",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("supplier_period_count__isnull", True), ("supplier_period_unit", "")),
                    models.Q(
                        ("supplier_period_count__gte", 1),
                        ("supplier_period_count__isnull", False),
                        ("supplier_period_unit__in", ["days", "weeks", "months", "years"]),
                    ),
                    _connector="OR",
                ),
                name="documents_line_supplier_period_whole",
            ),
        ),
    ]
