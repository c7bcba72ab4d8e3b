"""PostgreSQL keeps repairs: what was done stays, an ended one is frozen, and what it says of its
claim, of the documents it wrote and of what it lent agrees with them.

Whoever writes about a repair locks its row, and so waits for whoever hands it back.
"""

from django.db import migrations

FLOW = """
-- The table of repairs/flow.py; a test compares the two.
CREATE FUNCTION repairs_may_follow(status text, later text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE status
        WHEN 'received' THEN later IN ('diagnosed', 'in_work', 'waiting_parts', 'at_service',
                                       'at_supplier', 'ready', 'cancelled')
        WHEN 'diagnosed' THEN later IN ('estimate', 'in_work', 'waiting_parts', 'at_service',
                                        'at_supplier', 'ready')
        WHEN 'estimate' THEN later IN ('agreed', 'ready')
        WHEN 'agreed' THEN later IN ('in_work', 'waiting_parts', 'at_service', 'at_supplier',
                                     'estimate', 'ready')
        WHEN 'ready' THEN later IN ('in_work', 'handed_back')
        WHEN 'in_work' THEN later IN ('waiting_parts', 'at_service', 'at_supplier', 'estimate',
                                      'ready')
        WHEN 'waiting_parts' THEN later IN ('in_work', 'at_service', 'at_supplier', 'estimate',
                                            'ready')
        WHEN 'at_service' THEN later IN ('in_work', 'waiting_parts', 'at_supplier', 'estimate',
                                         'ready')
        WHEN 'at_supplier' THEN later IN ('in_work', 'waiting_parts', 'at_service', 'estimate',
                                          'ready')
        ELSE false
    END
$$;
"""

STEPS = """
CREATE FUNCTION repairs_step_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before text;
BEGIN
    PERFORM FROM repairs_repair WHERE id = NEW.repair_id FOR NO KEY UPDATE;
    SELECT status INTO before FROM repairs_step
    WHERE repair_id = NEW.repair_id ORDER BY id DESC LIMIT 1;
    IF NOT (CASE WHEN before IS NULL THEN NEW.status = 'received'
                 ELSE repairs_may_follow(before, NEW.status) END) THEN
        RAISE EXCEPTION 'a repair that is % does not become %', before, NEW.status
            USING ERRCODE = '23514', CONSTRAINT = 'repairs_step_follows', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER repairs_step_follows
    BEFORE INSERT ON repairs_step FOR EACH ROW EXECUTE FUNCTION repairs_step_follows();

CREATE TRIGGER repairs_step_append_only
    BEFORE UPDATE OR DELETE ON repairs_step
    FOR EACH ROW EXECUTE FUNCTION serials_append_only();
CREATE TRIGGER repairs_step_keeps_rows
    BEFORE TRUNCATE ON repairs_step
    FOR EACH STATEMENT EXECUTE FUNCTION serials_append_only();
"""

