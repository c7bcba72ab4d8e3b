"""Sign-ins in a table of our own, by person. Those before it are over: people sign in once."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("company", "0007_invitations")]

    operations = [
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "session_key",
                    models.CharField(
                        max_length=40, primary_key=True, serialize=False, verbose_name="session key"
                    ),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                ("created_at", models.DateTimeField()),
                (
                    "seen_at",
                    models.DateTimeField(help_text="To the minute: not written at every request."),
                ),
                ("address", models.CharField(blank=True, max_length=45)),
                ("agent", models.CharField(blank=True, max_length=255)),
                (
                    "confirmed_at",
                    models.DateTimeField(
                        help_text="When the password was asked last; never, for a switch by PIN.",
                        null=True,
                    ),
                ),
                ("idle_minutes", models.PositiveSmallIntegerField()),
                (
                    "needs_factor",
                    models.BooleanField(
                        default=False,
                        help_text="Sees only the page where the second factor is set up.",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "abstract": False,
            },
        ),
    ]
