"""Customers are found by the digits of their phone number, however it was written down."""

from django.db import migrations, models
from django.db.models import F, Func, Value
from django.db.models.functions import Right


class Migration(migrations.Migration):
    dependencies = [("partners", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="phone_digits",
            field=models.GeneratedField(
                db_persist=True,
                expression=Func(
                    F("phone"), Value("[^0-9]"), Value(""), Value("g"), function="regexp_replace"
                ),
                output_field=models.CharField(max_length=40),
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["name", "id"], name="partners_customer_by_name"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(Right("phone_digits", 9), name="partners_customer_by_phone"),
        ),
    ]
