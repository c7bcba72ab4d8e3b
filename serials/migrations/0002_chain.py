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
    SELECT * INTO broken FROM (
        SELECT entry.id,
               CASE
                   WHEN product.id IS NULL THEN 'serials_entry_product'
                   WHEN source.id IS NULL OR target.id IS NULL THEN 'serials_entry_places'
                   WHEN posting.id IS NOT NULL THEN 'serials_entry_comes_with_its_posting'
                   WHEN product.mode IN ('strict', 'recorded') AND entry.serial_id IS NULL
                        AND NOT entry.unidentified
                       THEN 'serials_entry_needs_serial'
                   WHEN entry.unidentified AND product.mode NOT IN ('strict', 'recorded')
                       THEN 'serials_entry_unidentified_where_serials_are'
                   WHEN entry.serial_id IS NULL THEN NULL
                   WHEN serial.product_id IS DISTINCT FROM entry.product_id
                       THEN 'serials_entry_serial_of_product'
                   WHEN product.mode = 'strict' AND NOT entry.verified
                       THEN 'serials_entry_strict_is_verified'
                   -- It begins anywhere but with us: what a customer brings back may have been
                   -- sold before its product had serials.
                   WHEN entry.verified AND entry.continues IS NULL
                        AND source.kind IN ('shelf', 'defective', 'blocked', 'transit')
                       THEN 'serials_entry_chain_begins_outside'
                   -- A chain that was undone to its beginning ended outside.
                   WHEN entry.verified AND entry.continues IS NULL AND previous.verified
                        AND ended.kind <> 'outside'
                       THEN 'serials_entry_chain_is_not_begun_again'
                   WHEN serial.seq <> entry.seq OR serial.is_verified <> entry.verified
                       THEN 'serials_entry_moves_its_serial'
               END AS rule
        FROM new_entries entry
        LEFT JOIN products_product product ON product.id = entry.product_id
        LEFT JOIN serials_place source ON source.id = entry.from_place_id
        LEFT JOIN serials_place target ON target.id = entry.to_place_id
        LEFT JOIN serials_serial serial ON serial.id = entry.serial_id
        LEFT JOIN serials_posting posting ON posting.id = entry.posting_id
        LEFT JOIN serials_ledgerentry previous
            ON entry.continues IS NULL AND entry.verified AND entry.seq > 1
            AND previous.serial_id = entry.serial_id AND previous.seq = entry.seq - 1
        LEFT JOIN serials_place ended ON ended.id = previous.to_place_id
    ) judged
    WHERE rule IS NOT NULL
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'ledger entry % breaks %', broken.id, broken.rule
            USING ERRCODE = '23514', CONSTRAINT = broken.rule, TABLE = 'serials_ledgerentry';
    END IF;

    -- The balances of what the company has in its hands follow the entries, and nothing else.
    WITH ends AS (
        SELECT product_id, from_place_id AS place_id, -quantity AS pieces FROM new_entries
        UNION ALL
        SELECT product_id, to_place_id, quantity FROM new_entries
    ),
    moved AS (
        SELECT ends.product_id, ends.place_id, sum(ends.pieces) AS pieces
        FROM ends JOIN serials_place place ON place.id = ends.place_id
        WHERE place.kind IN ('shelf', 'defective', 'blocked', 'transit')
        GROUP BY ends.product_id, ends.place_id
        HAVING sum(ends.pieces) <> 0
        ORDER BY ends.product_id, ends.place_id
    ),
    made AS (
        INSERT INTO serials_balance (product_id, place_id, quantity)
        SELECT product_id, place_id, pieces FROM moved
        WHERE NOT EXISTS (
            SELECT FROM serials_balance balance
            WHERE (balance.product_id, balance.place_id) = (moved.product_id, moved.place_id)
        )
    )
    UPDATE serials_balance balance SET quantity = balance.quantity + moved.pieces
    FROM moved
    WHERE (balance.product_id, balance.place_id) = (moved.product_id, moved.place_id);
    RETURN NULL;
END $$;

CREATE TRIGGER serials_entries_are_sound
    AFTER INSERT ON serials_ledgerentry
    REFERENCING NEW TABLE AS new_entries
    FOR EACH STATEMENT EXECUTE FUNCTION serials_entries_are_sound();
"""

PROJECTIONS = """
CREATE FUNCTION serials_refused() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % refused: %', TG_OP, TG_TABLE_NAME, TG_ARGV[0]
        USING ERRCODE = '23514', CONSTRAINT = TG_ARGV[0], TABLE = TG_TABLE_NAME;
END $$;

