"""PostgreSQL keeps more of what continues an earlier document: whose lines it settles, how many
pieces are settled, where a transfer goes, and which cards came back.
"""

from django.db import migrations

CONTINUES = """
CREATE FUNCTION documents_continues_as_it_says() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    broken text;
BEGIN
    IF NEW.kind = 'transfer' AND NEW.to_store_id IS NULL THEN
        broken := 'documents_transfer_goes_somewhere';
    ELSIF NEW.kind IN ('arrival', 'identification') AND EXISTS (
        SELECT FROM documents_line line JOIN documents_line origin ON origin.id = line.origin_id
        WHERE line.document_id = NEW.id
          AND (origin.document_id <> NEW.origin_id OR origin.product_id <> line.product_id)
    ) THEN
        broken := 'documents_lines_of_one_origin';
    ELSIF NOT EXISTS (
        SELECT FROM documents_document origin
        WHERE origin.id = NEW.origin_id AND NEW.store_id = CASE NEW.kind
            WHEN 'arrival' THEN origin.to_store_id
            WHEN 'identification' THEN origin.store_id
        END
    ) AND NEW.kind IN ('arrival', 'identification') THEN
        broken := 'documents_continues_in_its_store';
    ELSE
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'document % breaks %', NEW.id, broken
        USING ERRCODE = '23514', CONSTRAINT = broken, TABLE = TG_TABLE_NAME;
END $$;

CREATE CONSTRAINT TRIGGER documents_continues_as_it_says
    AFTER INSERT OR UPDATE ON documents_document
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.status = 'posted' AND
                       NEW.kind IN ('transfer', 'arrival', 'identification'))
    EXECUTE FUNCTION documents_continues_as_it_says();
"""

SETTLED = """
CREATE FUNCTION documents_settled_is_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM documents_outstanding outstanding
        WHERE outstanding.id = NEW.id AND outstanding.settled <> (
            SELECT coalesce(sum(line.quantity), 0) FROM documents_line line
            JOIN documents_document document ON document.id = line.document_id
            WHERE line.origin_id = outstanding.line_id AND document.status = 'posted'
              AND documents_settles(document.kind) = outstanding.purpose
        )
    ) THEN
        RAISE EXCEPTION 'what is settled of line % is not what documents settled', NEW.line_id
            USING ERRCODE = '23514', CONSTRAINT = 'documents_settled_is_counted',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER documents_settled_is_counted
    AFTER UPDATE ON documents_outstanding
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION documents_settled_is_counted();
-- Nothing is settled yet of what was just posted: the many lines of a sale need no look.
CREATE CONSTRAINT TRIGGER documents_settled_from_nothing
    AFTER INSERT ON documents_outstanding
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.settled <> 0) EXECUTE FUNCTION documents_settled_is_counted();
"""

CARDS = """
CREATE FUNCTION documents_returnedcard_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM touched
        JOIN documents_line line ON line.id = touched.line_id
        JOIN documents_document document ON document.id = line.document_id
        WHERE document.status <> 'draft'
    ) THEN
        RAISE EXCEPTION 'the cards that came back on a posted document do not change'
            USING ERRCODE = '23514', CONSTRAINT = 'documents_returnedcard_frozen',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;
"""
EVENTS = (("insert", "NEW"), ("update", "OLD"), ("update", "NEW"), ("delete", "OLD"))


def _frozen() -> str:
    return CARDS + "".join(
        f"""
        CREATE TRIGGER documents_returnedcard_frozen_on_{event}_{rows.lower()}
            AFTER {event.upper()} ON documents_returnedcard
            REFERENCING {rows} TABLE AS touched
            FOR EACH STATEMENT EXECUTE FUNCTION documents_returnedcard_is_frozen();
        """
        for event, rows in EVENTS
    )


def _thawed() -> str:
    dropped = "".join(
        f"DROP TRIGGER documents_returnedcard_frozen_on_{event}_{rows.lower()}"
        " ON documents_returnedcard;"
        for event, rows in EVENTS
    )
    return dropped + "DROP FUNCTION documents_returnedcard_is_frozen();"


class Migration(migrations.Migration):
    dependencies = [("documents", "0005_shortages_surpluses_corrections")]

    operations = [
        migrations.RunSQL(
            CONTINUES,
            """
            DROP TRIGGER documents_continues_as_it_says ON documents_document;
            DROP FUNCTION documents_continues_as_it_says();
            """,
        ),
        migrations.RunSQL(
            SETTLED,
            """
            DROP TRIGGER documents_settled_from_nothing ON documents_outstanding;
            DROP TRIGGER documents_settled_is_counted ON documents_outstanding;
            DROP FUNCTION documents_settled_is_counted();
            """,
        ),
        migrations.RunSQL(_frozen(), _thawed()),
    ]
