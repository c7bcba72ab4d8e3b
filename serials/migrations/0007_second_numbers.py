"""Second numbers of units, and that a number names one unit of a product."""

import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

NUMBERS = """
-- Every number that names a unit now: its own, and its second one.
CREATE VIEW serials_called (product_id, key, serial_id, is_second) AS
    SELECT product_id, key, id, false FROM serials_serial
    UNION ALL
    SELECT product_id, key, serial_id, true FROM serials_secondnumber WHERE removed_at IS NULL;

-- A number names one unit of a product. Who enters a second number takes the row of its product
-- for himself, who brings new serials shares it with others: one of them waits, and sees the other.
CREATE FUNCTION serials_second_number_is_free() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM products_product WHERE id IN (SELECT product_id FROM entered)
        ORDER BY id FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT FROM entered JOIN serials_serial serial
            ON (serial.product_id, serial.key) = (entered.product_id, entered.key)
        WHERE entered.removed_at IS NULL
    ) THEN
        RAISE EXCEPTION 'the number names another unit of the product'
            USING ERRCODE = '23514', CONSTRAINT = 'serials_second_number_is_free',
                  TABLE = TG_TABLE_NAME;
    END IF;
    IF EXISTS (
        SELECT FROM entered LEFT JOIN serials_serial serial
            ON (serial.id, serial.product_id) = (entered.serial_id, entered.product_id)
        WHERE serial.id IS NULL
    ) THEN
        RAISE EXCEPTION 'the unit is of another product'
            USING ERRCODE = '23514', CONSTRAINT = 'serials_second_number_of_its_product',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER serials_second_number_is_free
    AFTER INSERT ON serials_secondnumber
    REFERENCING NEW TABLE AS entered
    FOR EACH STATEMENT EXECUTE FUNCTION serials_second_number_is_free();

CREATE FUNCTION serials_serial_is_no_second() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM products_product WHERE id IN (SELECT product_id FROM brought)
        ORDER BY id FOR SHARE;
    IF EXISTS (
        SELECT FROM brought JOIN serials_secondnumber second
            ON (second.product_id, second.key) = (brought.product_id, brought.key)
            AND second.removed_at IS NULL
    ) THEN
        RAISE EXCEPTION 'the number is the second one of a unit'
            USING ERRCODE = '23514', CONSTRAINT = 'serials_serial_is_no_second',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER serials_serial_is_no_second
    AFTER INSERT ON serials_serial
    REFERENCING NEW TABLE AS brought
    FOR EACH STATEMENT EXECUTE FUNCTION serials_serial_is_no_second();

-- What was entered stays; it is taken off once, and that stays too.
CREATE TRIGGER serials_second_number_stays
    BEFORE UPDATE ON serials_secondnumber
    FOR EACH ROW WHEN (
        OLD.removed_at IS NOT NULL OR NEW.removed_at IS NULL
        OR (NEW.id, NEW.product_id, NEW.serial_id, NEW.text, NEW.key, NEW.entered_at, NEW.reason)
           IS DISTINCT FROM
           (OLD.id, OLD.product_id, OLD.serial_id, OLD.text, OLD.key, OLD.entered_at, OLD.reason)
        OR NEW.posting_id IS DISTINCT FROM OLD.posting_id
        OR NEW.entered_by_id IS DISTINCT FROM OLD.entered_by_id
    )
    EXECUTE FUNCTION serials_refused('serials_second_number_stays');
CREATE TRIGGER serials_secondnumber_append_only
    BEFORE DELETE ON serials_secondnumber
    FOR EACH ROW EXECUTE FUNCTION serials_append_only();
CREATE TRIGGER serials_secondnumber_keeps_rows
    BEFORE TRUNCATE ON serials_secondnumber
    FOR EACH STATEMENT EXECUTE FUNCTION serials_append_only();
"""

BACK = """
DROP VIEW serials_called;
DROP TRIGGER serials_secondnumber_keeps_rows ON serials_secondnumber;
DROP TRIGGER serials_secondnumber_append_only ON serials_secondnumber;
DROP TRIGGER serials_second_number_stays ON serials_secondnumber;
DROP TRIGGER serials_serial_is_no_second ON serials_serial;
DROP FUNCTION serials_serial_is_no_second();
DROP TRIGGER serials_second_number_is_free ON serials_secondnumber;
DROP FUNCTION serials_second_number_is_free();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("products", "0002_warranty_policies"),
        ("serials", "0006_look_alikes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SecondNumber",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.CharField(max_length=80)),
                ("key", models.CharField(max_length=80)),
                (
                    "entered_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("reason", models.CharField(blank=True, db_default="", max_length=200)),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                ("removed_because", models.CharField(blank=True, db_default="", max_length=200)),
                (
                    "entered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "posting",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="serials.posting",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="products.product",
                    ),
                ),
                (
                    "removed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "removing",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="serials.posting",
                    ),
                ),
                (
                    "serial",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="second_numbers",
                        to="serials.serial",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("removed_at", None)),
                        fields=["key"],
                        name="serials_second_by_key",
                        opclasses=["text_pattern_ops"],
                    ),
                    models.Index(fields=["serial", "id"], name="serials_second_of_serial"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("removed_at", None)),
                        fields=("product", "key"),
                        name="serials_second_number_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("removed_at", None)),
                        fields=("serial",),
                        name="serials_one_second_number_a_unit",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("key", ""), _negated=True),
                        name="serials_second_number_not_empty",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("entered_by", None), ("posting__isnull", False)),
                            models.Q(
                                ("entered_by__isnull", False),
                                ("posting", None),
                                models.Q(("reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="serials_second_number_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("removed_at", None),
                                ("removed_because", ""),
                                ("removed_by", None),
                                ("removing", None),
                            ),
                            models.Q(
                                ("removed_at__isnull", False),
                                ("removed_by", None),
                                ("removing__isnull", False),
                            ),
                            models.Q(
                                ("removed_at__isnull", False),
                                ("removed_by__isnull", False),
                                ("removing", None),
                                models.Q(("removed_because", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="serials_second_number_off_by_somebody",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="secondnumber",
            index=models.Index(
                django.db.models.functions.comparison.Collate(
                    django.db.models.functions.text.Reverse("key"), "C"
                ),
                condition=models.Q(("removed_at", None)),
                name="serials_second_by_ending",
            ),
        ),
        migrations.RunSQL(NUMBERS, BACK),
    ]
