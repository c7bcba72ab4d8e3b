"""PostgreSQL holds each term to the ledger entry it was started by."""

from django.db import migrations

SOUND = """
CREATE FUNCTION warranty_terms_are_sound() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM new_terms term
        LEFT JOIN serials_ledgerentry entry ON entry.id = term.entry_id
        WHERE entry.id IS NULL
           OR (entry.posting_id, entry.line, entry.product_id, entry.quantity)
              <> (term.posting_id, term.line, term.product_id, term.quantity)
           OR entry.serial_id IS DISTINCT FROM term.serial_id
    ) THEN
        RAISE EXCEPTION 'a warranty term does not agree with its ledger entry'
            USING ERRCODE = '23514', CONSTRAINT = 'warranty_term_agrees_with_entry',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER warranty_terms_are_sound_on_insert
    AFTER INSERT ON warranty_term REFERENCING NEW TABLE AS new_terms
    FOR EACH STATEMENT EXECUTE FUNCTION warranty_terms_are_sound();
CREATE TRIGGER warranty_terms_are_sound_on_update
    AFTER UPDATE ON warranty_term REFERENCING NEW TABLE AS new_terms
    FOR EACH STATEMENT EXECUTE FUNCTION warranty_terms_are_sound();
"""


class Migration(migrations.Migration):
    dependencies = [("warranty", "0001_initial"), ("serials", "0002_chain")]

    operations = [
        migrations.RunSQL(
            SOUND,
            """
            DROP TRIGGER warranty_terms_are_sound_on_insert ON warranty_term;
            DROP TRIGGER warranty_terms_are_sound_on_update ON warranty_term;
            DROP FUNCTION warranty_terms_are_sound();
            """,
        ),
    ]
