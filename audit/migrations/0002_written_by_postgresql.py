"""PostgreSQL writes the history of the master data, and lets nobody change it.

The triggers run with the rights of their owner: the role of the web application needs no right to
write history, so it can't invent any.
"""

from django.db import migrations

WRITE = """
CREATE FUNCTION audit_write(
    kind text, thing bigint, part text, name text, action text, before jsonb, after jsonb,
    columns text[]
) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    one text;
    is_told boolean;
    was jsonb;
    became jsonb;
    changes jsonb := '{}';
    context jsonb := COALESCE(NULLIF(current_setting('unitbook.acting', true), ''), '{}');
BEGIN
    FOREACH one IN ARRAY columns LOOP
        is_told := right(one, 1) <> '!';
        one := rtrim(one, '!');
        was := NULLIF(before -> one, 'null');
        became := NULLIF(after -> one, 'null');
        CONTINUE WHEN was IS NOT DISTINCT FROM became;
        -- Of what is new or gone, only what it says.
        CONTINUE WHEN (before IS NULL OR after IS NULL)
            AND COALESCE(was, became) IN ('""', '[]', 'false');
        changes := changes || jsonb_build_object(
            one, CASE WHEN is_told THEN jsonb_build_array(was, became) END
        );
    END LOOP;
    IF action = 'changed' AND changes = '{}' THEN
        RETURN;
    END IF;
    INSERT INTO audit_change
        (at, kind, thing, part, name, action, changes, fields, person, context, db_role)
    VALUES (
        clock_timestamp(), kind, thing, part, name, action, changes,
        ARRAY(SELECT jsonb_object_keys(changes)), (context ->> 'person')::bigint,
        context - 'person', session_user
    );
END $$;
REVOKE EXECUTE ON FUNCTION audit_write FROM PUBLIC;
"""

RECORD = """
CREATE FUNCTION audit_record() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
-- TG_ARGV: the kind of thing, the column of its key, that of its name, the part, its columns.
DECLARE
    before jsonb;
    after jsonb;
    present jsonb;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        before := to_jsonb(OLD);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        after := to_jsonb(NEW);
    END IF;
    present := COALESCE(after, before);
    PERFORM audit_write(
        TG_ARGV[0], (present ->> TG_ARGV[1])::bigint, TG_ARGV[3],
        COALESCE(present ->> NULLIF(TG_ARGV[2], ''), ''),
        CASE TG_OP WHEN 'INSERT' THEN 'added' WHEN 'UPDATE' THEN 'changed' ELSE 'removed' END,
        before, after, TG_ARGV[4:]
    );
    RETURN NULL;
END $$;
"""

RECORD_DESIGN = """
CREATE FUNCTION audit_record_design() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
-- A design is never changed, it gets a new version: what is told is what differs from the last one.
DECLARE
    before jsonb;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT to_jsonb(design) INTO before FROM warranty_carddesign design
        WHERE design.type_id IS NOT DISTINCT FROM NEW.type_id AND design.version < NEW.version
        ORDER BY design.version DESC LIMIT 1;
        PERFORM audit_write(
            TG_ARGV[0], COALESCE(NEW.type_id, 0), TG_ARGV[3], '',
            CASE WHEN before IS NULL THEN 'added' ELSE 'changed' END,
            before, to_jsonb(NEW), TG_ARGV[4:]
        );
    ELSIF TG_OP = 'UPDATE' THEN
        PERFORM audit_write(
            TG_ARGV[0], COALESCE(NEW.type_id, 0), TG_ARGV[3], '', 'changed',
            to_jsonb(OLD), to_jsonb(NEW), TG_ARGV[4:]
        );
    ELSE
        PERFORM audit_write(
            TG_ARGV[0], COALESCE(OLD.type_id, 0), TG_ARGV[3], '', 'removed',
            to_jsonb(OLD), NULL, TG_ARGV[4:]
        );
    END IF;
    RETURN NULL;
END $$;
"""

APPEND_ONLY = """
CREATE FUNCTION audit_append_only() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- A customer who asks for it is forgotten: the values go, that something changed stays.
    IF TG_OP = 'UPDATE' THEN
        IF OLD.kind = 'partners.customer' AND NEW.name = ''
            AND NEW.changes = (
                SELECT COALESCE(jsonb_object_agg(key, NULL), '{}')
                FROM jsonb_object_keys(OLD.changes) AS key
            )
            AND to_jsonb(OLD) - 'name' - 'changes' = to_jsonb(NEW) - 'name' - 'changes'
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = '23514', CONSTRAINT = 'audit_change_append_only', TABLE = TG_TABLE_NAME;
END $$;

CREATE TRIGGER audit_change_append_only
    BEFORE UPDATE OR DELETE ON audit_change
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER audit_change_keeps_rows
    BEFORE TRUNCATE ON audit_change
    FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();
"""

FORGET = """
CREATE FUNCTION audit_forget_customer(customer bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    done bigint;
BEGIN
    UPDATE audit_change SET name = '', changes = (
        SELECT COALESCE(jsonb_object_agg(key, NULL), '{}') FROM jsonb_object_keys(changes) AS key
    )
    WHERE kind = 'partners.customer' AND thing = customer;
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN done;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial"), ("warranty", "0005_card_designs")]

    operations = [
        migrations.RunSQL(
            WRITE,
            "DROP FUNCTION audit_write;",
        ),
        migrations.RunSQL(RECORD, "DROP FUNCTION audit_record();"),
        migrations.RunSQL(RECORD_DESIGN, "DROP FUNCTION audit_record_design();"),
        migrations.RunSQL(
            APPEND_ONLY,
            """
            DROP TRIGGER audit_change_append_only ON audit_change;
            DROP TRIGGER audit_change_keeps_rows ON audit_change;
            DROP FUNCTION audit_append_only();
            """,
        ),
        migrations.RunSQL(FORGET, "DROP FUNCTION audit_forget_customer(bigint);"),
    ]
