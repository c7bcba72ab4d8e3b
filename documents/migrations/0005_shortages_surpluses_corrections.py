"""Kinds of documents that counts write: shortages, surpluses, and units that were mixed up."""

from django.conf import settings
from django.db import migrations, models

COMPLETE = """
CREATE OR REPLACE FUNCTION documents_posted_is_complete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM serials_posting posting
        WHERE posting.id = NEW.posting_id
          AND (posting.reference, posting.effective_on, posting.store_id, posting.kind)
              = (NEW.number, NEW.effective_on, NEW.store_id, NEW.kind)
    ) THEN
        RAISE EXCEPTION 'document % does not agree with its posting', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'documents_agrees_with_posting',
                  TABLE = TG_TABLE_NAME;
    END IF;
    IF NOT EXISTS (SELECT FROM documents_line WHERE document_id = NEW.id) THEN
        RAISE EXCEPTION 'document % has no lines', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'documents_posted_has_lines',
                  TABLE = TG_TABLE_NAME;
    END IF;
    IF EXISTS (
        SELECT FROM documents_line line
        LEFT JOIN LATERAL (
            SELECT count(*) AS pieces FROM documents_lineserial serial
            WHERE serial.line_id = line.id
        ) entered ON true
        WHERE line.document_id = NEW.id
          AND (line.mode = ''
               OR (line.unidentified > 0 AND NEW.without_serials = '')
               OR entered.pieces + line.unidentified
                  <> CASE WHEN line.mode IN ('strict', 'recorded') THEN line.quantity ELSE 0 END)
    ) THEN
        RAISE EXCEPTION 'a line of document % has not one serial for each unit', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'documents_serial_for_each_unit',
                  TABLE = TG_TABLE_NAME;
    END IF;
    IF EXISTS (
        SELECT FROM documents_line line
        WHERE line.document_id = NEW.id
          AND NEW.kind <> 'exchange'
          AND (NEW.kind IN ('customer_return', 'arrival', 'identification', 'correction'))
              <> (line.origin_id IS NOT NULL)
    ) THEN
        RAISE EXCEPTION 'a line of document % does not say what it settles', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'documents_line_names_its_origin',
                  TABLE = TG_TABLE_NAME;
    END IF;
    -- The first line puts back what was written, the second what went instead, of one line.
    IF NEW.kind = 'correction' AND NOT EXISTS (
        SELECT FROM documents_line line JOIN documents_line origin ON origin.id = line.origin_id
        WHERE line.document_id = NEW.id AND origin.document_id = NEW.origin_id
          AND origin.product_id = line.product_id AND line.quantity = 1
        HAVING count(*) = 2 AND min(line.position) = 1 AND max(line.position) = 2
           AND count(DISTINCT line.origin_id) = 1
    ) THEN
        RAISE EXCEPTION 'correction % does not change two units of one line', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'documents_correction_of_one_line',
                  TABLE = TG_TABLE_NAME;
    END IF;
    -- No more comes back, arrives or gets serials than there was, and each piece counts once.
    IF EXISTS (
        SELECT FROM documents_line line
        LEFT JOIN documents_outstanding outstanding
            ON outstanding.line_id = line.origin_id
            AND outstanding.purpose = documents_settles(NEW.kind)
        WHERE line.document_id = NEW.id AND line.origin_id IS NOT NULL AND NEW.kind <> 'correction'
          AND outstanding.settled IS DISTINCT FROM documents_settled(line.origin_id, NEW.kind)
    ) THEN
        RAISE EXCEPTION 'document % settles what it may not', NEW.id
            USING ERRCODE = '23514', CONSTRAINT = 'documents_settles_its_origins',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("company", "0002_sequences_go_forward"),
        ("documents", "0004_list_indexes"),
        ("partners", "0002_phone_digits"),
        ("serials", "0003_counted_and_corrected"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="document",
            name="documents_continues_its_origin",
        ),
        migrations.RemoveConstraint(
            model_name="document",
            name="documents_kind_known",
        ),
        migrations.AlterField(
            model_name="document",
            name="kind",
            field=models.CharField(
                choices=[
                    ("receipt", "Receipt"),
                    ("sale", "Sale"),
                    ("customer_return", "Customer return"),
                    ("exchange", "Exchange"),
                    ("supplier_return", "Supplier return"),
                    ("write_off", "Write-off"),
                    ("transfer", "Transfer"),
                    ("arrival", "Transfer received"),
                    ("identification", "Serial numbers entered"),
                    ("shortage", "Shortage"),
                    ("surplus", "Surplus"),
                    ("correction", "Correction"),
                ],
                max_length=16,
            ),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind__in", ("arrival", "correction", "identification")),
                        ("origin__isnull", False),
                    ),
                    models.Q(
                        models.Q(
                            ("kind__in", ("arrival", "correction", "identification")), _negated=True
                        ),
                        ("origin__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="documents_continues_its_origin",
            ),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "receipt",
                            "sale",
                            "customer_return",
                            "exchange",
                            "supplier_return",
                            "write_off",
                            "transfer",
                            "arrival",
                            "identification",
                            "shortage",
                            "surplus",
                            "correction",
                        ],
                    )
                ),
                name="documents_kind_known",
            ),
        ),
        # The wider rule also keeps what the narrower one of 0002 did: nothing to take back.
        migrations.RunSQL(COMPLETE, migrations.RunSQL.noop),
    ]
