"""Since when a person signs in with a second factor: told in the history, also that it was reset."""

from django.db import migrations, models

from audit.operations import Track

COLUMNS = (
    "company.user",
    "id",
    "username",
    "",
    "username",
    "first_name",
    "last_name",
    "email",
    "is_admin",
    "is_active",
    "language",
    "is_staff",
    "is_superuser",
    "password!",
)
KNOWN = """
UPDATE company_user person SET second_factor_at = coalesce(device.created_at, now())
FROM otp_totp_totpdevice device WHERE device.user_id = person.id AND device.confirmed
"""


class Migration(migrations.Migration):
    older_release = "people are few, and the trigger only tells of what is written"

    dependencies = [
        ("audit", "0003_tables_told_of"),
        ("company", "0010_an_admin_stays"),
        ("otp_totp", "0003_add_timestamps"),
    ]

    operations = [
        migrations.AddField(
            "user",
            "second_factor_at",
            models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="second factor since"
            ),
        ),
        migrations.RunSQL(KNOWN, migrations.RunSQL.noop),
        Track("company_user", (*COLUMNS, "second_factor_at"), before=COLUMNS),
    ]
