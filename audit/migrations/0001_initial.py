"""The history of the master data: what was changed, when and by whom."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Change",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_index=True)),
                ("kind", models.CharField(max_length=40)),
                ("thing", models.BigIntegerField()),
                ("part", models.CharField(blank=True, max_length=20)),
                ("name", models.TextField(blank=True)),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("added", "Added"),
                            ("changed", "Changed"),
                            ("removed", "Removed"),
                        ],
                        max_length=7,
                    ),
                ),
                ("changes", models.JSONField()),
                (
                    "fields",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), size=None
                    ),
                ),
                ("person", models.BigIntegerField(blank=True, null=True)),
                ("context", models.JSONField()),
                ("db_role", models.CharField(max_length=63)),
            ],
            options={
                "verbose_name": "change",
                "indexes": [
                    models.Index(fields=["kind", "thing", "id"], name="audit_change_by_thing"),
                    models.Index(fields=["kind", "id"], name="audit_change_by_kind"),
                    models.Index(fields=["person", "id"], name="audit_change_by_person"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["fields"], name="audit_change_by_field"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("action__in", ["added", "changed", "removed"])),
                        name="audit_change_action_known",
                    )
                ],
            },
        ),
    ]