FROZEN = """
CREATE FUNCTION repairs_repair_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    -- What changes while it is open; the rest never does.
    changes constant text[] := ARRAY[
        'status', 'result', 'customer_id', 'complaint', 'condition', 'contents', 'diagnosis',
        'work_done', 'technician_id', 'promised_on', 'decided', 'decided_by_id',
        'decision_reason', 'sent_to_id', 'sent_to_name', 'agreed_amount', 'put_back_id',
        'document_id', 'ended_by_id', 'ended_at', 'version'
    ];
    broken text;
BEGIN
    IF OLD.status IN ('handed_back', 'cancelled') THEN
        broken := 'repairs_ended_frozen';
    ELSIF to_jsonb(OLD) - changes <> to_jsonb(NEW) - changes THEN
        broken := 'repairs_repair_frozen';
    ELSE
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'repair % breaks %', OLD.number, broken
        USING ERRCODE = '23514', CONSTRAINT = broken, TABLE = TG_TABLE_NAME;
END $$;
CREATE TRIGGER repairs_repair_stays
    BEFORE UPDATE ON repairs_repair FOR EACH ROW EXECUTE FUNCTION repairs_repair_stays();

CREATE TRIGGER repairs_repair_append_only
    BEFORE DELETE ON repairs_repair
    FOR EACH ROW EXECUTE FUNCTION serials_append_only();
CREATE TRIGGER repairs_repair_keeps_rows
    BEFORE TRUNCATE ON repairs_repair
    FOR EACH STATEMENT EXECUTE FUNCTION serials_append_only();

CREATE FUNCTION repairs_of_an_ended_repair() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched bigint;
BEGIN
    FOREACH touched IN ARRAY CASE TG_OP
        WHEN 'INSERT' THEN ARRAY[NEW.repair_id]
        WHEN 'DELETE' THEN ARRAY[OLD.repair_id]
        ELSE ARRAY[OLD.repair_id, NEW.repair_id]
    END LOOP
        PERFORM FROM repairs_repair WHERE id = touched FOR SHARE;
        IF EXISTS (SELECT FROM repairs_repair
                   WHERE id = touched AND status IN ('handed_back', 'cancelled')) THEN
            RAISE EXCEPTION 'what belongs to an ended repair does not change'
                USING ERRCODE = '23514', CONSTRAINT = 'repairs_of_an_ended_repair',
                      TABLE = TG_TABLE_NAME;
        END IF;
    END LOOP;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER repairs_charge_of_an_ended_repair
    BEFORE INSERT OR UPDATE OR DELETE ON repairs_charge
    FOR EACH ROW EXECUTE FUNCTION repairs_of_an_ended_repair();
CREATE TRIGGER repairs_loan_of_an_ended_repair
    BEFORE INSERT OR UPDATE OR DELETE ON repairs_loan
    FOR EACH ROW EXECUTE FUNCTION repairs_of_an_ended_repair();
CREATE TRIGGER repairs_charge_keeps_rows
    BEFORE TRUNCATE ON repairs_charge
    FOR EACH STATEMENT EXECUTE FUNCTION serials_append_only();
CREATE TRIGGER repairs_loan_append_only
    BEFORE DELETE ON repairs_loan
    FOR EACH ROW EXECUTE FUNCTION serials_append_only();
CREATE TRIGGER repairs_loan_keeps_rows
    BEFORE TRUNCATE ON repairs_loan
    FOR EACH STATEMENT EXECUTE FUNCTION serials_append_only();
"""

AGREES = """
CREATE FUNCTION repairs_repair_agrees(which bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    broken text;
BEGIN
    SELECT CASE
        WHEN repair.status IS DISTINCT FROM (
            SELECT status FROM repairs_step
            WHERE repair_id = repair.id ORDER BY id DESC LIMIT 1
        ) THEN 'repairs_status_is_its_last_step'
        WHEN (claim.reference, claim.store_id, claim.product_id)
             <> (repair.number, repair.store_id, repair.product_id)
          OR claim.serial_id IS DISTINCT FROM repair.serial_id
            THEN 'repairs_claim_is_of_its_goods'
        WHEN (repair.status IN ('handed_back', 'cancelled')) <> (claim.closed_on IS NOT NULL)
            THEN 'repairs_ended_with_its_claim'
        WHEN claim.is_warranty IS DISTINCT FROM
             CASE repair.decided WHEN 'warranty' THEN true WHEN 'customer' THEN false END
            THEN 'repairs_claim_as_decided'
        WHEN repair.is_own <> (repair.set_aside_id IS NOT NULL)
          OR aside.id IS NOT NULL AND
             (aside.kind, aside.store_id, aside.status = 'draft')
             <> ('set_aside', repair.store_id, false)
            THEN 'repairs_own_is_set_aside'
        WHEN repair.is_own AND repair.status IN ('handed_back', 'cancelled')
             AND repair.put_back_id IS NULL AND aside.status = 'posted'
          OR back.id IS NOT NULL AND
             (NOT repair.is_own OR (back.kind, back.store_id, back.status = 'draft')
              <> ('put_back', repair.store_id, false))
            THEN 'repairs_own_is_put_back'
        WHEN written.id IS NOT NULL AND
             (repair.status, written.store_id, written.status = 'draft', written.kind)
             IS DISTINCT FROM
             ('handed_back', repair.store_id, false,
              CASE repair.result WHEN 'replaced' THEN 'exchange'
                                 WHEN 'refunded' THEN 'customer_return' END)
            THEN 'repairs_document_of_its_result'
        WHEN repair.status IN ('handed_back', 'cancelled') AND EXISTS (
            SELECT FROM repairs_loan loan
            JOIN documents_document gone ON gone.id = loan.out_id AND gone.status <> 'cancelled'
            WHERE loan.repair_id = repair.id AND loan.back_id IS NULL
        ) THEN 'repairs_no_loaner_out'
    END INTO broken
    FROM repairs_repair repair
    JOIN warranty_claim claim ON claim.id = repair.claim_id
    LEFT JOIN documents_document aside ON aside.id = repair.set_aside_id
    LEFT JOIN documents_document back ON back.id = repair.put_back_id
    LEFT JOIN documents_document written ON written.id = repair.document_id
    WHERE repair.id = which;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'repair % breaks %', which, broken
            USING ERRCODE = '23514', CONSTRAINT = broken, TABLE = 'repairs_repair';
    END IF;
END $$;

CREATE FUNCTION repairs_of_row_agrees() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM repairs_repair_agrees(CASE TG_TABLE_NAME
        WHEN 'repairs_repair' THEN (to_jsonb(NEW) ->> 'id')::bigint
        WHEN 'warranty_claim' THEN (SELECT id FROM repairs_repair
                                    WHERE claim_id = (to_jsonb(NEW) ->> 'id')::bigint)
        ELSE (to_jsonb(NEW) ->> 'repair_id')::bigint
    END);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER repairs_repair_agrees
    AFTER INSERT OR UPDATE ON repairs_repair DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION repairs_of_row_agrees();
CREATE CONSTRAINT TRIGGER repairs_step_agrees
    AFTER INSERT ON repairs_step DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION repairs_of_row_agrees();
CREATE CONSTRAINT TRIGGER repairs_claim_agrees
    AFTER UPDATE ON warranty_claim DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION repairs_of_row_agrees();
"""

