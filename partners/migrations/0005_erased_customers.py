"""A customer may be erased: what identifies a person goes for good, the row stays for the books."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

ERASED = """
CREATE FUNCTION partners_erased_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'customer % is erased and stays so', OLD.id
        USING ERRCODE = '23514', CONSTRAINT = 'partners_erased_stays', TABLE = TG_TABLE_NAME;
END $$;
CREATE TRIGGER partners_erased_stays
    BEFORE UPDATE OR DELETE ON partners_customer
    FOR EACH ROW WHEN (OLD.erased_at IS NOT NULL)
    EXECUTE FUNCTION partners_erased_stays();

CREATE FUNCTION partners_is_erased(customer bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM partners_customer WHERE id = customer AND erased_at IS NOT NULL)
$$;

-- Whether a change of a row is that some of these texts became ***, and nothing else.
CREATE FUNCTION partners_only_erases(old jsonb, new jsonb, texts text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT old - texts = new - texts AND NOT EXISTS (
        SELECT FROM unnest(texts) AS name
        WHERE new -> name IS DISTINCT FROM old -> name AND new ->> name IS DISTINCT FROM '***'
    )
$$;
"""

UNDONE = """
DROP FUNCTION partners_only_erases(jsonb, jsonb, text[]);
DROP FUNCTION partners_is_erased(bigint);
DROP TRIGGER partners_erased_stays ON partners_customer;
DROP FUNCTION partners_erased_stays();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0004_searched_customers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            "customer", "erased_at", models.DateTimeField(editable=False, null=True)
        ),
        migrations.AddField(
            "customer",
            "erased_by",
            models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            "customer",
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True, erased_by__isnull=True)
                | Q(erased_at__isnull=False, erased_by__isnull=False, phone="", email=""),
                name="partners_erased_is_empty",
            ),
        ),
        migrations.RunSQL(ERASED, UNDONE),
    ]
