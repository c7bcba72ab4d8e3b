"""PostgreSQL keeps posted documents as they are, and their serials equal to their quantities."""

from django.db import migrations

IDENTITY = """
ALTER TABLE documents_lineserial
    ADD CONSTRAINT documents_serial_of_line
    FOREIGN KEY (line_id, document_id, product_id)
    REFERENCES documents_line (id, document_id, product_id)
    DEFERRABLE INITIALLY DEFERRED;
"""

FROZEN_DOCUMENT = """
CREATE FUNCTION documents_posted_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changes constant text[] := ARRAY['status', 'cancellation_id', 'cancel_reason'];
BEGIN
    -- A posted document may become cancelled, once, and stays otherwise as it is.
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

CREATE TRIGGER documents_posted_is_frozen
    BEFORE UPDATE OR DELETE ON documents_document
    FOR EACH ROW WHEN (OLD.status <> 'draft')
    EXECUTE FUNCTION documents_posted_is_frozen();

CREATE TRIGGER documents_document_keeps_rows BEFORE TRUNCATE ON documents_document
    FOR EACH STATEMENT EXECUTE FUNCTION serials_append_only();
CREATE TRIGGER documents_line_keeps_rows BEFORE TRUNCATE ON documents_line
    FOR EACH STATEMENT EXECUTE FUNCTION serials_append_only();
CREATE TRIGGER documents_lineserial_keeps_rows BEFORE TRUNCATE ON documents_lineserial
    FOR EACH STATEMENT EXECUTE FUNCTION serials_append_only();
"""

FROZEN_PARTS = """
CREATE FUNCTION documents_parts_are_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM touched JOIN documents_document document ON document.id = touched.document_id
        WHERE document.status <> 'draft'
    ) THEN
        RAISE EXCEPTION 'a line or serial of a posted document does not change'
            USING ERRCODE = '23514', CONSTRAINT = TG_TABLE_NAME || '_frozen',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;
"""

PARTS = ("documents_line", "documents_lineserial")
# An update is looked at from both ends: what leaves a document, and what moves into one.
EVENTS = (("insert", "NEW"), ("update", "OLD"), ("update", "NEW"), ("delete", "OLD"))


def _frozen_parts() -> str:
    return FROZEN_PARTS + "".join(
        f"""
        CREATE TRIGGER {table}_frozen_on_{event}_{rows.lower()}
            AFTER {event.upper()} ON {table}
            REFERENCING {rows} TABLE AS touched
            FOR EACH STATEMENT EXECUTE FUNCTION documents_parts_are_frozen();
        """
        for table in PARTS
        for event, rows in EVENTS
    )


def _thawed_parts() -> str:
    dropped = "".join(
        f"DROP TRIGGER {table}_frozen_on_{event} ON {table};" for table in PARTS for event in EVENTS
    )
    return dropped + "DROP FUNCTION documents_parts_are_frozen();"


COMPLETE = """
-- What documents of a kind settle of their origins' lines.
CREATE FUNCTION documents_settles(kind text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE kind WHEN 'customer_return' THEN 'return' WHEN 'exchange' THEN 'return'
                     WHEN 'arrival' THEN 'arrive' WHEN 'identification' THEN 'identify' END
$$;

-- The pieces that posted documents settled of a line, for the purpose of documents of this kind.
CREATE FUNCTION documents_settled(origin bigint, kind text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT sum(line.quantity) FROM documents_line line
    JOIN documents_document document ON document.id = line.document_id
    WHERE line.origin_id = origin AND document.status = 'posted'
      AND documents_settles(document.kind) = documents_settles(documents_settled.kind)
$$;

CREATE FUNCTION documents_posted_is_complete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM serials_posting posting
        WHERE posting.id = NEW.posting_id
          AND (posting.reference, posting.effective_on, posting.store_id, posting.kind)
              = (NEW.number, NEW.effective_on, NEW.store_id, NEW.kind)
    ) THEN
        RAISE EXCEPTION 'document % does not agree with its posting', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'documents_agrees_with_posting',
                  TABLE = TG_TABLE_NAME;
    END IF;
    IF NOT EXISTS (SELECT FROM documents_line WHERE document_id = NEW.id) THEN
        RAISE EXCEPTION 'document % has no lines', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'documents_posted_has_lines',
                  TABLE = TG_TABLE_NAME;
    END IF;
    IF EXISTS (
        SELECT FROM documents_line line
        LEFT JOIN LATERAL (
            SELECT count(*) AS pieces FROM documents_lineserial serial
            WHERE serial.line_id = line.id
        ) entered ON true
        WHERE line.document_id = NEW.id
          AND (line.mode = ''
               OR (line.unidentified > 0 AND NEW.without_serials = '')
               OR entered.pieces + line.unidentified
                  <> CASE WHEN line.mode IN ('strict', 'recorded') THEN line.quantity ELSE 0 END)
    ) THEN
        RAISE EXCEPTION 'a line of document % has not one serial for each unit', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'documents_serial_for_each_unit',
                  TABLE = TG_TABLE_NAME;
    END IF;
    IF EXISTS (
        SELECT FROM documents_line line
        WHERE line.document_id = NEW.id
          AND NEW.kind <> 'exchange'
          AND (NEW.kind IN ('customer_return', 'arrival', 'identification'))
              <> (line.origin_id IS NOT NULL)
    ) THEN
        RAISE EXCEPTION 'a line of document % does not say what it settles', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'documents_line_names_its_origin',
                  TABLE = TG_TABLE_NAME;
    END IF;
    -- No more comes back, arrives or gets serials than there was, and each piece counts once.
    IF EXISTS (
        SELECT FROM documents_line line
        LEFT JOIN documents_outstanding outstanding
            ON outstanding.line_id = line.origin_id
            AND outstanding.purpose = documents_settles(NEW.kind)
        WHERE line.document_id = NEW.id AND line.origin_id IS NOT NULL
          AND outstanding.settled IS DISTINCT FROM documents_settled(line.origin_id, NEW.kind)
    ) THEN
        RAISE EXCEPTION 'document % settles what it may not', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'documents_settles_its_origins',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER documents_posted_is_complete
    AFTER INSERT OR UPDATE ON documents_document
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.status = 'posted')
    EXECUTE FUNCTION documents_posted_is_complete();
"""

