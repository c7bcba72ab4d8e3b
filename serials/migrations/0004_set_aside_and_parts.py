"""New kinds of movement, for repairs: own stock set aside and put back, and parts used."""

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
                   source.kind = 'blocked' AND source.store_id = NEW.store_id AS from_aside,
                   target.kind = 'blocked' AND target.store_id = NEW.store_id AS to_aside,
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
            WHEN 'set_aside' THEN from_here AND to_aside
            WHEN 'put_back' THEN from_aside AND to_here
            WHEN 'parts' THEN from_shelf AND target.kind = 'written_off'
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


class Migration(migrations.Migration):
    dependencies = [("serials", "0003_counted_and_corrected")]

    operations = [
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
                    ("set_aside", "Set aside"),
                    ("put_back", "Put back"),
                    ("parts", "Parts used"),
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
                            "set_aside",
                            "put_back",
                            "parts",
                            "correction",
                            "cancellation",
                        ],
                    )
                ),
                name="serials_posting_kind_known",
            ),
        ),
        migrations.AlterField(
            model_name="place",
            name="kind",
            field=models.CharField(
                choices=[
                    ("shelf", "in stock"),
                    ("defective", "in stock, defective"),
                    ("blocked", "in stock, set aside"),
                    ("transit", "in transit"),
                    ("outside", "outside"),
                    ("supplier", "at the supplier"),
                    ("customer", "sold"),
                    ("written_off", "written off"),
                    ("missing", "missing"),
                ],
                max_length=12,
            ),
        ),
        # The wider rule also keeps what the narrower one of 0003 did: nothing to take back.
        migrations.RunSQL(MOVES_AS_ITS_KIND, migrations.RunSQL.noop),
    ]
