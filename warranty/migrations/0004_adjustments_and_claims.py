"""Adjustments of a card's end, claims, public tokens, and the policies that a term keeps.

PostgreSQL holds a card's end to its term's and to its adjustments, each of which continues from
the end before it, and an adjustment by a repair to a claim under warranty that has ended.
"""

import django.contrib.postgres.functions
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FILL = """
UPDATE warranty_card card SET ends_on = term.ends_on
FROM warranty_term term WHERE term.id = card.term_id;

UPDATE warranty_term SET
    on_repair = company.extension,
    on_repair_months = CASE company.extension WHEN 'months' THEN extension_months ELSE 0 END,
    on_replacement = company.replacement,
    on_replacement_days = CASE company.replacement
                              WHEN 'at_least' THEN GREATEST(replacement_days, 1) ELSE 0 END
FROM company_company company;

-- The table was written anew for its tokens, so its rows count as new: their foreign keys are
-- checked now, for nothing can be altered while such checks wait.
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""

SOUND_CARDS = """
CREATE OR REPLACE FUNCTION warranty_cards_are_sound() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    broken record;
BEGIN
    SELECT card.id,
           CASE
               WHEN card.unit > term.quantity THEN 'warranty_card_of_a_unit_sold'
               WHEN card.void_on < term.starts_on THEN 'warranty_card_void_from_start'
               ELSE 'warranty_card_ends_after_start'
           END AS rule
    INTO broken
    FROM new_cards card
    JOIN warranty_term term ON term.id = card.term_id
    WHERE card.unit > term.quantity OR card.void_on < term.starts_on
       OR card.ends_on < term.starts_on
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'warranty card % breaks %', broken.id, broken.rule
            USING ERRCODE = '23514', CONSTRAINT = broken.rule, TABLE = 'warranty_card';
    END IF;
    RETURN NULL;
END $$;
"""

# A card of a sale is looked at with all others of it, set by set; what changes later one by one.
ENDS = """
CREATE FUNCTION warranty_end_of_card(which bigint) RETURNS date LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        (SELECT ends_on FROM warranty_adjustment WHERE card_id = which ORDER BY seq DESC LIMIT 1),
        (SELECT term.ends_on FROM warranty_card card
         JOIN warranty_term term ON term.id = card.term_id WHERE card.id = which)
    )
$$;

CREATE FUNCTION warranty_new_cards_end_with_their_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The card of a unit that was mixed up takes over the other's adjustments after it is there.
    IF EXISTS (
        SELECT FROM new_cards card JOIN warranty_term term ON term.id = card.term_id
        WHERE card.ends_on <> term.ends_on AND term.replacement <> 'swap'
    ) THEN
        RAISE EXCEPTION 'a new card ends with its term'
            USING ERRCODE = '23514', CONSTRAINT = 'warranty_card_end_is_reckoned',
                  TABLE = 'warranty_card';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER warranty_new_cards_end_with_their_terms
    AFTER INSERT ON warranty_card REFERENCING NEW TABLE AS new_cards
    FOR EACH STATEMENT EXECUTE FUNCTION warranty_new_cards_end_with_their_terms();

CREATE FUNCTION warranty_card_end_is_reckoned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM warranty_card card
        WHERE CASE TG_TABLE_NAME
                  WHEN 'warranty_card' THEN card.id = (to_jsonb(NEW) ->> 'id')::bigint
                  WHEN 'warranty_term' THEN card.term_id = (to_jsonb(NEW) ->> 'id')::bigint
                  ELSE card.id = (to_jsonb(NEW) ->> 'card_id')::bigint
              END
          AND card.ends_on <> warranty_end_of_card(card.id)
    ) THEN
        RAISE EXCEPTION 'the end of a card is not that of its term and its adjustments'
            USING ERRCODE = '23514', CONSTRAINT = 'warranty_card_end_is_reckoned',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER warranty_card_end_is_reckoned
    AFTER UPDATE ON warranty_card DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.ends_on <> NEW.ends_on)
    EXECUTE FUNCTION warranty_card_end_is_reckoned();
CREATE CONSTRAINT TRIGGER warranty_term_end_is_reckoned
    AFTER UPDATE ON warranty_term DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.ends_on <> NEW.ends_on)
    EXECUTE FUNCTION warranty_card_end_is_reckoned();
