"""No document and no repair names a customer who was erased, whatever writes it.

Those that named them before keep the row. It lies above the tables, as the erasing does.
"""

from django.db import migrations

GUARD = """
CREATE FUNCTION partners_nothing_new_for_the_erased() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    erased timestamptz;
BEGIN
    -- Waits for who is erasing them at this moment, and then sees it.
    SELECT erased_at INTO erased FROM partners_customer WHERE id = NEW.customer_id FOR KEY SHARE;
    IF erased IS NOT NULL THEN
        RAISE EXCEPTION 'customer % is erased: nothing new is theirs', NEW.customer_id
            USING ERRCODE = '23514', CONSTRAINT = TG_TABLE_NAME || '_customer_not_erased',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
"""
TRIGGERS = """
CREATE TRIGGER {table}_customer_not_erased
    BEFORE INSERT ON {table}
    FOR EACH ROW WHEN (NEW.customer_id IS NOT NULL)
    EXECUTE FUNCTION partners_nothing_new_for_the_erased();
CREATE TRIGGER {table}_customer_not_erased_later
    BEFORE UPDATE OF customer_id ON {table}
    FOR EACH ROW WHEN (NEW.customer_id IS NOT NULL
                       AND NEW.customer_id IS DISTINCT FROM OLD.customer_id)
    EXECUTE FUNCTION partners_nothing_new_for_the_erased();
"""
UNDONE = """
DROP TRIGGER {table}_customer_not_erased ON {table};
DROP TRIGGER {table}_customer_not_erased_later ON {table};
"""
TABLES = ("documents_document", "repairs_repair")


class Migration(migrations.Migration):
    older_release = "it is refused only what names somebody who was erased: a return of their goods"
    dependencies = [
        ("backoffice", "0002_export_files"),
        ("documents", "0012_long_uploads"),
        ("partners", "0005_erased_customers"),
        ("repairs", "0002_repairs_are_kept"),
    ]

    operations = [
        migrations.RunSQL(GUARD, "DROP FUNCTION partners_nothing_new_for_the_erased();"),
        *(
            migrations.RunSQL(TRIGGERS.format(table=table), UNDONE.format(table=table))
            for table in TABLES
        ),
    ]
