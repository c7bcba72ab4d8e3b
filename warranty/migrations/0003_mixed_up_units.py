"""A term names its sale, which is not always the posting that started it: the serials of a sale
may be entered later, and a unit that was handed over by mistake takes over another's term.
"""

import django.db.models.deletion
from django.db import migrations, models

NAME_THE_SALE = """
UPDATE warranty_term SET sale_id = posting_id;
DO $$
BEGIN
    IF to_regclass('documents_document') IS NOT NULL THEN
        UPDATE warranty_term term SET sale_id = sold.posting_id
        FROM documents_document entered
        JOIN documents_document sold ON sold.id = entered.origin_id
        WHERE entered.posting_id = term.posting_id AND entered.kind = 'identification';
    END IF;
END $$;
"""

FROZEN = """
CREATE TRIGGER warranty_term_sale_frozen
    BEFORE UPDATE ON warranty_term
    FOR EACH ROW WHEN (OLD.sale_id <> NEW.sale_id)
    EXECUTE FUNCTION warranty_row_is_frozen();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("serials", "0003_counted_and_corrected"),
        ("warranty", "0002_terms_of_entries"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="term",
            name="warranty_term_replaces_by_a_policy",
        ),
        migrations.AddField(
            model_name="term",
            name="sale",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="serials.posting",
            ),
        ),
        migrations.RunSQL(NAME_THE_SALE, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="term",
            name="sale",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="serials.posting",
            ),
        ),
        migrations.RunSQL(FROZEN, "DROP TRIGGER warranty_term_sale_frozen ON warranty_term;"),
        migrations.AlterField(
            model_name="term",
            name="replacement",
            field=models.CharField(
                blank=True,
                choices=[
                    ("restart", "A full new term"),
                    ("inherit", "The rest of the old term"),
                    ("at_least", "The rest of the old term, but at least some days"),
                    ("swap", "The same term: another unit was handed over than was written"),
                ],
                db_default="",
                max_length=8,
            ),
        ),
        migrations.AddConstraint(
            model_name="term",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("replacement", ""), ("replaces__isnull", True)),
                    models.Q(
                        ("replacement__in", ["restart", "inherit", "at_least", "swap"]),
                        ("replaces__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="warranty_term_replaces_by_a_policy",
            ),
        ),
    ]
