"""When a person was invited to choose a password; who has one was not."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("company", "0006_sign_in_policies")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="invited_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="When the link was made by which the person chooses a password; none later.",
                null=True,
            ),
        ),
    ]
