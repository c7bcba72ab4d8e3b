"""Serials are found by their endings; files of the stock that a job makes."""

import uuid

import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("serials", "0004_set_aside_and_parts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="StockFile",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("file_format", models.CharField(max_length=4)),
                ("filters", models.CharField(blank=True, max_length=2000)),
                ("language", models.CharField(max_length=5)),
                ("day", models.DateField()),
                ("stores", models.JSONField(default=list)),
                ("requested_at", models.DateTimeField(db_index=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("running", "being made"),
                            ("done", "ready"),
                            ("failed", "failed"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("total", models.PositiveIntegerField()),
                ("done", models.PositiveIntegerField(default=0)),
                ("rows", models.PositiveIntegerField(default=0)),
                ("size", models.PositiveBigIntegerField(default=0)),
            ],
            options={
                "verbose_name": "file of the stock by serial",
            },
        ),
        migrations.CreateModel(
            name="StockFilePart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("content", models.BinaryField()),
            ],
        ),
        migrations.AddIndex(
            model_name="serial",
            index=models.Index(
                django.db.models.functions.comparison.Collate(
                    django.db.models.functions.text.Reverse("key"), "C"
                ),
                name="serials_by_ending",
            ),
        ),
        migrations.AddField(
            model_name="stockfile",
            name="requested_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="stockfilepart",
            name="file",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="parts",
                to="serials.stockfile",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockfile",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["waiting", "running", "done", "failed"])),
                name="serials_stock_file_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockfile",
            constraint=models.CheckConstraint(
                condition=models.Q(("file_format__in", ["xlsx", "csv"])),
                name="serials_stock_file_format_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockfilepart",
            constraint=models.UniqueConstraint(
                fields=("file", "position"), name="serials_stock_file_part_once"
            ),
        ),
    ]
