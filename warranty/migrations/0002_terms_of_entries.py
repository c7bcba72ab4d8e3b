"""PostgreSQL holds each term to the ledger entry it was started by, and each card to its term.

What is written by the thousand, at a sale, is checked set by set. What changes later is looked at
row by row, and only where a row changes what stays for good.
"""

from django.db import migrations

SOUND_TERMS = """
CREATE FUNCTION warranty_terms_are_sound() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    broken record;
BEGIN
    SELECT term.id,
           CASE
               WHEN target.kind <> 'customer' THEN 'warranty_term_of_goods_sold'
               ELSE 'warranty_term_agrees_with_entry'
           END AS rule
    INTO broken
    FROM new_terms term
    LEFT JOIN serials_ledgerentry entry ON entry.id = term.entry_id
    LEFT JOIN serials_place target ON target.id = entry.to_place_id
    WHERE entry.id IS NULL
       OR (entry.posting_id, entry.line, entry.product_id, entry.quantity)
          <> (term.posting_id, term.line, term.product_id, term.quantity)
       OR entry.serial_id IS DISTINCT FROM term.serial_id
       OR target.kind <> 'customer'
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'warranty term % breaks %', broken.id, broken.rule
            USING ERRCODE = '23514', CONSTRAINT = broken.rule, TABLE = 'warranty_term';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER warranty_terms_are_sound
    AFTER INSERT ON warranty_term REFERENCING NEW TABLE AS new_terms
    FOR EACH STATEMENT EXECUTE FUNCTION warranty_terms_are_sound();
"""

SOUND_CARDS = """
CREATE FUNCTION warranty_cards_are_sound() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    broken record;
BEGIN
    SELECT card.id,
           CASE
               WHEN card.unit > term.quantity THEN 'warranty_card_of_a_unit_sold'
               ELSE 'warranty_card_void_from_start'
           END AS rule
    INTO broken
    FROM new_cards card
    JOIN warranty_term term ON term.id = card.term_id
    WHERE card.unit > term.quantity OR card.void_on < term.starts_on
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'warranty card % breaks %', broken.id, broken.rule
            USING ERRCODE = '23514', CONSTRAINT = broken.rule, TABLE = 'warranty_card';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER warranty_cards_are_sound_on_insert
    AFTER INSERT ON warranty_card REFERENCING NEW TABLE AS new_cards
    FOR EACH STATEMENT EXECUTE FUNCTION warranty_cards_are_sound();
CREATE TRIGGER warranty_cards_are_sound_on_update
    AFTER UPDATE ON warranty_card REFERENCING NEW TABLE AS new_cards
    FOR EACH STATEMENT EXECUTE FUNCTION warranty_cards_are_sound();
"""

FROZEN = """
CREATE FUNCTION warranty_row_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% % does not change', TG_TABLE_NAME, OLD.id
        USING ERRCODE = '23514', CONSTRAINT = TG_TABLE_NAME || '_frozen', TABLE = TG_TABLE_NAME;
END $$;

-- A term's end, when and by what it is void, what it replaces and its customer may change.
CREATE TRIGGER warranty_term_frozen
    BEFORE UPDATE ON warranty_term
    FOR EACH ROW
    WHEN ((OLD.id, OLD.posting_id, OLD.entry_id, OLD.line, OLD.product_id, OLD.serial_id,
           OLD.quantity, OLD.product_name, OLD.sku, OLD.serial_text, OLD.period_count,
           OLD.period_unit, OLD.starts_on)
          IS DISTINCT FROM
          (NEW.id, NEW.posting_id, NEW.entry_id, NEW.line, NEW.product_id, NEW.serial_id,
           NEW.quantity, NEW.product_name, NEW.sku, NEW.serial_text, NEW.period_count,
           NEW.period_unit, NEW.starts_on))
    EXECUTE FUNCTION warranty_row_is_frozen();

-- A card may only become void.
CREATE TRIGGER warranty_card_frozen
    BEFORE UPDATE ON warranty_card
    FOR EACH ROW
    WHEN ((OLD.id, OLD.number, OLD.term_id, OLD.unit)
          IS DISTINCT FROM (NEW.id, NEW.number, NEW.term_id, NEW.unit))
    EXECUTE FUNCTION warranty_row_is_frozen();
"""

KEPT = """
CREATE FUNCTION warranty_rows_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% keeps its rows: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = '23514', CONSTRAINT = TG_TABLE_NAME || '_keeps_rows',
              TABLE = TG_TABLE_NAME;
END $$;

CREATE TRIGGER warranty_term_keeps_each_row
    BEFORE DELETE ON warranty_term
    FOR EACH ROW EXECUTE FUNCTION warranty_rows_are_kept();
CREATE TRIGGER warranty_term_keeps_rows
    BEFORE TRUNCATE ON warranty_term
    FOR EACH STATEMENT EXECUTE FUNCTION warranty_rows_are_kept();
CREATE TRIGGER warranty_card_keeps_each_row
    BEFORE DELETE ON warranty_card
    FOR EACH ROW EXECUTE FUNCTION warranty_rows_are_kept();
CREATE TRIGGER warranty_card_keeps_rows
    BEFORE TRUNCATE ON warranty_card
    FOR EACH STATEMENT EXECUTE FUNCTION warranty_rows_are_kept();
"""


class Migration(migrations.Migration):
    dependencies = [("warranty", "0001_initial"), ("serials", "0002_chain")]

    operations = [
        migrations.RunSQL(
            SOUND_TERMS,
            """
            DROP TRIGGER warranty_terms_are_sound ON warranty_term;
            DROP FUNCTION warranty_terms_are_sound();
            """,
        ),
        migrations.RunSQL(
            SOUND_CARDS,
            """
            DROP TRIGGER warranty_cards_are_sound_on_insert ON warranty_card;
            DROP TRIGGER warranty_cards_are_sound_on_update ON warranty_card;
            DROP FUNCTION warranty_cards_are_sound();
            """,
        ),
        migrations.RunSQL(
            FROZEN,
            """
            DROP TRIGGER warranty_term_frozen ON warranty_term;
            DROP TRIGGER warranty_card_frozen ON warranty_card;
            DROP FUNCTION warranty_row_is_frozen();
            """,
        ),
        migrations.RunSQL(
            KEPT,
            """
            DROP TRIGGER warranty_term_keeps_each_row ON warranty_term;
            DROP TRIGGER warranty_term_keeps_rows ON warranty_term;
            DROP TRIGGER warranty_card_keeps_each_row ON warranty_card;
            DROP TRIGGER warranty_card_keeps_rows ON warranty_card;
            DROP FUNCTION warranty_rows_are_kept();
            """,
        ),
    ]
