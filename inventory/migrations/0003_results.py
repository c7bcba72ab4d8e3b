"""What a closed count found, product by product: kept as it was, whatever happens to stock later."""

import django.db.models.deletion
from django.db import migrations, models

KEPT = """
CREATE FUNCTION inventory_result_written_at_closing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Closing writes them before it marks the count: what is closed gets no more.
    IF EXISTS (
        SELECT FROM touched JOIN inventory_count counting ON counting.id = touched.count_id
        WHERE counting.status NOT IN ('open', 'paused')
    ) THEN
        RAISE EXCEPTION 'nothing is added to what a count found'
            USING ERRCODE = '23514', CONSTRAINT = 'inventory_result_written_at_closing',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER inventory_result_written_at_closing
    AFTER INSERT ON inventory_productresult REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_result_written_at_closing();
CREATE TRIGGER inventory_productresult_append_only
    BEFORE UPDATE OR DELETE ON inventory_productresult
    FOR EACH ROW EXECUTE FUNCTION serials_append_only();
CREATE TRIGGER inventory_productresult_keeps_rows
    BEFORE TRUNCATE ON inventory_productresult
    FOR EACH STATEMENT EXECUTE FUNCTION serials_append_only();
"""

NOT_KEPT = """
DROP TRIGGER inventory_result_written_at_closing ON inventory_productresult;
DROP TRIGGER inventory_productresult_append_only ON inventory_productresult;
DROP TRIGGER inventory_productresult_keeps_rows ON inventory_productresult;
DROP FUNCTION inventory_result_written_at_closing();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0002_counts_are_kept"),
        ("products", "0001_initial"),
        ("serials", "0003_counted_and_corrected"),
    ]

    operations = [
        migrations.CreateModel(
            name="ProductResult",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("in_units", models.BooleanField()),
                ("is_defective", models.BooleanField(default=False)),
                ("expected", models.PositiveIntegerField()),
                ("counted", models.PositiveIntegerField(blank=True, null=True)),
                ("short", models.PositiveIntegerField(default=0)),
                ("over", models.PositiveIntegerField(default=0)),
                ("left", models.PositiveIntegerField(default=0)),
                ("loose", models.PositiveIntegerField(default=0)),
                (
                    "count",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="results",
                        to="inventory.count",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="products.product",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("count", "product", "in_units", "is_defective"),
                        name="inventory_one_result_per_product",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("counted__isnull", False),
                            models.Q(("in_units", False), ("left", 0), ("over", 0), ("short", 0)),
                            _connector="OR",
                        ),
                        name="inventory_uncounted_changes_nothing",
                    ),
                ],
            },
        ),
        migrations.RunSQL(KEPT, NOT_KEPT),
    ]
