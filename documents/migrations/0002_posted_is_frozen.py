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
BEGIN
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
               OR entered.pieces <> CASE WHEN line.mode IN ('strict', 'recorded')
                                         THEN line.quantity ELSE 0 END)
    ) THEN
        RAISE EXCEPTION 'a line of document % has not one serial for each unit', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'documents_serial_for_each_unit',
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
            """,
        ),
    ]
