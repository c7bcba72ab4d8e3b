"""Movement documents: drafts that people edit, then posted and never changed again."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q, Sum
from django.utils.translation import gettext_lazy as _

from company.access import Access
from company.models import Store
from partners.models import Customer, Supplier
from products.models import Product
from products.modes import Mode
from serials.models import Posting

MOST_PIECES = 1_000_000
"""The most pieces on one line: more is a typing error, such as a barcode in the quantity."""


class Kind(models.TextChoices):
    """What a document does; see `kinds` for where it moves things and who may."""

    RECEIPT = "receipt", _("Receipt")
    SALE = "sale", _("Sale")


class Status(models.TextChoices):
    DRAFT = "draft", _("Draft")
    POSTED = "posted", _("Posted")


class DocumentQuerySet(models.QuerySet["Document"]):
    def visible_to(self, access: Access) -> DocumentQuerySet:
        """Documents of the stores the person belongs to."""
        return self.filter(store_id__in=access.store_ids)


class Document(models.Model):
    """One receipt or sale of one store."""

    kind = models.CharField(max_length=16, choices=Kind.choices)
    store = models.ForeignKey(Store, models.PROTECT)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.DRAFT)
    number = models.CharField(max_length=40, null=True, blank=True, unique=True)
    effective_on = models.DateField(_("date"), null=True, blank=True)
    supplier = models.ForeignKey(
        Supplier, models.PROTECT, null=True, blank=True, verbose_name=_("supplier")
    )
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, verbose_name=_("customer")
    )
    is_opening = models.BooleanField(_("opening stock"), default=False)
    note = models.CharField(_("note"), max_length=400, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    posting = models.OneToOneField(
        Posting, models.PROTECT, null=True, blank=True, related_name="document"
    )
    active_line = models.ForeignKey(
        "Line", models.SET_NULL, null=True, blank=True, related_name="+"
    )  # fmt: skip

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status=Status.DRAFT, posting__isnull=True, number__isnull=True
                )
                | Q(
                    ~Q(status=Status.DRAFT),
                    posting__isnull=False,
                    number__isnull=False,
                    effective_on__isnull=False,
                ),
                name="documents_posted_has_posting",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=Kind.values), name="documents_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(status__in=Status.values), name="documents_status_known"
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["store", "-id"], name="documents_of_store"),
            models.Index(fields=["store", "kind", "-id"], name="documents_of_kind"),
        ]

    def __str__(self) -> str:
        return self.number or f"{self.get_kind_display()} ({self.get_status_display()})"

    @property
    def is_draft(self) -> bool:
        return self.status == Status.DRAFT


class LineQuerySet(models.QuerySet["Line"]):
    def total(self) -> Decimal:
        """The sum of quantity × unit price."""
        amount = Sum(F("quantity") * F("unit_price"), output_field=models.DecimalField())
        return self.aggregate(total=amount)["total"] or Decimal("0.00")


class Line(models.Model):
    """One product on a document. `mode`, `sku` and `product_name` are copied when it is posted."""

    document = models.ForeignKey(Document, models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    product = models.ForeignKey(Product, models.PROTECT)
    quantity = models.PositiveIntegerField(
        _("quantity"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_PIECES)],
    )
    unit_price = models.DecimalField(
        _("unit price"),
        max_digits=12,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(0)],
    )
    remark = models.CharField(_("remark"), max_length=200, blank=True)
    mode = models.CharField(max_length=8, choices=Mode.choices, blank=True)
    sku = models.CharField(max_length=40, blank=True)
    product_name = models.CharField(max_length=160, blank=True)

    objects = LineQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "position"], name="documents_one_line_per_position"
            ),
            models.UniqueConstraint(
                fields=["id", "document", "product"], name="documents_line_identity"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MOST_PIECES),
                name="documents_line_quantity_in_range",
            ),
            models.CheckConstraint(
                condition=Q(unit_price__gte=0), name="documents_line_price_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_id}.{self.position}"

    @property
    def amount(self) -> Decimal:
        """Quantity × unit price."""
        return self.quantity * self.unit_price


class LineSerial(models.Model):
    """A serial entered on a line; once per product on a document, whatever line it is on."""

    line = models.ForeignKey(Line, models.CASCADE, related_name="serials", db_index=False)
    document = models.ForeignKey(Document, models.CASCADE, db_index=False)
    product = models.ForeignKey(Product, models.PROTECT, db_index=False)
    text = models.CharField(max_length=80)
    key = models.CharField(max_length=80)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "product", "key"], name="documents_serial_once"
            ),
            models.CheckConstraint(condition=~Q(key=""), name="documents_serial_not_empty"),
        ]
        indexes = [models.Index(fields=["line", "id"], name="documents_serials_of_line")]

    def __str__(self) -> str:
        return self.text


class TakenScan(models.Model):
    """A scan that changed a draft, by the name its sender gave it: it is not taken again."""

    nonce = models.UUIDField(primary_key=True)
    document = models.ForeignKey(Document, models.CASCADE, related_name="taken_scans")

    def __str__(self) -> str:
        return str(self.nonce)
