"""PostgreSQL keeps counts: what was counted stays, and nothing unexplained is ever closed.

What is counted is written while a count is open, and changed only by taking a scan back or by
explaining it, until the count has ended. The count's row is locked FOR KEY SHARE by whoever
writes, which people at work do not notice of each other; who closes, pauses or abandons locks it
FOR UPDATE, and so waits for the scans under way and is seen by the next one.
"""

from django.db import migrations

WRITTEN_WHILE_OPEN = """
CREATE FUNCTION inventory_written_while_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM inventory_count WHERE id IN (SELECT count_id FROM touched)
        ORDER BY id FOR KEY SHARE;
    IF EXISTS (
        SELECT FROM touched JOIN inventory_count counting ON counting.id = touched.count_id
        WHERE counting.status <> 'open'
    ) THEN
        RAISE EXCEPTION 'nothing is counted while a count is not open'
            USING ERRCODE = '23514', CONSTRAINT = TG_TABLE_NAME || '_written_while_open',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER inventory_scan_written_while_open
    AFTER INSERT ON inventory_scan REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_written_while_open();
CREATE TRIGGER inventory_expectedunit_written_while_open
    AFTER INSERT ON inventory_expectedunit REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_written_while_open();
CREATE TRIGGER inventory_count_products_written_while_open
    AFTER INSERT ON inventory_count_products REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_written_while_open();
"""

SCANS_STAY = """
CREATE FUNCTION inventory_scan_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changes constant text[] := ARRAY['taken_back_at', 'taken_back_by_id', 'explained_by_id'];
    broken text;
BEGIN
    PERFORM FROM inventory_count WHERE id IN (SELECT count_id FROM before)
        ORDER BY id FOR KEY SHARE;
    SELECT CASE
               WHEN counting.status NOT IN ('open', 'paused') THEN 'inventory_scan_frozen'
               ELSE 'inventory_scan_taken_back_or_explained'
           END INTO broken
    FROM before JOIN after USING (id)
    JOIN inventory_count counting ON counting.id = before.count_id
    WHERE counting.status NOT IN ('open', 'paused')
       OR to_jsonb(before) - changes <> to_jsonb(after) - changes
       OR before.taken_back_at IS NOT NULL
          AND (before.taken_back_at, before.taken_back_by_id)
              IS DISTINCT FROM (after.taken_back_at, after.taken_back_by_id)
    ORDER BY 1 DESC LIMIT 1;
    -- A row whose id was changed has no counterpart.
    IF broken IS NULL AND EXISTS (SELECT FROM before LEFT JOIN after USING (id)
                                  WHERE after.count_id IS NULL) THEN
        broken := 'inventory_scan_taken_back_or_explained';
    END IF;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'a scan breaks %', broken
            USING ERRCODE = '23514', CONSTRAINT = broken, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER inventory_scan_stays
    AFTER UPDATE ON inventory_scan REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_scan_stays();
"""

# What was expected, and of which products, never changes at all; nothing is ever deleted.
APPEND_ONLY = {
    "inventory_count": "DELETE",
    "inventory_count_products": "UPDATE OR DELETE",
    "inventory_expectedunit": "UPDATE OR DELETE",
    "inventory_scan": "DELETE",
}


def _append_only() -> str:
    return "".join(
        f"""
        CREATE TRIGGER {table}_append_only BEFORE {events} ON {table}
            FOR EACH ROW EXECUTE FUNCTION serials_append_only();
        CREATE TRIGGER {table}_keeps_rows BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION serials_append_only();
        """
        for table, events in APPEND_ONLY.items()
    )


def _not_append_only() -> str:
    return "".join(
        f"DROP TRIGGER {table}_append_only ON {table}; DROP TRIGGER {table}_keeps_rows ON {table};"
        for table in APPEND_ONLY
    )


COUNTS_STAY = """
CREATE FUNCTION inventory_count_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    broken text;
BEGIN
    IF OLD.status NOT IN ('open', 'paused') THEN
        broken := 'inventory_count_frozen';
    ELSIF (OLD.id, OLD.number, OLD.store_id, OLD.scope, OLD.product_type_id, OLD.started_at,
           OLD.started_by_id)
          IS DISTINCT FROM (NEW.id, NEW.number, NEW.store_id, NEW.scope, NEW.product_type_id,
                            NEW.started_at, NEW.started_by_id) THEN
        broken := 'inventory_count_keeps_its_scope';
    ELSE
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'count % breaks %', OLD.number, broken
        USING ERRCODE = '23514', CONSTRAINT = broken, TABLE = TG_TABLE_NAME;
END $$;

CREATE TRIGGER inventory_count_stays
    BEFORE UPDATE ON inventory_count
    FOR EACH ROW EXECUTE FUNCTION inventory_count_stays();
"""

# By serial rather than by posting: a receipt of 10,000 may explain 10,000 scans.
EXPLAINED = """
CREATE FUNCTION inventory_closed_is_explained() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM inventory_scan scan
        WHERE scan.count_id = NEW.id AND scan.taken_back_at IS NULL
          AND scan.key <> '' AND NOT scan.was_here
          AND (scan.explained_by_id IS NULL OR NOT EXISTS (
              SELECT FROM (
                  SELECT serial.id FROM serials_serial serial
                  WHERE serial.key = scan.key
                    AND (scan.product_id IS NULL OR serial.product_id = scan.product_id)
                  OFFSET 0
              ) serial
              CROSS JOIN LATERAL (
                  SELECT entry.posting_id, entry.to_place_id FROM serials_ledgerentry entry
                  WHERE entry.serial_id = serial.id OFFSET 0
              ) entry
              JOIN serials_place place ON place.id = entry.to_place_id
              WHERE entry.posting_id = scan.explained_by_id AND place.store_id = NEW.store_id
                AND place.kind IN ('shelf', 'defective', 'blocked')
          ))
    ) THEN
        RAISE EXCEPTION 'a unit counted in % is in no record of the store', NEW.number
            USING ERRCODE = '23514', CONSTRAINT = 'inventory_closed_is_explained',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER inventory_closed_is_explained
    AFTER INSERT OR UPDATE ON inventory_count
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.status = 'closed')
    EXECUTE FUNCTION inventory_closed_is_explained();
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial"), ("serials", "0002_chain")]

    operations = [
        migrations.RunSQL(
            WRITTEN_WHILE_OPEN,
            """
            DROP TRIGGER inventory_scan_written_while_open ON inventory_scan;
            DROP TRIGGER inventory_expectedunit_written_while_open ON inventory_expectedunit;
            DROP TRIGGER inventory_count_products_written_while_open ON inventory_count_products;
            DROP FUNCTION inventory_written_while_open();
            """,
        ),
        migrations.RunSQL(
            SCANS_STAY,
            """
            DROP TRIGGER inventory_scan_stays ON inventory_scan;
            DROP FUNCTION inventory_scan_stays();
            """,
        ),
        migrations.RunSQL(_append_only(), _not_append_only()),
        migrations.RunSQL(
            COUNTS_STAY,
            """
            DROP TRIGGER inventory_count_stays ON inventory_count;
            DROP FUNCTION inventory_count_stays();
            """,
        ),
        migrations.RunSQL(
            EXPLAINED,
            """
            DROP TRIGGER inventory_closed_is_explained ON inventory_count;
            DROP FUNCTION inventory_closed_is_explained();
            """,
        ),
    ]
