"""New kinds of movement (what a count finds short or over, and units that were mixed up), and the
day until which stock was counted: no posting is dated before it.
"""

import django.db.models.deletion
from django.db import migrations, models

MOVES_AS_ITS_KIND = """
CREATE OR REPLACE FUNCTION serials_posting_moves_as_its_kind() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM serials_ledgerentry entry
        JOIN serials_place source ON source.id = entry.from_place_id
        JOIN serials_place target ON target.id = entry.to_place_id
        CROSS JOIN LATERAL (
            SELECT source.kind = 'shelf' AND source.store_id = NEW.store_id AS from_shelf,
                   source.kind IN ('shelf', 'defective')
                       AND source.store_id = NEW.store_id AS from_here,
                   target.kind IN ('shelf', 'defective')
                       AND target.store_id = NEW.store_id AS to_here
        ) ends
        WHERE entry.posting_id = NEW.id AND NOT CASE NEW.kind
            WHEN 'receipt' THEN source.kind IN ('outside', 'supplier') AND to_here
            WHEN 'sale' THEN from_shelf AND target.kind = 'customer'
            WHEN 'customer_return' THEN source.kind = 'customer' AND to_here
            WHEN 'exchange' THEN (source.kind = 'customer' AND to_here)
                                 OR (from_shelf AND target.kind = 'customer')
            WHEN 'supplier_return' THEN from_here AND target.kind = 'supplier'
            WHEN 'write_off' THEN from_here AND target.kind = 'written_off'
            WHEN 'transfer' THEN from_shelf AND target.kind = 'transit'
            WHEN 'arrival' THEN source.kind = 'transit' AND to_here
            WHEN 'shortage' THEN from_here AND target.kind = 'missing'
            WHEN 'surplus' THEN source.kind = 'missing' AND to_here
            -- A unit of this store and one that is not; with the next two judged as a whole below.
            WHEN 'correction' THEN entry.serial_id IS NOT NULL AND from_here <> to_here
            WHEN 'identification' THEN true
            WHEN 'cancellation' THEN true
            ELSE false
        END
    ) OR NEW.kind = 'identification' AND EXISTS (
        -- Serials take the place of as many pieces without: nothing more or less lies anywhere.
        SELECT FROM (
            SELECT product_id, from_place_id AS place_id, -quantity AS pieces
            FROM serials_ledgerentry WHERE posting_id = NEW.id
            UNION ALL
            SELECT product_id, to_place_id, quantity
            FROM serials_ledgerentry WHERE posting_id = NEW.id
        ) ends
        JOIN serials_place place ON place.id = ends.place_id
        WHERE place.kind IN ('shelf', 'defective', 'blocked', 'transit')
        GROUP BY ends.product_id, ends.place_id HAVING sum(ends.pieces) <> 0
    ) OR NEW.kind = 'correction' AND EXISTS (
        -- Units change places: as many lie everywhere as before, in the company's hands or not.
        SELECT FROM (
            SELECT product_id, from_place_id AS place_id, -quantity AS pieces
            FROM serials_ledgerentry WHERE posting_id = NEW.id
            UNION ALL
            SELECT product_id, to_place_id, quantity
            FROM serials_ledgerentry WHERE posting_id = NEW.id
        ) ends
        GROUP BY ends.product_id, ends.place_id HAVING sum(ends.pieces) <> 0
    ) OR NEW.kind = 'cancellation' AND NOT serials_undoes(NEW.id, NEW.reverses_id)
    OR NEW.kind = 'cancellation' AND NOT EXISTS (
        -- What is cancelled is no cancellation itself.
        SELECT FROM serials_posting cancelled
        WHERE cancelled.id = NEW.reverses_id AND cancelled.kind <> 'cancellation'
          AND cancelled.store_id = NEW.store_id
    ) THEN
        RAISE EXCEPTION 'a % of store % does not move goods like that', NEW.kind, NEW.store_id
            USING ERRCODE = '23514', CONSTRAINT = 'serials_posting_moves_as_its_kind',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;
"""