DOCUMENTS = """
-- A part from stock left by a document of parts, and is taken off only with it.
CREATE FUNCTION repairs_part_agrees() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    broken text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM documents_document
                   WHERE id = OLD.document_id AND status <> 'cancelled') THEN
            broken := 'repairs_part_went_back';
        END IF;
    ELSIF EXISTS (
        SELECT FROM repairs_charge charge
        JOIN repairs_repair repair ON repair.id = charge.repair_id
        JOIN documents_document document ON document.id = charge.document_id
        WHERE charge.id = NEW.id
          AND ((document.kind, document.store_id, document.status = 'draft')
               <> ('parts', repair.store_id, false)
               OR (SELECT array_agg((line.product_id, line.quantity::bigint))
                   FROM documents_line line WHERE line.document_id = document.id)
                  IS DISTINCT FROM ARRAY[(charge.product_id, charge.quantity::bigint)])
    ) THEN
        broken := 'repairs_part_left_by_its_document';
    END IF;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'a charge breaks %', broken
            USING ERRCODE = '23514', CONSTRAINT = broken, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER repairs_part_agrees
    AFTER INSERT OR UPDATE ON repairs_charge DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.document_id IS NOT NULL) EXECUTE FUNCTION repairs_part_agrees();
CREATE CONSTRAINT TRIGGER repairs_part_went_back
    AFTER DELETE ON repairs_charge DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.document_id IS NOT NULL) EXECUTE FUNCTION repairs_part_agrees();
CREATE FUNCTION repairs_charge_keeps_its_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a charge keeps its repair and its document'
        USING ERRCODE = '23514', CONSTRAINT = 'repairs_charge_frozen', TABLE = TG_TABLE_NAME;
END $$;
CREATE TRIGGER repairs_charge_frozen
    BEFORE UPDATE ON repairs_charge
    FOR EACH ROW
    WHEN ((OLD.id, OLD.repair_id, OLD.kind, OLD.product_id, OLD.document_id)
          IS DISTINCT FROM (NEW.id, NEW.repair_id, NEW.kind, NEW.product_id, NEW.document_id))
    EXECUTE FUNCTION repairs_charge_keeps_its_document();

CREATE FUNCTION repairs_loan_agrees() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM repairs_loan loan
        JOIN repairs_repair repair ON repair.id = loan.repair_id
        JOIN documents_document gone ON gone.id = loan.out_id
        LEFT JOIN documents_document back ON back.id = loan.back_id
        WHERE loan.id = NEW.id
          AND (repair.is_own
               OR (gone.kind, gone.store_id, gone.status = 'draft')
                  <> ('set_aside', repair.store_id, false)
               OR back.id IS NOT NULL AND (back.kind, back.store_id, back.status = 'draft')
                  <> ('put_back', repair.store_id, false))
    ) THEN
        RAISE EXCEPTION 'a loan breaks repairs_loan_by_its_documents'
            USING ERRCODE = '23514', CONSTRAINT = 'repairs_loan_by_its_documents',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER repairs_loan_agrees
    AFTER INSERT OR UPDATE ON repairs_loan DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION repairs_loan_agrees();
CREATE FUNCTION repairs_loan_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'of a loan only that it came back is written later'
        USING ERRCODE = '23514', CONSTRAINT = 'repairs_loan_frozen', TABLE = TG_TABLE_NAME;
END $$;
CREATE TRIGGER repairs_loan_frozen
    BEFORE UPDATE ON repairs_loan
    FOR EACH ROW
    WHEN (OLD.back_id IS NOT NULL
          OR (OLD.id, OLD.repair_id, OLD.product_id, OLD.serial_id, OLD.out_id, OLD.lent_on)
             IS DISTINCT FROM
             (NEW.id, NEW.repair_id, NEW.product_id, NEW.serial_id, NEW.out_id, NEW.lent_on))
    EXECUTE FUNCTION repairs_loan_is_frozen();
"""

