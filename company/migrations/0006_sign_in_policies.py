"""What a company asks of a sign-in: how long it may rest, a second factor, PINs."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("company", "0005_two_languages")]

    operations = [
        migrations.AddField(
            model_name="company",
            name="idle_minutes",
            field=models.PositiveSmallIntegerField(
                db_default=720, default=720, verbose_name="minutes until a sign-in that rests ends"
            ),
        ),
        migrations.AddField(
            model_name="company",
            name="pins_allowed",
            field=models.BooleanField(
                db_default=True, default=True, verbose_name="people may switch at the till by PIN"
            ),
        ),
        migrations.AddField(
            model_name="company",
            name="second_factor",
            field=models.CharField(
                choices=[
                    ("optional", "Whoever wants to"),
                    ("admins", "Admins"),
                    ("managers", "Admins and managers"),
                    ("everybody", "Everybody"),
                ],
                db_default="optional",
                default="optional",
                max_length=9,
                verbose_name="who needs a second factor",
            ),
        ),
        migrations.AddConstraint(
            model_name="company",
            constraint=models.CheckConstraint(
                condition=models.Q(("idle_minutes__gte", 5), ("idle_minutes__lte", 10080)),
                name="company_idle_minutes_in_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="company",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("second_factor__in", ["optional", "admins", "managers", "everybody"])
                ),
                name="company_second_factor_known",
            ),
        ),
    ]
