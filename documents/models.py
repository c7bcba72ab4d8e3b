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
from products.models import Period, PeriodUnit, Product
from products.modes import Mode
from serials.models import Posting
from warranty.models import Card

MOST_PIECES = 1_000_000
"""The most pieces on one line: more is a typing error, such as a barcode in the quantity."""


class Kind(models.TextChoices):
    """What a document does; see `kinds` for where it moves things and who may."""

    RECEIPT = "receipt", _("Receipt")
    SALE = "sale", _("Sale")
    CUSTOMER_RETURN = "customer_return", _("Customer return")
    EXCHANGE = "exchange", _("Exchange")
    SUPPLIER_RETURN = "supplier_return", _("Supplier return")
    WRITE_OFF = "write_off", _("Write-off")
    TRANSFER = "transfer", _("Transfer")
    ARRIVAL = "arrival", _("Transfer received")
    IDENTIFICATION = "identification", _("Serial numbers entered")
    SHORTAGE = "shortage", _("Shortage")
    SURPLUS = "surplus", _("Surplus")
    SET_ASIDE = "set_aside", _("Set aside")
    PUT_BACK = "put_back", _("Put back")
    PARTS = "parts", _("Parts used")
    CORRECTION = "correction", _("Correction")


CONTINUING = (Kind.ARRIVAL, Kind.CORRECTION, Kind.IDENTIFICATION)
"""Kinds that go on from one earlier document, their `origin`."""

BRINGS_IN = (Kind.RECEIPT, Kind.ARRIVAL, Kind.SURPLUS)
"""Kinds by which units come into a store, so that a number may have been mistyped there."""


class Status(models.TextChoices):
    DRAFT = "draft", _("Draft")
    POSTED = "posted", _("Posted")
    CANCELLED = "cancelled", _("Cancelled")


class DocumentQuerySet(models.QuerySet["Document"]):
    def visible_to(self, access: Access) -> DocumentQuerySet:
        """Documents of the stores the person belongs to, and transfers sent to these stores."""
        return self.filter(
            Q(store_id__in=access.store_ids)
            | Q(~Q(status=Status.DRAFT), to_store_id__in=access.store_ids)
        )


class Document(models.Model):
    """One movement document of one store.

    `origin` is what it continues: the transfer that an arrival receives, the document whose
    serials an identification enters, the one a correction puts right. `without_serials` is the
    reason why some of its units moved without their serial numbers, `cancel_reason` why it was
    cancelled.
    """

    kind = models.CharField(max_length=16, choices=Kind.choices)
    store = models.ForeignKey(Store, models.PROTECT)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.DRAFT)
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
    to_store = models.ForeignKey(
        Store,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("to store"),
    )
    origin = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="continued_by"
    )
    without_serials = models.CharField(_("reason"), max_length=200, blank=True)
    posting = models.OneToOneField(
        Posting, models.PROTECT, null=True, blank=True, related_name="document"
    )
    cancellation = models.OneToOneField(
        Posting, models.PROTECT, null=True, blank=True, related_name="cancelled_document"
    )
    cancel_reason = models.CharField(_("reason"), max_length=200, blank=True)
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
                condition=Q(status=Status.CANCELLED, cancellation__isnull=False)
                | (~Q(status=Status.CANCELLED) & Q(cancellation__isnull=True)),
                name="documents_cancelled_has_cancellation",
            ),
            models.CheckConstraint(
                condition=Q(to_store__isnull=True)
                | Q(~Q(to_store=F("store")), kind=Kind.TRANSFER),
                name="documents_goes_to_another_store",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=CONTINUING, origin__isnull=False)
                | (~Q(kind__in=CONTINUING) & Q(origin__isnull=True)),
                name="documents_continues_its_origin",
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
            models.Index(
                fields=["to_store", "-id"],
                condition=Q(to_store__isnull=False),
                name="documents_on_the_way",
            ),
        ]

    def __str__(self) -> str:
        return self.number or f"{self.get_kind_display()} ({self.get_status_display()})"

    # Django's own translates all the choices for each call: a third of the cost of a long list.
    def get_kind_display(self) -> str:  # type: ignore[no-redef]
        return str(Kind(self.kind).label)

    def get_status_display(self) -> str:  # type: ignore[no-redef]
        return str(Status(self.status).label)

    @property
    def is_mistyped_receipt(self) -> bool:
        """Whether a correction says that a number was mistyped when the unit came into the store.

        Otherwise another unit went than was written. What came into another store had been sent
        from the correction's own.
        """
        origin = self.origin if self.kind == Kind.CORRECTION else None
        return origin is not None and origin.kind in BRINGS_IN and origin.store_id == self.store_id

    @property
    def is_draft(self) -> bool:
        return self.status == Status.DRAFT


class LineQuerySet(models.QuerySet["Line"]):
    def total(self) -> Decimal:
        """The sum of quantity × unit price."""
        amount = Sum(F("quantity") * F("unit_price"), output_field=models.DecimalField())
        return self.aggregate(total=amount)["total"] or Decimal("0.00")