EXTENDS = """
CREATE FUNCTION repairs_only_repaired_extends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM repairs_repair repair
        WHERE repair.claim_id = NEW.claim_id
          AND (repair.status, repair.result, repair.decided)
              IS DISTINCT FROM ('handed_back', 'repaired', 'warranty')
    ) THEN
        RAISE EXCEPTION 'only what was repaired under warranty extends a term'
            USING ERRCODE = '23514', CONSTRAINT = 'repairs_only_repaired_extends',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER repairs_only_repaired_extends
    AFTER INSERT ON warranty_adjustment DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.claim_id IS NOT NULL)
    EXECUTE FUNCTION repairs_only_repaired_extends();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("documents", "0007_set_aside_and_parts"),
        ("repairs", "0001_initial"),
        ("serials", "0004_set_aside_and_parts"),
        ("warranty", "0004_adjustments_and_claims"),
    ]

    operations = [
        migrations.RunSQL(FLOW, "DROP FUNCTION repairs_may_follow(text, text);"),
        migrations.RunSQL(
            STEPS,
            """
            DROP TRIGGER repairs_step_keeps_rows ON repairs_step;
            DROP TRIGGER repairs_step_append_only ON repairs_step;
            DROP TRIGGER repairs_step_follows ON repairs_step;
            DROP FUNCTION repairs_step_follows();
            """,
        ),
        migrations.RunSQL(
            FROZEN,
            """
            DROP TRIGGER repairs_loan_keeps_rows ON repairs_loan;
            DROP TRIGGER repairs_loan_append_only ON repairs_loan;
            DROP TRIGGER repairs_charge_keeps_rows ON repairs_charge;
            DROP TRIGGER repairs_loan_of_an_ended_repair ON repairs_loan;
            DROP TRIGGER repairs_charge_of_an_ended_repair ON repairs_charge;
            DROP FUNCTION repairs_of_an_ended_repair();
            DROP TRIGGER repairs_repair_keeps_rows ON repairs_repair;
            DROP TRIGGER repairs_repair_append_only ON repairs_repair;
            DROP TRIGGER repairs_repair_stays ON repairs_repair;
            DROP FUNCTION repairs_repair_stays();
            """,
        ),
        migrations.RunSQL(
            AGREES,
            """
            DROP TRIGGER repairs_claim_agrees ON warranty_claim;
            DROP TRIGGER repairs_step_agrees ON repairs_step;
            DROP TRIGGER repairs_repair_agrees ON repairs_repair;
            DROP FUNCTION repairs_of_row_agrees();
            DROP FUNCTION repairs_repair_agrees(bigint);
            """,
        ),
        migrations.RunSQL(
            DOCUMENTS,
            """
            DROP TRIGGER repairs_loan_frozen ON repairs_loan;
            DROP FUNCTION repairs_loan_is_frozen();
            DROP TRIGGER repairs_loan_agrees ON repairs_loan;
            DROP FUNCTION repairs_loan_agrees();
            DROP TRIGGER repairs_charge_frozen ON repairs_charge;
            DROP FUNCTION repairs_charge_keeps_its_document();
            DROP TRIGGER repairs_part_went_back ON repairs_charge;
            DROP TRIGGER repairs_part_agrees ON repairs_charge;
            DROP FUNCTION repairs_part_agrees();
            """,
        ),
        migrations.RunSQL(
            EXTENDS,
            """
            DROP TRIGGER repairs_only_repaired_extends ON warranty_adjustment;
            DROP FUNCTION repairs_only_repaired_extends();
            """,
        ),
    ]
