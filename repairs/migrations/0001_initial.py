"""Repair orders with their steps, charges, loans and photos."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("company", "0003_warranty_policies"),
        ("documents", "0006_settling_is_kept"),
        ("partners", "0002_phone_digits"),
        ("products", "0002_warranty_policies"),
        ("serials", "0003_counted_and_corrected"),
        ("warranty", "0004_adjustments_and_claims"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Repair",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.CharField(max_length=40, unique=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("diagnosed", "Diagnosed"),
                            ("estimate", "Estimate given"),
                            ("agreed", "Agreed"),
                            ("in_work", "In work"),
                            ("waiting_parts", "Waiting for parts"),
                            ("at_service", "At the service centre"),
                            ("at_supplier", "At the supplier"),
                            ("ready", "Ready"),
                            ("handed_back", "Handed back"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="received",
                        max_length=13,
                    ),
                ),
                (
                    "result",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("repaired", "Repaired"),
                            ("replaced", "Replaced"),
                            ("refunded", "Refunded"),
                            ("refused", "Refused"),
                            ("no_fault", "No fault found"),
                        ],
                        max_length=8,
                        verbose_name="outcome",
                    ),
                ),
                ("is_own", models.BooleanField(default=False, verbose_name="our own stock")),
                ("product_name", models.CharField(max_length=160)),
                ("sku", models.CharField(max_length=40)),
                ("serial_text", models.CharField(blank=True, max_length=80)),
                ("complaint", models.TextField(max_length=2000, verbose_name="complaint")),
                (
                    "condition",
                    models.TextField(blank=True, max_length=1000, verbose_name="condition"),
                ),
                (
                    "contents",
                    models.TextField(blank=True, max_length=1000, verbose_name="what came with it"),
                ),
                (
                    "diagnosis",
                    models.TextField(blank=True, max_length=2000, verbose_name="diagnosis"),
                ),
                (
                    "work_done",
                    models.TextField(blank=True, max_length=2000, verbose_name="what was done"),
                ),
                (
                    "promised_on",
                    models.DateField(blank=True, null=True, verbose_name="promised for"),
                ),
                (
                    "proposed",
                    models.CharField(
                        choices=[
                            ("warranty", "Under warranty"),
                            ("customer", "Paid by the customer"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "decided",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("warranty", "Under warranty"),
                            ("customer", "Paid by the customer"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "decision_reason",
                    models.CharField(blank=True, max_length=200, verbose_name="reason"),
                ),
                (
                    "sent_to_name",
                    models.CharField(blank=True, max_length=160, verbose_name="service centre"),
                ),
                (
                    "agreed_amount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=12,
                        null=True,
                        verbose_name="agreed amount",
                    ),
                ),
                ("taken_in_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "claim",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="repair",
                        to="warranty.claim",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="partners.customer",
                        verbose_name="customer",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "document",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="repair",
                        to="documents.document",
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="products.product",
                    ),
                ),
                (
                    "put_back",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="documents.document",
                    ),
                ),
                (
                    "sent_to",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partners.supplier",
                        verbose_name="sent to",
                    ),
                ),
                (
                    "serial",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="serials.serial",
                    ),
                ),
                (
                    "set_aside",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="documents.document",
                    ),
                ),
                (
                    "sold_on",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="documents.line",
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="company.store"
                    ),
                ),
                (
                    "taken_in_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "technician",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="technician",
                    ),
                ),
            ],
            options={
                "verbose_name": "repair",
            },
        ),
        migrations.CreateModel(
            name="Photo",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("file", models.FileField(max_length=200, upload_to="repairs/%Y/%m/")),
                ("caption", models.CharField(blank=True, max_length=160, verbose_name="caption")),
                ("content_type", models.CharField(max_length=20)),
                ("width", models.PositiveIntegerField()),
                ("height", models.PositiveIntegerField()),
                ("added_at", models.DateTimeField()),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "repair",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="photos",
                        to="repairs.repair",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Loan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("serial_text", models.CharField(blank=True, max_length=80)),
                (
                    "note",
                    models.CharField(
                        blank=True, max_length=400, verbose_name="condition and contents"
                    ),
                ),
                ("lent_on", models.DateField()),
                ("returned_on", models.DateField(blank=True, null=True)),
                (
                    "back",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="documents.document",
                    ),
                ),
                (
                    "out",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="documents.document",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="products.product",
                    ),
                ),
                (
                    "serial",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="serials.serial",
                    ),
                ),
                (
                    "repair",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="loans",
                        to="repairs.repair",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Charge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(choices=[("work", "Work"), ("part", "Part")], max_length=4),
                ),
                ("name", models.CharField(max_length=160, verbose_name="name")),
                (
                    "quantity",
                    models.PositiveIntegerField(
                        default=1,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(10000),
                        ],
                        verbose_name="quantity",
                    ),
                ),
                (
                    "unit_price",
                    models.DecimalField(
                        decimal_places=2,
                        default=0,
                        max_digits=12,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="unit price",
                    ),
                ),
                ("added_at", models.DateTimeField()),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "document",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="documents.document",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="products.product",
                    ),
                ),
                (
                    "repair",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="charges",
                        to="repairs.repair",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Step",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("diagnosed", "Diagnosed"),
                            ("estimate", "Estimate given"),
                            ("agreed", "Agreed"),
                            ("in_work", "In work"),
                            ("waiting_parts", "Waiting for parts"),
                            ("at_service", "At the service centre"),
                            ("at_supplier", "At the supplier"),
                            ("ready", "Ready"),
                            ("handed_back", "Handed back"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=13,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=400, verbose_name="note")),
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
                    "repair",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="repairs.repair",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddIndex(
            model_name="repair",
            index=models.Index(fields=["store", "-id"], name="repairs_of_store"),
        ),
        migrations.AddIndex(
            model_name="repair",
            index=models.Index(
                condition=models.Q(("status__in", ("handed_back", "cancelled")), _negated=True),
                fields=["store", "promised_on"],
                name="repairs_under_way",
            ),
        ),
        migrations.AddConstraint(
            model_name="repair",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        [
                            "received",
                            "diagnosed",
                            "estimate",
                            "agreed",
                            "in_work",
                            "waiting_parts",
                            "at_service",
                            "at_supplier",
                            "ready",
                            "handed_back",
                            "cancelled",
                        ],
                    )
                ),
                name="repairs_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="repair",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("result__in", ["", "repaired", "replaced", "refunded", "refused", "no_fault"])
                ),
                name="repairs_result_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="repair",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("customer__isnull", True), ("is_own", True)),
                    models.Q(("customer__isnull", False), ("is_own", False)),
                    _connector="OR",
                ),
                name="repairs_customer_or_own",
            ),
        ),
        migrations.AddConstraint(
            model_name="repair",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ended_at__isnull", False),
                        ("ended_by__isnull", False),
                        ("status__in", ("handed_back", "cancelled")),
                    ),
                    models.Q(
                        models.Q(("status__in", ("handed_back", "cancelled")), _negated=True),
                        ("ended_at__isnull", True),
                        ("ended_by__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="repairs_ended_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="repair",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "handed_back"), _negated=True),
                    models.Q(
                        models.Q(("result", ""), _negated=True),
                        models.Q(("decided", ""), _negated=True),
                        ("decided_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="repairs_handed_back_with_a_result",
            ),
        ),
        migrations.AddConstraint(
            model_name="repair",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("result__in", ["replaced", "refunded"]),
                        ("status", "handed_back"),
                        _negated=True,
                    ),
                    ("document__isnull", False),
                    _connector="OR",
                ),
                name="repairs_result_has_its_document",
            ),
        ),
        migrations.AddConstraint(
            model_name="repair",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decided__in", ["", "warranty", "customer"]),
                    ("proposed__in", ["warranty", "customer"]),
                ),
                name="repairs_payer_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="loan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("back__isnull", True), ("returned_on__isnull", True)),
                    models.Q(
                        ("back__isnull", False),
                        ("returned_on__gte", models.F("lent_on")),
                        ("returned_on__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="repairs_loan_back_by_a_document",
            ),
        ),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gte", 1), ("unit_price__gte", 0)),
                name="repairs_charge_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("document__isnull", True), ("product__isnull", True)),
                    models.Q(
                        ("document__isnull", False), ("kind", "part"), ("product__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="repairs_part_of_stock_has_its_document",
            ),
        ),
    ]