NOT_BEFORE_COUNT = """
CREATE FUNCTION serials_posting_not_before_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The entries are there before their posting. Who closes a count locks the company's row, as
    -- postings do the other way (serials_posting_not_locked), so that neither overlooks the other.
    IF EXISTS (
        SELECT FROM serials_stocktaken taken
        WHERE taken.store_id = NEW.store_id AND taken.counted_on > NEW.effective_on
          AND (taken.product_id IS NULL OR EXISTS (
              SELECT FROM serials_ledgerentry entry
              WHERE entry.posting_id = NEW.id AND entry.product_id = taken.product_id
          ))
    ) THEN
        RAISE EXCEPTION 'the stock was counted after %', NEW.effective_on
            USING ERRCODE = '23514', CONSTRAINT = 'serials_posting_not_before_count',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER serials_posting_not_before_count
    AFTER INSERT ON serials_posting
    FOR EACH ROW EXECUTE FUNCTION serials_posting_not_before_count();

CREATE TRIGGER serials_stocktaken_goes_forward
    BEFORE UPDATE ON serials_stocktaken
    FOR EACH ROW WHEN (NEW.store_id <> OLD.store_id OR NEW.counted_on < OLD.counted_on
                       OR NEW.product_id IS DISTINCT FROM OLD.product_id)
    EXECUTE FUNCTION serials_refused('serials_stocktaken_goes_forward');
CREATE TRIGGER serials_stocktaken_stays
    BEFORE DELETE ON serials_stocktaken
    FOR EACH ROW EXECUTE FUNCTION serials_refused('serials_stocktaken_goes_forward');
CREATE TRIGGER serials_stocktaken_keeps_rows
    BEFORE TRUNCATE ON serials_stocktaken
    FOR EACH STATEMENT EXECUTE FUNCTION serials_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("company", "0002_sequences_go_forward"),
        ("products", "0001_initial"),
        ("serials", "0002_chain"),
    ]

    operations = [
        migrations.CreateModel(
            name="StockTaken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("counted_on", models.DateField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="posting",
            name="serials_posting_kind_known",
        ),
        migrations.AlterField(
            model_name="posting",
            name="kind",
            field=models.CharField(
                choices=[
                    ("receipt", "Receipt"),
                    ("sale", "Sale"),
                    ("customer_return", "Customer return"),
                    ("supplier_return", "Supplier return"),
                    ("write_off", "Write-off"),
                    ("transfer", "Transfer"),
                    ("arrival", "Transfer received"),
                    ("exchange", "Exchange"),
                    ("identification", "Serial numbers entered"),
                    ("shortage", "Shortage"),
                    ("surplus", "Surplus"),
                    ("correction", "Correction"),
                    ("cancellation", "Cancelling"),
                ],
                max_length=16,
            ),
        ),
        migrations.AddConstraint(
            model_name="posting",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "receipt",
                            "sale",
                            "customer_return",
                            "supplier_return",
                            "write_off",
                            "transfer",
                            "arrival",
                            "exchange",
                            "identification",
                            "shortage",
                            "surplus",
                            "correction",
                            "cancellation",
                        ],
                    )
                ),
                name="serials_posting_kind_known",
            ),
        ),
        migrations.AddField(
            model_name="stocktaken",
            name="product",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="products.product",
            ),
        ),
        migrations.AddField(
            model_name="stocktaken",
            name="store",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, to="company.store"
            ),
        ),
        migrations.AddConstraint(
            model_name="stocktaken",
            constraint=models.UniqueConstraint(
                fields=("store", "product"), name="serials_one_stock_taken", nulls_distinct=False
            ),
        ),
        # The wider rule also keeps what the narrower one of 0002 did: nothing to take back.
        migrations.RunSQL(MOVES_AS_ITS_KIND, migrations.RunSQL.noop),
        migrations.RunSQL(
            NOT_BEFORE_COUNT,
            """
            DROP TRIGGER serials_posting_not_before_count ON serials_posting;
            DROP FUNCTION serials_posting_not_before_count();
            """,
        ),
    ]
