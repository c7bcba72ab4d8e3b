"""There always is an admin who can sign in, whoever writes: the last one stays."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION company_an_admin_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- One at a time: two who leave at once would each see the other.
    PERFORM pg_advisory_xact_lock(hashtext('company_an_admin_stays'));
    IF NOT EXISTS (
        SELECT FROM company_user WHERE is_admin AND is_active AND password NOT LIKE '!%'
    ) THEN
        RAISE EXCEPTION 'the last admin who can sign in stays'
            USING ERRCODE = '23514', CONSTRAINT = 'company_an_admin_stays', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER company_an_admin_stays
    AFTER UPDATE OF is_admin, is_active, password ON company_user
    FOR EACH ROW
    WHEN (OLD.is_admin AND OLD.is_active AND OLD.password NOT LIKE '!%'
          AND NOT (NEW.is_admin AND NEW.is_active AND NEW.password NOT LIKE '!%'))
    EXECUTE FUNCTION company_an_admin_stays();
CREATE TRIGGER company_an_admin_is_not_deleted
    AFTER DELETE ON company_user
    FOR EACH ROW WHEN (OLD.is_admin AND OLD.is_active AND OLD.password NOT LIKE '!%')
    EXECUTE FUNCTION company_an_admin_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("company", "0009_tills_and_pins")]

    operations = [
        migrations.RunSQL(
            FORWARD,
            """
            DROP TRIGGER company_an_admin_stays ON company_user;
            DROP TRIGGER company_an_admin_is_not_deleted ON company_user;
            DROP FUNCTION company_an_admin_stays();
            """,
        ),
    ]