CANCELLED = """
CREATE FUNCTION documents_cancelled_is_undone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM serials_posting posting
        WHERE posting.id = NEW.cancellation_id AND posting.kind = 'cancellation'
          AND posting.reverses_id = NEW.posting_id
    ) THEN
        RAISE EXCEPTION 'document % is not undone by its cancellation', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'documents_cancelled_is_undone',
                  TABLE = TG_TABLE_NAME;
    END IF;
    IF EXISTS (
        SELECT FROM documents_outstanding outstanding
        JOIN documents_line line ON line.id = outstanding.line_id
        WHERE line.document_id = NEW.id
    ) OR EXISTS (
        SELECT FROM documents_line line
        JOIN documents_line later ON later.origin_id = line.id
        JOIN documents_document document ON document.id = later.document_id
        WHERE line.document_id = NEW.id AND document.status = 'posted'
    ) THEN
        RAISE EXCEPTION 'later documents settled something of document %', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'documents_cancelled_has_no_later_ones',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER documents_cancelled_is_undone
    AFTER INSERT OR UPDATE ON documents_document
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.status = 'cancelled')
    EXECUTE FUNCTION documents_cancelled_is_undone();
"""

UNIDENTIFIED = """
CREATE FUNCTION documents_mode_waits_for_serials() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM documents_outstanding outstanding
        JOIN documents_line line ON line.id = outstanding.line_id
        WHERE line.product_id = NEW.id AND outstanding.purpose = 'identify'
          AND outstanding.settled < outstanding.quantity
    ) THEN
        RAISE EXCEPTION 'units of product % wait for their serials: its accounting stays', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'documents_mode_waits_for_serials',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER documents_mode_waits_for_serials
    BEFORE UPDATE OF mode ON products_product
    FOR EACH ROW WHEN (OLD.mode IS DISTINCT FROM NEW.mode)
    EXECUTE FUNCTION documents_mode_waits_for_serials();
"""


class Migration(migrations.Migration):
    dependencies = [("documents", "0001_initial"), ("serials", "0002_chain")]

    operations = [
        migrations.RunSQL(
            IDENTITY, "ALTER TABLE documents_lineserial DROP CONSTRAINT documents_serial_of_line;"
        ),
        migrations.RunSQL(
            FROZEN_DOCUMENT,
            """
            DROP TRIGGER documents_posted_is_frozen ON documents_document;
            DROP TRIGGER documents_document_keeps_rows ON documents_document;
            DROP TRIGGER documents_line_keeps_rows ON documents_line;
            DROP TRIGGER documents_lineserial_keeps_rows ON documents_lineserial;
            DROP FUNCTION documents_posted_is_frozen();
            """,
        ),
        migrations.RunSQL(_frozen_parts(), _thawed_parts()),
        migrations.RunSQL(
            COMPLETE,
            """
            DROP TRIGGER documents_posted_is_complete ON documents_document;
            DROP FUNCTION documents_posted_is_complete();
            DROP FUNCTION documents_settled(bigint, text);
            DROP FUNCTION documents_settles(text);
            """,
        ),
        migrations.RunSQL(
            CANCELLED,
            """
            DROP TRIGGER documents_cancelled_is_undone ON documents_document;
            DROP FUNCTION documents_cancelled_is_undone();
            """,
        ),
        migrations.RunSQL(
            UNIDENTIFIED,
            """
            DROP TRIGGER documents_mode_waits_for_serials ON products_product;
            DROP FUNCTION documents_mode_waits_for_serials();
            """,
        ),
    ]
