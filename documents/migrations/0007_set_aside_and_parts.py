"""Kinds of documents for repairs: goods set aside and put back, and parts used."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("documents", "0006_settling_is_kept"),
        ("serials", "0004_set_aside_and_parts"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="document",
            name="documents_kind_known",
        ),
        migrations.AlterField(
            model_name="document",
            name="kind",
            field=models.CharField(
                choices=[
                    ("receipt", "Receipt"),
                    ("sale", "Sale"),
                    ("customer_return", "Customer return"),
                    ("exchange", "Exchange"),
                    ("supplier_return", "Supplier return"),
                    ("write_off", "Write-off"),
                    ("transfer", "Transfer"),
                    ("arrival", "Transfer received"),
                    ("identification", "Serial numbers entered"),
                    ("shortage", "Shortage"),
                    ("surplus", "Surplus"),
                    ("set_aside", "Set aside"),
                    ("put_back", "Put back"),
                    ("parts", "Parts used"),
                    ("correction", "Correction"),
                ],
                max_length=16,
            ),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "receipt",
                            "sale",
                            "customer_return",
                            "exchange",
                            "supplier_return",
                            "write_off",
                            "transfer",
                            "arrival",
                            "identification",
                            "shortage",
                            "surplus",
                            "set_aside",
                            "put_back",
                            "parts",
                            "correction",
                        ],
                    )
                ),
                name="documents_kind_known",
            ),
        ),
    ]
