"""Policies of a product type's warranty, and the supplier's warranty to us."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("products", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="product",
            name="supplier_period_count",
            field=models.PositiveIntegerField(
                blank=True,
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(36500),
                ],
                verbose_name="supplier's warranty",
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="supplier_period_unit",
            field=models.CharField(
                blank=True,
                choices=[
                    ("days", "days"),
                    ("weeks", "weeks"),
                    ("months", "months"),
                    ("years", "years"),
                ],
                max_length=6,
                verbose_name="unit of the supplier's warranty",
            ),
        ),
        migrations.AddField(
            model_name="producttype",
            name="extension",
            field=models.CharField(
                blank=True,
                choices=[
                    ("days", "The days it was in repair"),
                    ("months", "A fixed number of months, once"),
                    ("none", "Not at all"),
                ],
                help_text="Empty: as the company does.",
                max_length=6,
                verbose_name="a repair under warranty extends it by",
            ),
        ),
        migrations.AddField(
            model_name="producttype",
            name="extension_months",
            field=models.PositiveSmallIntegerField(
                blank=True, null=True, verbose_name="so many months"
            ),
        ),
        migrations.AddField(
            model_name="producttype",
            name="replacement",
            field=models.CharField(
                blank=True,
                choices=[
                    ("restart", "A full new term"),
                    ("inherit", "The rest of the old term"),
                    ("at_least", "The rest of the old term, but at least some days"),
                ],
                help_text="Empty: as the company does.",
                max_length=8,
                verbose_name="warranty of a replacement",
            ),
        ),
        migrations.AddField(
            model_name="producttype",
            name="replacement_days",
            field=models.PositiveSmallIntegerField(
                blank=True, null=True, verbose_name="at least so many days"
            ),
        ),
        migrations.AddField(
            model_name="producttype",
            name="supplier_period_count",
            field=models.PositiveIntegerField(
                blank=True,
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="supplier's warranty",
            ),
        ),
        migrations.AddField(
            model_name="producttype",
            name="supplier_period_unit",
            field=models.CharField(
                blank=True,
                choices=[
                    ("days", "days"),
                    ("weeks", "weeks"),
                    ("months", "months"),
                    ("years", "years"),
                ],
                max_length=6,
                verbose_name="unit of the supplier's warranty",
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("supplier_period_count__isnull", True), ("supplier_period_unit", "")),
                    models.Q(
                        ("supplier_period_count__gte", 1),
                        ("supplier_period_count__isnull", False),
                        ("supplier_period_count__lte", 36500),
                        ("supplier_period_unit", "days"),
                    ),
                    models.Q(
                        ("supplier_period_count__gte", 1),
                        ("supplier_period_count__isnull", False),
                        ("supplier_period_count__lte", 5200),
                        ("supplier_period_unit", "weeks"),
                    ),
                    models.Q(
                        ("supplier_period_count__gte", 1),
                        ("supplier_period_count__isnull", False),
                        ("supplier_period_count__lte", 1200),
                        ("supplier_period_unit", "months"),
                    ),
                    models.Q(
                        ("supplier_period_count__gte", 1),
                        ("supplier_period_count__isnull", False),
                        ("supplier_period_count__lte", 100),
                        ("supplier_period_unit", "years"),
                    ),
                    _connector="OR",
                ),
                name="products_supplier_period_whole",
                violation_error_message="Give both the number and its unit, up to 100 years.",
            ),
        ),
        migrations.AddConstraint(
            model_name="producttype",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("supplier_period_count__isnull", True), ("supplier_period_unit", "")),
                    models.Q(
                        ("supplier_period_count__gte", 1),
                        ("supplier_period_count__isnull", False),
                        ("supplier_period_count__lte", 36500),
                        ("supplier_period_unit", "days"),
                    ),
                    models.Q(
                        ("supplier_period_count__gte", 1),
                        ("supplier_period_count__isnull", False),
                        ("supplier_period_count__lte", 5200),
                        ("supplier_period_unit", "weeks"),
                    ),
                    models.Q(
                        ("supplier_period_count__gte", 1),
                        ("supplier_period_count__isnull", False),
                        ("supplier_period_count__lte", 1200),
                        ("supplier_period_unit", "months"),
                    ),
                    models.Q(
                        ("supplier_period_count__gte", 1),
                        ("supplier_period_count__isnull", False),
                        ("supplier_period_count__lte", 100),
                        ("supplier_period_unit", "years"),
                    ),
                    _connector="OR",
                ),
                name="products_type_supplier_period_whole",
                violation_error_message="Give both the number and its unit, up to 100 years.",
            ),
        ),
        migrations.AddConstraint(
            model_name="producttype",
            constraint=models.CheckConstraint(
                condition=models.Q(("extension__in", ["", "days", "months", "none"])),
                name="products_type_extension_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="producttype",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("extension", "months"),
                        ("extension_months__gte", 1),
                        ("extension_months__lte", 120),
                    ),
                    models.Q(
                        models.Q(("extension", "months"), _negated=True),
                        ("extension_months__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="products_type_extension_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="producttype",
            constraint=models.CheckConstraint(
                condition=models.Q(("replacement__in", ["", "restart", "inherit", "at_least"])),
                name="products_type_replacement_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="producttype",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("replacement", "at_least"), ("replacement_days__gte", 1)),
                    models.Q(
                        models.Q(("replacement", "at_least"), _negated=True),
                        ("replacement_days__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="products_type_replacement_whole",
            ),
        ),
    ]
