"""What is frozen may change in one way more: words about a customer who was erased become ***.

The rules of the tables are those of the apps that own them; this says only which texts of whose
rows, and lies above all of them as the verb does (`backoffice/erasing.py`).
"""

from django.db import migrations

OF_WHOM = """
CREATE FUNCTION repairs_only_erases(repair bigint, old jsonb, new jsonb, texts text[])
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT partners_only_erases(old, new, texts) AND EXISTS (
        SELECT FROM repairs_repair
        WHERE id = repair AND partners_is_erased(repairs_repair.customer_id)
    )
$$;
CREATE FUNCTION warranty_only_erases(card bigint, old jsonb, new jsonb, texts text[])
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT partners_only_erases(old, new, texts) AND EXISTS (
        SELECT FROM warranty_card JOIN warranty_term term ON term.id = term_id
        WHERE warranty_card.id = card AND partners_is_erased(term.customer_id)
    )
$$;
"""

DOCUMENTS = """
CREATE OR REPLACE FUNCTION documents_posted_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changes constant text[] := ARRAY['status', 'cancellation_id', 'cancel_reason'];
    texts constant text[] := ARRAY['note', 'without_serials', 'cancel_reason'];
BEGIN
    -- A posted document may become cancelled, once, and stays otherwise as it is.
    IF TG_OP = 'UPDATE' THEN
        IF OLD.status = 'posted' AND NEW.status = 'cancelled'
                AND to_jsonb(OLD) - changes = to_jsonb(NEW) - changes THEN
            RETURN NEW;
        END IF;
        IF partners_is_erased(OLD.customer_id)
                AND partners_only_erases(to_jsonb(OLD), to_jsonb(NEW), texts) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'document % is posted and does not change', OLD.id
        USING ERRCODE = '23514', CONSTRAINT = 'documents_posted_is_frozen',
              TABLE = TG_TABLE_NAME;
END $$;

CREATE FUNCTION documents_lines_are_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Looked at from both ends: what leaves a document, and what moves into one.
    IF EXISTS (
        SELECT FROM (SELECT id, document_id FROM gone UNION SELECT id, document_id FROM touched) one
        JOIN documents_document document ON document.id = one.document_id
        LEFT JOIN gone ON gone.id = one.id
        LEFT JOIN touched ON touched.id = one.id
        WHERE document.status <> 'draft'
          AND (partners_is_erased(document.customer_id)
               AND partners_only_erases(to_jsonb(gone), to_jsonb(touched), ARRAY['remark']))
              IS NOT TRUE
    ) THEN
        RAISE EXCEPTION 'a line or serial of a posted document does not change'
            USING ERRCODE = '23514', CONSTRAINT = TG_TABLE_NAME || '_frozen',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER documents_line_frozen_on_update_old ON documents_line;
DROP TRIGGER documents_line_frozen_on_update_new ON documents_line;
CREATE TRIGGER documents_line_frozen_on_update
    AFTER UPDATE ON documents_line REFERENCING OLD TABLE AS gone NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION documents_lines_are_frozen();
"""

DOCUMENTS_UNDONE = """
CREATE OR REPLACE FUNCTION documents_posted_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changes constant text[] := ARRAY['status', 'cancellation_id', 'cancel_reason'];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.status = 'posted' AND NEW.status = 'cancelled'
                AND to_jsonb(OLD) - changes = to_jsonb(NEW) - changes THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'document % is posted and does not change', OLD.id
        USING ERRCODE = '23514', CONSTRAINT = 'documents_posted_is_frozen',
              TABLE = TG_TABLE_NAME;
END $$;
DROP TRIGGER documents_line_frozen_on_update ON documents_line;
DROP FUNCTION documents_lines_are_frozen();
CREATE TRIGGER documents_line_frozen_on_update_old
    AFTER UPDATE ON documents_line REFERENCING OLD TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION documents_parts_are_frozen();
CREATE TRIGGER documents_line_frozen_on_update_new
    AFTER UPDATE ON documents_line REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION documents_parts_are_frozen();
"""

