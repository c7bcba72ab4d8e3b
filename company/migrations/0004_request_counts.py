"""How often strangers asked for public pages: worth nothing after a crash, so it is UNLOGGED."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("company", "0003_warranty_policies"),
    ]

    operations = [
        migrations.CreateModel(
            name="RequestCount",
            fields=[
                (
                    "key",
                    models.CharField(max_length=120, primary_key=True, serialize=False),
                ),
                ("count", models.PositiveIntegerField()),
                ("expires_at", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.RunSQL(
            "ALTER TABLE company_requestcount SET UNLOGGED",
            "ALTER TABLE company_requestcount SET LOGGED",
        ),
    ]
