"""Designs of warranty cards: versions written once, their logos, and the one each term keeps.

PostgreSQL counts the versions of a type without a gap, changes none, and holds a term to a design
that is there and is for its product. A logo goes only while no design has it.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models

DESIGNS = """
CREATE FUNCTION warranty_design_version_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.version <> 1 + (SELECT coalesce(max(version), 0) FROM warranty_carddesign
                           WHERE type_id IS NOT DISTINCT FROM NEW.type_id) THEN
        RAISE EXCEPTION 'a design is the next version of its type'
            USING ERRCODE = '23514', CONSTRAINT = 'warranty_design_version_follows',
                  TABLE = 'warranty_carddesign';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER warranty_design_version_follows
    BEFORE INSERT ON warranty_carddesign
    FOR EACH ROW EXECUTE FUNCTION warranty_design_version_follows();

CREATE TRIGGER warranty_carddesign_frozen
    BEFORE UPDATE ON warranty_carddesign
    FOR EACH ROW EXECUTE FUNCTION warranty_row_is_frozen();
CREATE TRIGGER warranty_carddesign_keeps_each_row
    BEFORE DELETE ON warranty_carddesign
    FOR EACH ROW EXECUTE FUNCTION warranty_rows_are_kept();
CREATE TRIGGER warranty_carddesign_keeps_rows
    BEFORE TRUNCATE ON warranty_carddesign
    FOR EACH STATEMENT EXECUTE FUNCTION warranty_rows_are_kept();
CREATE TRIGGER warranty_cardlogo_frozen
    BEFORE UPDATE ON warranty_cardlogo
    FOR EACH ROW EXECUTE FUNCTION warranty_row_is_frozen();

-- What a sale of today prints by: the type's newest design, or the newest general one.
CREATE FUNCTION warranty_design_of(which bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        (SELECT CASE WHEN NOT withdrawn THEN id END FROM warranty_carddesign
         WHERE type_id = which ORDER BY version DESC LIMIT 1),
        (SELECT CASE WHEN NOT withdrawn THEN id END FROM warranty_carddesign
         WHERE type_id IS NULL ORDER BY version DESC LIMIT 1)
    )
$$;
"""

TERMS = """
CREATE FUNCTION warranty_terms_have_their_designs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT product_id, design_id FROM new_terms) term
        JOIN products_product product ON product.id = term.product_id
        LEFT JOIN warranty_carddesign design ON design.id = term.design_id
        WHERE term.design_id IS NOT NULL
          AND (design.id IS NULL OR design.withdrawn OR design.type_id <> product.type_id)
    ) THEN
        RAISE EXCEPTION 'a term keeps a design for its product'
            USING ERRCODE = '23514', CONSTRAINT = 'warranty_term_design_is_for_it',
                  TABLE = 'warranty_term';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER warranty_terms_have_their_designs
    AFTER INSERT ON warranty_term REFERENCING NEW TABLE AS new_terms
    FOR EACH STATEMENT EXECUTE FUNCTION warranty_terms_have_their_designs();

