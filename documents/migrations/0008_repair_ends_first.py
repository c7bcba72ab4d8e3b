"""PostgreSQL keeps the card of goods in custody for repair from becoming void.

Who takes goods in for repair waits for whoever moves that unit, or voids that card, at the same
moment, and the other way round, so that neither overlooks the other.
"""

from django.db import migrations

WAITS = """
CREATE FUNCTION documents_claim_waits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The unit first, as postings lock: those void cards at their end.
    PERFORM FROM serials_serial WHERE id = coalesce(NEW.serial_id, (
        SELECT term.serial_id FROM warranty_card card
        JOIN warranty_term term ON term.id = card.term_id WHERE card.id = NEW.card_id
    )) FOR NO KEY UPDATE;
    PERFORM FROM warranty_card WHERE id = NEW.card_id FOR NO KEY UPDATE;
    IF EXISTS (SELECT FROM warranty_card WHERE id = NEW.card_id AND void_on IS NOT NULL) THEN
        RAISE EXCEPTION 'the card of claim % is void', NEW.reference
            USING ERRCODE = '23514', CONSTRAINT = 'documents_claim_of_a_valid_card',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER documents_claim_waits
    BEFORE INSERT ON warranty_claim
    FOR EACH ROW EXECUTE FUNCTION documents_claim_waits();
"""

ENDS_FIRST = """
CREATE FUNCTION documents_repair_ends_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM warranty_claim claim JOIN warranty_card card ON card.id = claim.card_id
        WHERE claim.card_id = NEW.id AND claim.closed_on IS NULL AND card.void_on IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'what card % is of is in repair', NEW.number
            USING ERRCODE = '23514', CONSTRAINT = 'documents_repair_ends_first',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;

-- When the transaction ends: a repair that ends by a replacement closes its claim in the same one.
CREATE CONSTRAINT TRIGGER documents_repair_ends_first
    AFTER UPDATE ON warranty_card
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.void_on IS NULL AND NEW.void_on IS NOT NULL)
    EXECUTE FUNCTION documents_repair_ends_first();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("documents", "0007_set_aside_and_parts"),
        ("warranty", "0004_adjustments_and_claims"),
    ]

    operations = [
        migrations.RunSQL(
            WAITS,
            """
            DROP TRIGGER documents_claim_waits ON warranty_claim;
            DROP FUNCTION documents_claim_waits();
            """,
        ),
        migrations.RunSQL(
            ENDS_FIRST,
            """
            DROP TRIGGER documents_repair_ends_first ON warranty_card;
            DROP FUNCTION documents_repair_ends_first();
            """,
        ),
    ]
