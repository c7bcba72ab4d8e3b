"""A scan of nobody knows what is named once it is put right: its product and its unit.

Both may be written where they were empty, and never changed after.
"""

from django.db import migrations

NAMED_ONCE = """
CREATE OR REPLACE FUNCTION inventory_scan_stays() RETURNS trigger LANGUAGE plpgsql AS $$
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
    CROSS JOIN LATERAL (
        SELECT array_remove(ARRAY[
            CASE WHEN before.product_id IS NULL THEN 'product_id' END,
            CASE WHEN before.serial_id IS NULL THEN 'serial_id' END
        ], NULL) AS unsaid
    ) blank
    WHERE counting.status NOT IN ('open', 'paused')
       OR to_jsonb(before) - changes - unsaid <> to_jsonb(after) - changes - unsaid
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
"""

NEVER_NAMED = """
CREATE OR REPLACE FUNCTION inventory_scan_stays() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0003_results")]

    operations = [migrations.RunSQL(NAMED_ONCE, NEVER_NAMED)]
