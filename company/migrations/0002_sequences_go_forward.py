"""A number once given is never given again: sequences only go forward."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION company_sequence_goes_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a sequence of numbers only goes forward'
        USING ERRCODE = '23514', CONSTRAINT = 'company_sequence_goes_forward',
              TABLE = TG_TABLE_NAME;
END $$;

CREATE TRIGGER company_sequence_goes_forward
    BEFORE UPDATE ON company_numbersequence
    FOR EACH ROW WHEN (NEW.last <= OLD.last OR (NEW.store_id, NEW.series, NEW.year)
                       IS DISTINCT FROM (OLD.store_id, OLD.series, OLD.year))
    EXECUTE FUNCTION company_sequence_goes_forward();
CREATE TRIGGER company_sequence_stays
    BEFORE DELETE ON company_numbersequence
    FOR EACH ROW EXECUTE FUNCTION company_sequence_goes_forward();
"""


class Migration(migrations.Migration):
    dependencies = [("company", "0001_initial")]

    operations = [
        migrations.RunSQL(
            FORWARD,
            """
            DROP TRIGGER company_sequence_goes_forward ON company_numbersequence;
            DROP TRIGGER company_sequence_stays ON company_numbersequence;
            DROP FUNCTION company_sequence_goes_forward();
            """,
        ),
    ]
