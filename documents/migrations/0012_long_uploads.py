"""Long files are read and added by jobs: how far each is, and what it comes to."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("documents", "0011_second_numbers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="upload",
            name="content",
            field=models.BinaryField(db_default=b"", default=b""),
        ),
        migrations.AddField(
            model_name="upload",
            name="done",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="upload",
            name="is_long",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="upload",
            name="language",
            field=models.CharField(blank=True, db_default="", default="", max_length=5),
        ),
        migrations.AddField(
            model_name="upload",
            name="problem",
            field=models.CharField(blank=True, db_default="", default="", max_length=400),
        ),
        migrations.AddField(
            model_name="upload",
            name="status",
            field=models.CharField(
                choices=[
                    ("waiting", "waiting"),
                    ("reading", "being read"),
                    ("read", "read"),
                    ("adding", "being added"),
                    ("added", "added"),
                    ("failed", "failed"),
                ],
                db_default="read",
                default="read",
                max_length=7,
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="told",
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="upload",
            name="total",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["waiting", "reading", "read", "adding", "added", "failed"])
                ),
                name="documents_upload_status_known",
            ),
        ),
    ]
