"""The terms of a product by their end, and the newest of a customer.

One index of the cards goes in exchange: that of the constraint "one card per unit" begins with the
term as well.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("warranty", "0005_card_designs"), ("partners", "0004_searched_customers")]

    operations = [
        migrations.AddIndex(
            "term",
            models.Index(fields=["product", "ends_on"], name="warranty_terms_of_product"),
        ),
        migrations.AddIndex(
            "term",
            models.Index(fields=["customer", "starts_on", "id"], name="warranty_terms_of_customer"),
        ),
        migrations.AlterField(
            "term",
            "customer",
            models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="partners.customer",
            ),
        ),
        migrations.AlterField(
            "card",
            "term",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cards",
                to="warranty.term",
            ),
        ),
    ]