CREATE CONSTRAINT TRIGGER warranty_adjustment_is_reckoned
    AFTER INSERT ON warranty_adjustment DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION warranty_card_end_is_reckoned();
"""

ADJUSTMENTS = """
CREATE FUNCTION warranty_adjustment_is_sound() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rule text;
BEGIN
    SELECT CASE
        WHEN NEW.ends_on < term.starts_on THEN 'warranty_adjustment_ends_after_start'
        WHEN NEW.ends_before <> coalesce(
            (SELECT ends_on FROM warranty_adjustment
             WHERE card_id = NEW.card_id AND seq = NEW.seq - 1),
            CASE WHEN NEW.seq = 1 THEN term.ends_on END, 'infinity'
        ) THEN 'warranty_adjustment_continues'
        -- The claim is about this card, or it extended the one whose place this took in a mix-up.
        WHEN NEW.kind = 'repair' AND NOT EXISTS (
            SELECT FROM warranty_claim claim
            WHERE claim.id = NEW.claim_id AND claim.is_warranty
              AND (claim.claimed_on, claim.closed_on) = (NEW.from_on, NEW.to_on)
              AND (claim.card_id = card.id
                   OR term.replacement = 'swap' AND EXISTS (
                       SELECT FROM warranty_adjustment carried
                       JOIN warranty_card before ON before.id = carried.card_id
                       WHERE carried.claim_id = claim.id AND before.term_id = term.replaces_id
                   ))
        ) THEN 'warranty_adjustment_of_a_claim'
        WHEN NEW.kind = 'revocation' AND NOT EXISTS (
            SELECT FROM warranty_adjustment other
            WHERE other.id = NEW.revokes_id AND other.card_id = NEW.card_id
              AND other.kind <> 'revocation' AND other.seq < NEW.seq
        ) THEN 'warranty_adjustment_revokes_its_own'
    END INTO rule
    FROM warranty_card card JOIN warranty_term term ON term.id = card.term_id
    WHERE card.id = NEW.card_id;
    IF rule IS NOT NULL THEN
        RAISE EXCEPTION 'adjustment % of card % breaks %', NEW.seq, NEW.card_id, rule
            USING ERRCODE = '23514', CONSTRAINT = rule, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER warranty_adjustment_is_sound
    AFTER INSERT ON warranty_adjustment DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION warranty_adjustment_is_sound();

CREATE TRIGGER warranty_adjustment_frozen
    BEFORE UPDATE ON warranty_adjustment
    FOR EACH ROW EXECUTE FUNCTION warranty_row_is_frozen();
CREATE TRIGGER warranty_adjustment_keeps_each_row
    BEFORE DELETE ON warranty_adjustment
    FOR EACH ROW EXECUTE FUNCTION warranty_rows_are_kept();
CREATE TRIGGER warranty_adjustment_keeps_rows
    BEFORE TRUNCATE ON warranty_adjustment
    FOR EACH STATEMENT EXECUTE FUNCTION warranty_rows_are_kept();
"""

CLAIMS = """
-- What a claim is about stays; once closed nothing of it changes.
CREATE TRIGGER warranty_claim_frozen
    BEFORE UPDATE ON warranty_claim
    FOR EACH ROW
    WHEN (OLD.closed_on IS NOT NULL
          OR (OLD.id, OLD.reference, OLD.store_id, OLD.product_id, OLD.serial_id, OLD.card_id,
              OLD.claimed_on)
             IS DISTINCT FROM
             (NEW.id, NEW.reference, NEW.store_id, NEW.product_id, NEW.serial_id, NEW.card_id,
              NEW.claimed_on))
    EXECUTE FUNCTION warranty_row_is_frozen();
CREATE TRIGGER warranty_claim_keeps_each_row
    BEFORE DELETE ON warranty_claim
    FOR EACH ROW EXECUTE FUNCTION warranty_rows_are_kept();
CREATE TRIGGER warranty_claim_keeps_rows
    BEFORE TRUNCATE ON warranty_claim
    FOR EACH STATEMENT EXECUTE FUNCTION warranty_rows_are_kept();