REPAIRS = """
DROP TRIGGER repairs_repair_stays ON repairs_repair;
CREATE TRIGGER repairs_repair_stays
    BEFORE UPDATE ON repairs_repair FOR EACH ROW
    WHEN (NOT (OLD.status IN ('handed_back', 'cancelled')
               AND repairs_only_erases(OLD.id, to_jsonb(OLD), to_jsonb(NEW), ARRAY[
                   'complaint', 'condition', 'contents', 'diagnosis', 'work_done',
                   'decision_reason', 'sent_to_name'])))
    EXECUTE FUNCTION repairs_repair_stays();

DROP TRIGGER repairs_step_append_only ON repairs_step;
CREATE TRIGGER repairs_step_append_only
    BEFORE DELETE ON repairs_step FOR EACH ROW EXECUTE FUNCTION serials_append_only();
CREATE TRIGGER repairs_step_stays
    BEFORE UPDATE ON repairs_step FOR EACH ROW
    WHEN (NOT repairs_only_erases(OLD.repair_id, to_jsonb(OLD), to_jsonb(NEW), ARRAY['note']))
    EXECUTE FUNCTION serials_append_only();

DROP TRIGGER repairs_charge_of_an_ended_repair ON repairs_charge;
CREATE TRIGGER repairs_charge_of_an_ended_repair
    BEFORE INSERT OR DELETE ON repairs_charge
    FOR EACH ROW EXECUTE FUNCTION repairs_of_an_ended_repair();
CREATE TRIGGER repairs_charge_of_an_ended_repair_stays
    BEFORE UPDATE ON repairs_charge FOR EACH ROW
    WHEN (NOT repairs_only_erases(OLD.repair_id, to_jsonb(OLD), to_jsonb(NEW), ARRAY['name']))
    EXECUTE FUNCTION repairs_of_an_ended_repair();

DROP TRIGGER repairs_loan_of_an_ended_repair ON repairs_loan;
CREATE TRIGGER repairs_loan_of_an_ended_repair
    BEFORE INSERT OR DELETE ON repairs_loan
    FOR EACH ROW EXECUTE FUNCTION repairs_of_an_ended_repair();
CREATE TRIGGER repairs_loan_of_an_ended_repair_stays
    BEFORE UPDATE ON repairs_loan FOR EACH ROW
    WHEN (NOT repairs_only_erases(OLD.repair_id, to_jsonb(OLD), to_jsonb(NEW), ARRAY['note']))
    EXECUTE FUNCTION repairs_of_an_ended_repair();
DROP TRIGGER repairs_loan_frozen ON repairs_loan;
CREATE TRIGGER repairs_loan_frozen
    BEFORE UPDATE ON repairs_loan FOR EACH ROW
    WHEN ((OLD.back_id IS NOT NULL
           OR (OLD.id, OLD.repair_id, OLD.product_id, OLD.serial_id, OLD.out_id, OLD.lent_on)
              IS DISTINCT FROM
              (NEW.id, NEW.repair_id, NEW.product_id, NEW.serial_id, NEW.out_id, NEW.lent_on))
          AND NOT repairs_only_erases(OLD.repair_id, to_jsonb(OLD), to_jsonb(NEW), ARRAY['note']))
    EXECUTE FUNCTION repairs_loan_is_frozen();
"""

REPAIRS_UNDONE = """
DROP TRIGGER repairs_repair_stays ON repairs_repair;
CREATE TRIGGER repairs_repair_stays
    BEFORE UPDATE ON repairs_repair FOR EACH ROW EXECUTE FUNCTION repairs_repair_stays();
DROP TRIGGER repairs_step_append_only ON repairs_step;
DROP TRIGGER repairs_step_stays ON repairs_step;
CREATE TRIGGER repairs_step_append_only
    BEFORE UPDATE OR DELETE ON repairs_step
    FOR EACH ROW EXECUTE FUNCTION serials_append_only();
DROP TRIGGER repairs_charge_of_an_ended_repair ON repairs_charge;
DROP TRIGGER repairs_charge_of_an_ended_repair_stays ON repairs_charge;
CREATE TRIGGER repairs_charge_of_an_ended_repair
    BEFORE INSERT OR UPDATE OR DELETE ON repairs_charge
    FOR EACH ROW EXECUTE FUNCTION repairs_of_an_ended_repair();
DROP TRIGGER repairs_loan_of_an_ended_repair ON repairs_loan;
DROP TRIGGER repairs_loan_of_an_ended_repair_stays ON repairs_loan;
CREATE TRIGGER repairs_loan_of_an_ended_repair
    BEFORE INSERT OR UPDATE OR DELETE ON repairs_loan
    FOR EACH ROW EXECUTE FUNCTION repairs_of_an_ended_repair();
DROP TRIGGER repairs_loan_frozen ON repairs_loan;
CREATE TRIGGER repairs_loan_frozen
    BEFORE UPDATE ON repairs_loan FOR EACH ROW
    WHEN (OLD.back_id IS NOT NULL
          OR (OLD.id, OLD.repair_id, OLD.product_id, OLD.serial_id, OLD.out_id, OLD.lent_on)
             IS DISTINCT FROM
             (NEW.id, NEW.repair_id, NEW.product_id, NEW.serial_id, NEW.out_id, NEW.lent_on))
    EXECUTE FUNCTION repairs_loan_is_frozen();
"""

WARRANTY = """
DROP TRIGGER warranty_adjustment_frozen ON warranty_adjustment;
CREATE TRIGGER warranty_adjustment_frozen
    BEFORE UPDATE ON warranty_adjustment FOR EACH ROW
    WHEN (NOT warranty_only_erases(OLD.card_id, to_jsonb(OLD), to_jsonb(NEW), ARRAY['reason']))
    EXECUTE FUNCTION warranty_row_is_frozen();
"""

WARRANTY_UNDONE = """
DROP TRIGGER warranty_adjustment_frozen ON warranty_adjustment;
CREATE TRIGGER warranty_adjustment_frozen
    BEFORE UPDATE ON warranty_adjustment
    FOR EACH ROW EXECUTE FUNCTION warranty_row_is_frozen();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("partners", "0005_erased_customers"),
        ("warranty", "0005_card_designs"),
        ("documents", "0010_uploads"),
        ("repairs", "0002_repairs_are_kept"),
    ]

    operations = [
        migrations.RunSQL(
            OF_WHOM,
            """
            DROP FUNCTION repairs_only_erases(bigint, jsonb, jsonb, text[]);
            DROP FUNCTION warranty_only_erases(bigint, jsonb, jsonb, text[]);
            """,
        ),
        migrations.RunSQL(DOCUMENTS, DOCUMENTS_UNDONE),
        migrations.RunSQL(REPAIRS, REPAIRS_UNDONE),
        migrations.RunSQL(WARRANTY, WARRANTY_UNDONE),
    ]