class Line(models.Model):
    """One product on a document.

    `origin` is the line whose pieces it settles: of the sale that comes back, of the transfer
    that arrives, of the document whose serials are entered. On an exchange the lines that come
    back have one. Both lines of a correction name the line that they put right: the first puts
    back the unit that was written there, the second moves in its place the one that went. `mode`,
    `sku`, `product_name` and `unidentified`, the number of pieces moved without serials, are
    written when it is posted; on a receipt also the supplier's warranty to us, which begins on its
    day. While it is a draft, `in_pairs` says that each of its units has two numbers, scanned one
    after the other; `awaits_second_of` is the key of the one whose second is scanned next.
    """

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
    origin = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="settled_by"
    )
    is_defective = models.BooleanField(_("defective"), default=False)
    unidentified = models.PositiveIntegerField(default=0)
    mode = models.CharField(max_length=8, choices=Mode.choices, blank=True)
    sku = models.CharField(max_length=40, blank=True)
    product_name = models.CharField(max_length=160, blank=True)
    supplier_period_count = models.PositiveIntegerField(null=True, blank=True)
    supplier_period_unit = models.CharField(
        max_length=6, choices=PeriodUnit.choices, blank=True, db_default=""
    )
    in_pairs = models.BooleanField(default=False, db_default=False)
    awaits_second_of = models.CharField(max_length=80, blank=True, default="", db_default="")

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
            models.CheckConstraint(
                condition=Q(supplier_period_count__isnull=True, supplier_period_unit="")
                | Q(
                    supplier_period_count__isnull=False,
                    supplier_period_count__gte=1,
                    supplier_period_unit__in=PeriodUnit.values,
                ),
                name="documents_line_supplier_period_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_id}.{self.position}"

    @property
    def amount(self) -> Decimal:
        """Quantity × unit price."""
        return self.quantity * self.unit_price

    @property
    def supplier_period(self) -> Period | None:
        """The supplier's warranty as it was when the goods were received."""
        if self.supplier_period_count is None:
            return None
        return Period(self.supplier_period_count, self.supplier_period_unit)


class LineSerial(models.Model):
    """A serial entered on a line; once per product on a document, whatever line it is on.

    `acknowledged` is the earlier return to the supplier that a manager has seen. `second_text` is
    the second number that a receipt enters for the unit, if it has one.
    """

    line = models.ForeignKey(Line, models.CASCADE, related_name="serials", db_index=False)
    document = models.ForeignKey(Document, models.CASCADE, db_index=False)
    product = models.ForeignKey(Product, models.PROTECT, db_index=False)
    text = models.CharField(max_length=80)
    key = models.CharField(max_length=80)
    acknowledged = models.ForeignKey(
        Posting, models.PROTECT, null=True, blank=True, related_name="+"
    )
    second_text = models.CharField(max_length=80, blank=True, default="", db_default="")
    second_key = models.CharField(max_length=80, blank=True, default="", db_default="")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "product", "key"], name="documents_serial_once"
            ),
            models.UniqueConstraint(
                fields=["document", "product", "second_key"],
                condition=~Q(second_key=""),
                name="documents_second_number_once",
            ),
            models.CheckConstraint(
                condition=~Q(second_key=F("key")), name="documents_second_number_is_another"
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


class ReturnedCard(models.Model):
    """A warranty card named on a line that comes back: this one becomes void."""

    line = models.ForeignKey(Line, models.CASCADE, related_name="cards")
    card = models.ForeignKey(Card, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "card"], name="documents_card_once_per_line"),
        ]

    def __str__(self) -> str:
        return f"{self.line_id}: {self.card_id}"


class Outstanding(models.Model):
    """Pieces of a posted line that a later document may settle, and how many it did.

    Of a sale those that may come back, of a transfer those that may arrive, of a line posted
    without serials those to be identified. Cancelling the document takes them away.
    """

    class Purpose(models.TextChoices):
        RETURN = "return", _("may come back")
        ARRIVE = "arrive", _("on the way")
        IDENTIFY = "identify", _("without serial numbers")

    line = models.ForeignKey(Line, models.PROTECT, related_name="outstanding", db_index=False)
    purpose = models.CharField(max_length=8, choices=Purpose.choices)
    quantity = models.PositiveIntegerField()
    settled = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "purpose"], name="documents_outstanding_once"),
            models.CheckConstraint(
                condition=Q(settled__lte=F("quantity")), name="documents_settled_at_most_all"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1), name="documents_outstanding_positive"
            ),
            models.CheckConstraint(
                condition=Q(purpose__in=["return", "arrive", "identify"]),
                name="documents_outstanding_purpose_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["purpose", "line"],
                condition=Q(settled__lt=F("quantity")) & ~Q(purpose="return"),
                name="documents_to_settle",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line_id}, {self.purpose}: {self.settled}/{self.quantity}"

    @property
    def left(self) -> int:
        """Pieces not settled yet."""
        return self.quantity - self.settled


from .notice_models import Notice as Notice  # noqa: E402  (it names Document)
from .print_models import DocumentPrint as DocumentPrint  # noqa: E402  (it names Document)
from .upload_models import Upload as Upload  # noqa: E402