"""

FROZEN = """
CREATE TRIGGER warranty_term_policies_frozen
    BEFORE UPDATE ON warranty_term
    FOR EACH ROW
    WHEN ((OLD.on_repair, OLD.on_repair_months, OLD.on_replacement, OLD.on_replacement_days)
          IS DISTINCT FROM
          (NEW.on_repair, NEW.on_repair_months, NEW.on_replacement, NEW.on_replacement_days))
    EXECUTE FUNCTION warranty_row_is_frozen();
CREATE TRIGGER warranty_card_token_frozen
    BEFORE UPDATE ON warranty_card
    FOR EACH ROW WHEN (OLD.token <> NEW.token)
    EXECUTE FUNCTION warranty_row_is_frozen();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("company", "0003_warranty_policies"),
        ("partners", "0002_phone_digits"),
        ("products", "0002_warranty_policies"),
        ("serials", "0003_counted_and_corrected"),
        ("warranty", "0003_mixed_up_units"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Adjustment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("seq", models.PositiveIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("repair", "Repair"),
                            ("override", "Set by an admin"),
                            ("revocation", "Taken back"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                ("from_on", models.DateField(blank=True, null=True)),
                ("to_on", models.DateField(blank=True, null=True)),
                ("days", models.PositiveIntegerField(default=0)),
                ("months", models.PositiveSmallIntegerField(default=0)),
                ("sets_end", models.DateField(blank=True, null=True)),
                ("ends_before", models.DateField()),
                ("ends_on", models.DateField()),
                ("made_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "adjustment of a warranty",
            },
        ),
        migrations.CreateModel(
            name="Claim",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reference", models.CharField(max_length=40, unique=True)),
                ("claimed_on", models.DateField()),
                ("closed_on", models.DateField(blank=True, null=True)),
                ("is_warranty", models.BooleanField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "warranty claim",
            },
        ),
        migrations.RemoveIndex(
            model_name="term",
            name="warranty_term_by_end",
        ),
        migrations.AddField(
            model_name="card",
            name="ends_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="card",
            name="token",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(),
                editable=False,
                unique=True,
            ),
        ),
        migrations.AddField(
            model_name="term",
            name="on_repair",
            field=models.CharField(
                choices=[
                    ("days", "The days it was in repair"),
                    ("months", "A fixed number of months, once"),
                    ("none", "Not at all"),
                ],
                db_default="days",
                max_length=6,
            ),
        ),
        migrations.AddField(
            model_name="term",
            name="on_repair_months",
            field=models.PositiveSmallIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="term",
            name="on_replacement",
            field=models.CharField(
                choices=[
                    ("restart", "A full new term"),
                    ("inherit", "The rest of the old term"),
                    ("at_least", "The rest of the old term, but at least some days"),
                ],
                db_default="restart",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="term",
            name="on_replacement_days",
            field=models.PositiveSmallIntegerField(db_default=0),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="card",
            name="ends_on",
            field=models.DateField(),
        ),
        migrations.AddIndex(
            model_name="card",
            index=models.Index(
                condition=models.Q(("void_on__isnull", True)),
                fields=["ends_on", "id"],
                name="warranty_card_by_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="term",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("on_repair", "months"), ("on_repair_months__gte", 1)),
                    models.Q(("on_repair__in", ["days", "none"]), ("on_repair_months", 0)),
                    _connector="OR",
                ),
                name="warranty_term_repair_policy_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="term",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("on_replacement", "at_least"), ("on_replacement_days__gte", 1)),
                    models.Q(
                        ("on_replacement__in", ["restart", "inherit"]), ("on_replacement_days", 0)
                    ),
                    _connector="OR",
                ),
                name="warranty_term_replacement_policy_whole",
            ),
        ),
        migrations.AddField(
            model_name="adjustment",
            name="card",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="adjustments",
                to="warranty.card",
            ),
        ),
        migrations.AddField(
            model_name="adjustment",
            name="made_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="adjustment",
            name="revokes",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="revoked_by",
                to="warranty.adjustment",
            ),
        ),
        migrations.AddField(
            model_name="claim",
            name="card",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="claims",
                to="warranty.card",
            ),
        ),
        migrations.AddField(
            model_name="claim",
            name="product",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="products.product"
            ),
        ),
        migrations.AddField(
            model_name="claim",
            name="serial",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="claims",
                to="serials.serial",
            ),
        ),
        migrations.AddField(
            model_name="claim",
            name="store",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="company.store"
            ),
        ),
        migrations.AddField(
            model_name="adjustment",
            name="claim",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="adjustments",
                to="warranty.claim",
            ),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(fields=["product", "claimed_on"], name="warranty_claims_of_product"),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_on__isnull", True)),
                fields=("serial",),
                name="warranty_one_open_claim_per_serial",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_on__isnull", True)),
                fields=("card",),
                name="warranty_one_open_claim_per_card",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closed_on__isnull", True),
                    ("closed_on__gte", models.F("claimed_on")),
                    _connector="OR",
                ),
                name="warranty_claim_closed_after_claimed",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("is_warranty", True), _negated=True),
                    ("card__isnull", False),
                    _connector="OR",
                ),
                name="warranty_claim_under_warranty_has_a_card",
            ),
        ),
        migrations.AddConstraint(
            model_name="adjustment",
            constraint=models.UniqueConstraint(
                fields=("card", "seq"), name="warranty_adjustment_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="adjustment",
            constraint=models.CheckConstraint(
                condition=models.Q(("seq__gte", 1)), name="warranty_adjustment_seq_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="adjustment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("claim__isnull", False),
                        ("ends_on__gte", models.F("ends_before")),
                        ("from_on__isnull", False),
                        ("kind", "repair"),
                        ("revokes__isnull", True),
                        ("sets_end__isnull", True),
                        ("to_on__gte", models.F("from_on")),
                        ("to_on__isnull", False),
                    ),
                    models.Q(
                        models.Q(("reason", ""), _negated=True),
                        ("claim__isnull", True),
                        ("days", 0),
                        ("ends_on", models.F("sets_end")),
                        ("kind", "override"),
                        ("months", 0),
                        ("revokes__isnull", True),
                        ("sets_end__isnull", False),
                    ),
                    models.Q(
                        models.Q(("reason", ""), _negated=True),
                        ("claim__isnull", True),
                        ("days", 0),
                        ("kind", "revocation"),
                        ("months", 0),
                        ("revokes__isnull", False),
                        ("sets_end__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="warranty_adjustment_says_what_it_does",
            ),
        ),
        migrations.RunSQL(SOUND_CARDS, migrations.RunSQL.noop),
        migrations.RunSQL(
            ENDS,
            """
            DROP TRIGGER warranty_new_cards_end_with_their_terms ON warranty_card;
            DROP TRIGGER warranty_card_end_is_reckoned ON warranty_card;
            DROP TRIGGER warranty_term_end_is_reckoned ON warranty_term;
            DROP TRIGGER warranty_adjustment_is_reckoned ON warranty_adjustment;
            DROP FUNCTION warranty_new_cards_end_with_their_terms();
            DROP FUNCTION warranty_card_end_is_reckoned();
            DROP FUNCTION warranty_end_of_card(bigint);
            """,
        ),
        migrations.RunSQL(
            ADJUSTMENTS,
            """
            DROP TRIGGER warranty_adjustment_is_sound ON warranty_adjustment;
            DROP TRIGGER warranty_adjustment_frozen ON warranty_adjustment;
            DROP TRIGGER warranty_adjustment_keeps_each_row ON warranty_adjustment;
            DROP TRIGGER warranty_adjustment_keeps_rows ON warranty_adjustment;
            DROP FUNCTION warranty_adjustment_is_sound();
            """,
        ),
        migrations.RunSQL(
            CLAIMS,
            """
            DROP TRIGGER warranty_claim_frozen ON warranty_claim;
            DROP TRIGGER warranty_claim_keeps_each_row ON warranty_claim;
            DROP TRIGGER warranty_claim_keeps_rows ON warranty_claim;
            """,
        ),
        migrations.RunSQL(
            FROZEN,
            """
            DROP TRIGGER warranty_term_policies_frozen ON warranty_term;
            DROP TRIGGER warranty_card_token_frozen ON warranty_card;
            """,
        ),
    ]