CREATE TRIGGER warranty_term_design_frozen
    BEFORE UPDATE ON warranty_term
    FOR EACH ROW WHEN (OLD.design_id IS DISTINCT FROM NEW.design_id)
    EXECUTE FUNCTION warranty_row_is_frozen();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("products", "0002_warranty_policies"),
        ("warranty", "0004_adjustments_and_claims"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CardDesign",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField()),
                ("withdrawn", models.BooleanField(default=False)),
                ("title", models.CharField(blank=True, max_length=60, verbose_name="title")),
                ("text", models.TextField(blank=True, max_length=6000, verbose_name="terms")),
                (
                    "shows",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("store_address", "Address of the store"),
                                ("store_phone", "Phone of the store"),
                                ("sku", "SKU"),
                                ("serial_bars", "Serial number as a bar code"),
                                ("sale_number", "Sale number with its bar code"),
                                ("customer", "Customer, or blank lines for them"),
                                ("qr", "QR code to check the warranty"),
                                ("signatures", "Places for signatures"),
                                ("stamp", "Place for the stamp"),
                            ],
                            max_length=16,
                        ),
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "paper",
                    models.CharField(
                        blank=True,
                        choices=[("a4", "A4 sheet"), ("a5", "A5 sheet"), ("roll80", "80 mm roll")],
                        max_length=6,
                        verbose_name="paper",
                    ),
                ),
                ("language", models.CharField(blank=True, max_length=2, verbose_name="language")),
                ("made_at", models.DateTimeField()),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "type",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="card_designs",
                        to="products.producttype",
                    ),
                ),
            ],
            options={
                "verbose_name": "card design",
            },
        ),
        migrations.AddField(
            model_name="term",
            name="design",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="terms",
                to="warranty.carddesign",
            ),
        ),
        migrations.CreateModel(
            name="CardLogo",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("image", models.BinaryField()),
                ("width", models.PositiveIntegerField()),
                ("height", models.PositiveIntegerField()),
                ("added_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "logo",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("height__gte", 1), ("width__gte", 1)),
                        name="warranty_logo_has_a_size",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.GreaterThan(
                                django.db.models.functions.text.Length("image"), 0
                            ),
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("image"), 524288
                            ),
                        ),
                        name="warranty_logo_is_small",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="carddesign",
            name="logo",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="designs",
                to="warranty.cardlogo",
            ),
        ),
        migrations.AddConstraint(
            model_name="carddesign",
            constraint=models.UniqueConstraint(
                fields=("type", "version"), name="warranty_design_once", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="carddesign",
            constraint=models.CheckConstraint(
                condition=models.Q(("version__gte", 1)), name="warranty_design_version_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="carddesign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    django.db.models.lookups.LessThanOrEqual(
                        django.db.models.functions.text.Length("text"), 6000
                    )
                ),
                name="warranty_design_text_fits",
            ),
        ),
        migrations.AddConstraint(
            model_name="carddesign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "shows__contained_by",
                        [
                            "store_address",
                            "store_phone",
                            "sku",
                            "serial_bars",
                            "sale_number",
                            "customer",
                            "qr",
                            "signatures",
                            "stamp",
                        ],
                    )
                ),
                name="warranty_design_shows_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="carddesign",
            constraint=models.CheckConstraint(
                condition=models.Q(("paper__in", ["", "a4", "a5", "roll80"])),
                name="warranty_design_paper_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="carddesign",
            constraint=models.CheckConstraint(
                condition=models.Q(("language__in", ["", "en", "uk"])),
                name="warranty_design_language_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="carddesign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("withdrawn", False),
                    models.Q(
                        ("language", ""),
                        ("logo__isnull", True),
                        ("paper", ""),
                        ("shows", []),
                        ("text", ""),
                        ("title", ""),
                    ),
                    _connector="OR",
                ),
                name="warranty_design_withdrawn_says_nothing",
            ),
        ),
        migrations.RunSQL(
            DESIGNS,
            """
            DROP FUNCTION warranty_design_of(bigint);
            DROP TRIGGER warranty_design_version_follows ON warranty_carddesign;
            DROP FUNCTION warranty_design_version_follows();
            DROP TRIGGER warranty_carddesign_frozen ON warranty_carddesign;
            DROP TRIGGER warranty_carddesign_keeps_each_row ON warranty_carddesign;
            DROP TRIGGER warranty_carddesign_keeps_rows ON warranty_carddesign;
            DROP TRIGGER warranty_cardlogo_frozen ON warranty_cardlogo;
            """,
        ),
        migrations.RunSQL(
            TERMS,
            """
            DROP TRIGGER warranty_terms_have_their_designs ON warranty_term;
            DROP FUNCTION warranty_terms_have_their_designs();
            DROP TRIGGER warranty_term_design_frozen ON warranty_term;
            """,
        ),
    ]
