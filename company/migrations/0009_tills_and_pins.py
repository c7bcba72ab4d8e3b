"""Browsers that know who signed in on them, and the PINs by which people take over."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("company", "0008_sessions_by_person")]

    operations = [
        migrations.CreateModel(
            name="Till",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("secret_hash", models.CharField(max_length=64, unique=True)),
                ("made_at", models.DateTimeField()),
                (
                    "idle_minutes",
                    models.PositiveSmallIntegerField(
                        help_text="When sign-ins here end sooner than elsewhere.", null=True
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("idle_minutes__gte", 1), ("idle_minutes__lte", 10080)),
                        name="company_till_idle_minutes_in_range",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TillPerson",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("password_at", models.DateTimeField()),
                ("wrong_pins", models.PositiveSmallIntegerField(default=0)),
                (
                    "till",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="people",
                        to="company.till",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tills",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("till", "user"), name="company_person_once_per_till"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("wrong_pins__lte", 5)),
                        name="company_wrong_pins_are_few",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Pin",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=128)),
                (
                    "digits",
                    models.PositiveSmallIntegerField(
                        help_text="So that a till need not wait for Enter."
                    ),
                ),
                ("set_at", models.DateTimeField()),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pin",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("digits__gte", 4), ("digits__lte", 8)),
                        name="company_pin_digits_in_range",
                    ),
                ],
            },
        ),
    ]
