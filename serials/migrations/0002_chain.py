"""PostgreSQL keeps the chain of a serial's verified movements, and the ledger append-only.

The chain. A verified entry names the `seq` it continues from; the composite foreign key holds
that a previous entry with this `seq` exists and put the unit where this entry takes it from.
Together with UNIQUE (serial, seq) and `continues = seq - 1`, two movements can't continue from the
same one, none can be skipped, and none can start from where the unit is not. The cached state of a
serial refers to the entry it comes from in the same way.
"""

from django.db import migrations

CHAIN = """
ALTER TABLE serials_ledgerentry
    ADD CONSTRAINT serials_entry_chain
    FOREIGN KEY (serial_id, continues, from_place_id)
    REFERENCES serials_ledgerentry (serial_id, seq, to_place_id)
    DEFERRABLE INITIALLY IMMEDIATE;
"""

PROJECTION = """
ALTER TABLE serials_serial
    ADD CONSTRAINT serials_serial_is_where_its_entry_put_it
    FOREIGN KEY (id, seq, place_id)
    REFERENCES serials_ledgerentry (serial_id, seq, to_place_id)
    DEFERRABLE INITIALLY DEFERRED;
"""

SOUND = """
CREATE FUNCTION serials_entries_are_sound() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    broken record;
BEGIN
    -- One pass over the rows of the statement, however many they are.
    SELECT entry.id,
           CASE
               WHEN product.id IS NULL THEN 'serials_entry_product'
               WHEN source.id IS NULL OR target.id IS NULL THEN 'serials_entry_places'
               WHEN entry.serial_id IS NOT NULL
                    AND serial.product_id IS DISTINCT FROM entry.product_id THEN 'serials_entry_serial_of_product'
               WHEN product.mode IN ('strict', 'recorded') AND entry.serial_id IS NULL
                   THEN 'serials_entry_needs_serial'
               WHEN product.mode = 'strict' AND NOT entry.verified
                   THEN 'serials_entry_strict_is_verified'
               WHEN entry.verified AND entry.seq = 1
                    AND source.kind <> 'outside'
                   THEN 'serials_entry_chain_begins_outside'
           END AS rule
    INTO broken
    FROM new_entries entry
    LEFT JOIN products_product product ON product.id = entry.product_id
    LEFT JOIN serials_place source ON source.id = entry.from_place_id
    LEFT JOIN serials_place target ON target.id = entry.to_place_id
    LEFT JOIN serials_serial serial ON serial.id = entry.serial_id
    WHERE product.id IS NULL OR source.id IS NULL OR target.id IS NULL
       OR (entry.serial_id IS NOT NULL AND serial.product_id IS DISTINCT FROM entry.product_id)
       OR (product.mode IN ('strict', 'recorded') AND entry.serial_id IS NULL)
       OR (product.mode = 'strict' AND NOT entry.verified)
       OR (entry.verified AND entry.seq = 1 AND source.kind <> 'outside')
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'ledger entry % breaks %', broken.id, broken.rule
            USING ERRCODE = '23514', CONSTRAINT = broken.rule, TABLE = 'serials_ledgerentry';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER serials_entries_are_sound
    AFTER INSERT ON serials_ledgerentry
    REFERENCING NEW TABLE AS new_entries
    FOR EACH STATEMENT EXECUTE FUNCTION serials_entries_are_sound();
"""

APPEND_ONLY = """
CREATE FUNCTION serials_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = '23514', CONSTRAINT = TG_TABLE_NAME || '_append_only',
              TABLE = TG_TABLE_NAME;
END $$;

CREATE TRIGGER serials_posting_append_only
    BEFORE UPDATE OR DELETE ON serials_posting
    FOR EACH ROW EXECUTE FUNCTION serials_append_only();
CREATE TRIGGER serials_posting_keeps_rows
    BEFORE TRUNCATE ON serials_posting
    FOR EACH STATEMENT EXECUTE FUNCTION serials_append_only();
CREATE TRIGGER serials_serial_append_only
    BEFORE DELETE ON serials_serial
    FOR EACH ROW EXECUTE FUNCTION serials_append_only();
CREATE TRIGGER serials_place_append_only
    BEFORE DELETE ON serials_place
    FOR EACH ROW EXECUTE FUNCTION serials_append_only();
CREATE TRIGGER serials_ledgerentry_append_only
    BEFORE UPDATE OR DELETE ON serials_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION serials_append_only();
CREATE TRIGGER serials_ledgerentry_keeps_rows
    BEFORE TRUNCATE ON serials_ledgerentry
    FOR EACH STATEMENT EXECUTE FUNCTION serials_append_only();
"""

LOCK_DATE = """
CREATE FUNCTION serials_posting_not_locked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM company_company WHERE lock_date > NEW.effective_on) THEN
        RAISE EXCEPTION 'the books are locked before a day after %', NEW.effective_on
            USING ERRCODE = '23514', CONSTRAINT = 'serials_posting_not_before_lock_date',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER serials_posting_not_locked
    BEFORE INSERT ON serials_posting
    FOR EACH ROW EXECUTE FUNCTION serials_posting_not_locked();
"""

MODE_AT_ZERO_STOCK = """
CREATE FUNCTION serials_mode_changes_at_zero_stock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM serials_balance WHERE product_id = NEW.id AND quantity <> 0) THEN
        RAISE EXCEPTION 'product % has stock: its accounting stays', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'serials_mode_changes_at_zero_stock',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER serials_mode_changes_at_zero_stock
    BEFORE UPDATE OF mode ON products_product
    FOR EACH ROW
    WHEN (OLD.mode IS DISTINCT FROM NEW.mode
          AND (OLD.mode IN ('strict', 'recorded') OR NEW.mode IN ('strict', 'recorded')))
    EXECUTE FUNCTION serials_mode_changes_at_zero_stock();
"""


class Migration(migrations.Migration):
    dependencies = [("serials", "0001_initial"), ("company", "0001_initial")]

    operations = [
        migrations.RunSQL(
            CHAIN, "ALTER TABLE serials_ledgerentry DROP CONSTRAINT serials_entry_chain;"
        ),
        migrations.RunSQL(
            PROJECTION,
            """
            ALTER TABLE serials_serial
                DROP CONSTRAINT serials_serial_is_where_its_entry_put_it;
            """,
        ),
        migrations.RunSQL(
            SOUND,
            """
            DROP TRIGGER serials_entries_are_sound ON serials_ledgerentry;
            DROP FUNCTION serials_entries_are_sound();
            """,
        ),
        migrations.RunSQL(
            APPEND_ONLY,
            """
            DROP TRIGGER serials_posting_append_only ON serials_posting;
            DROP TRIGGER serials_posting_keeps_rows ON serials_posting;
            DROP TRIGGER serials_serial_append_only ON serials_serial;
            DROP TRIGGER serials_place_append_only ON serials_place;
            DROP TRIGGER serials_ledgerentry_append_only ON serials_ledgerentry;
            DROP TRIGGER serials_ledgerentry_keeps_rows ON serials_ledgerentry;
            DROP FUNCTION serials_append_only();
            """,
        ),
        migrations.RunSQL(
            LOCK_DATE,
            """
            DROP TRIGGER serials_posting_not_locked ON serials_posting;
            DROP FUNCTION serials_posting_not_locked();
            """,
        ),
        migrations.RunSQL(
            MODE_AT_ZERO_STOCK,
            """
            DROP TRIGGER serials_mode_changes_at_zero_stock ON products_product;
            DROP FUNCTION serials_mode_changes_at_zero_stock();
            """,
        ),
    ]