-- A balance is made empty by hand at most; it changes only from inside the trigger above.
CREATE TRIGGER serials_balance_made_empty
    BEFORE INSERT ON serials_balance
    FOR EACH ROW WHEN (pg_trigger_depth() = 0 AND NEW.quantity <> 0)
    EXECUTE FUNCTION serials_refused('serials_balance_follows_entries');
CREATE TRIGGER serials_balance_follows_entries
    BEFORE UPDATE OR DELETE ON serials_balance
    FOR EACH ROW WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION serials_refused('serials_balance_follows_entries');

-- A serial goes on by one movement at a time, and keeps its name and product.
CREATE TRIGGER serials_serial_moves_forward
    BEFORE UPDATE ON serials_serial
    FOR EACH ROW WHEN (NEW.seq <> OLD.seq + 1 OR NEW.key <> OLD.key OR NEW.text <> OLD.text
                       OR NEW.product_id <> OLD.product_id)
    EXECUTE FUNCTION serials_refused('serials_serial_moves_forward');

CREATE TRIGGER serials_place_stays
    BEFORE UPDATE OR DELETE ON serials_place
    FOR EACH ROW EXECUTE FUNCTION serials_refused('serials_place_stays');
"""

UNDOES = """
-- Whether a posting moves the same the other way, each once. A unit that came from outside the
-- company, and of which nothing was verified before, goes back to wherever outside it it was.
CREATE FUNCTION serials_undoes(reversal bigint, cancelled bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (
        SELECT FROM (
            SELECT line, product_id, serial_id, quantity, from_place_id AS before,
                   to_place_id AS after, unidentified, 1 AS way,
                   NOT verified OR continues IS NULL AS from_anywhere
            FROM serials_ledgerentry WHERE posting_id = cancelled
            UNION ALL
            SELECT line, product_id, serial_id, quantity, to_place_id, from_place_id, unidentified,
                   -1, true
            FROM serials_ledgerentry WHERE posting_id = reversal
        ) movements
        JOIN serials_place place ON place.id = movements.before
        GROUP BY line, product_id, serial_id, quantity, after, unidentified,
                 CASE WHEN serial_id IS NULL THEN before END
        HAVING sum(way) <> 0
            OR (min(before) <> max(before) AND NOT bool_and(
                from_anywhere AND place.kind NOT IN ('shelf', 'defective', 'blocked', 'transit')
            ))
    )
$$;
"""

MOVES_AS_ITS_KIND = """
CREATE FUNCTION serials_posting_moves_as_its_kind() RETURNS trigger LANGUAGE plpgsql AS $$
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
            -- The next two are judged as a whole below.
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

CREATE TRIGGER serials_posting_moves_as_its_kind
    AFTER INSERT ON serials_posting
    FOR EACH ROW EXECUTE FUNCTION serials_posting_moves_as_its_kind();
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
CREATE TRIGGER serials_ledgerentry_append_only
    BEFORE UPDATE OR DELETE ON serials_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION serials_append_only();
CREATE TRIGGER serials_ledgerentry_keeps_rows
    BEFORE TRUNCATE ON serials_ledgerentry
    FOR EACH STATEMENT EXECUTE FUNCTION serials_append_only();
"""

LOCK_DATE = """
CREATE FUNCTION serials_posting_not_locked() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    first_open_day date;
BEGIN
    -- FOR SHARE: who moves the lock date waits for the postings under way, and is seen by the next.
    SELECT lock_date INTO first_open_day FROM company_company FOR SHARE;
    IF NEW.effective_on < first_open_day THEN
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
            PROJECTIONS,
            """
            DROP TRIGGER serials_balance_made_empty ON serials_balance;
            DROP TRIGGER serials_balance_follows_entries ON serials_balance;
            DROP TRIGGER serials_serial_moves_forward ON serials_serial;
            DROP TRIGGER serials_place_stays ON serials_place;
            DROP FUNCTION serials_refused();
            """,
        ),
        migrations.RunSQL(UNDOES, "DROP FUNCTION serials_undoes(bigint, bigint);"),
        migrations.RunSQL(
            MOVES_AS_ITS_KIND,
            """
            DROP TRIGGER serials_posting_moves_as_its_kind ON serials_posting;
            DROP FUNCTION serials_posting_moves_as_its_kind();
            """,
        ),
        migrations.RunSQL(
            APPEND_ONLY,
            """
            DROP TRIGGER serials_posting_append_only ON serials_posting;
            DROP TRIGGER serials_posting_keeps_rows ON serials_posting;
            DROP TRIGGER serials_serial_append_only ON serials_serial;
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
