"""Repair orders: goods taken in, what was found and done, and how they went back."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from company.access import Access
from company.models import Store
from documents.models import Document, Line
from partners.models import Customer, Supplier
from products.models import Product
from serials.models import Serial
from warranty.models import Claim

MOST_PHOTOS = 12
"""Photos kept with one repair."""


class Status(models.TextChoices):
    """Where a repair is; see `flow` for what may follow what."""

    RECEIVED = "received", _("Received")
    DIAGNOSED = "diagnosed", _("Diagnosed")
    ESTIMATE = "estimate", _("Estimate given")
    AGREED = "agreed", _("Agreed")
    IN_WORK = "in_work", _("In work")
    WAITING_PARTS = "waiting_parts", _("Waiting for parts")
    AT_SERVICE = "at_service", _("At the service centre")
    AT_SUPPLIER = "at_supplier", _("At the supplier")
    READY = "ready", _("Ready")
    HANDED_BACK = "handed_back", _("Handed back")
    CANCELLED = "cancelled", _("Cancelled")


ENDED = (Status.HANDED_BACK, Status.CANCELLED)


class Payer(models.TextChoices):
    """Who pays: proposed from the term on the day of the claim, decided by a person."""

    WARRANTY = "warranty", _("Under warranty")
    CUSTOMER = "customer", _("Paid by the customer")


class Result(models.TextChoices):
    """How a repair ended."""

    REPAIRED = "repaired", _("Repaired")
    REPLACED = "replaced", _("Replaced")
    REFUNDED = "refunded", _("Refunded")
    REFUSED = "refused", _("Refused")
    NO_FAULT = "no_fault", _("No fault found")


class RepairQuerySet(models.QuerySet["Repair"]):
    def visible_to(self, access: Access) -> RepairQuerySet:
        """Repairs taken in by the person's own stores."""
        return self.filter(store_id__in=access.store_ids)

    def open(self) -> RepairQuerySet:
        """Those that have neither been handed back nor cancelled."""
        return self.exclude(status__in=ENDED)


class Repair(models.Model):
    """One repair order of one store, from intake to hand-back.

    The `claim` has the unit, the days and whether it is under warranty; it makes sure that a unit
    is in one open repair at a time. `sold_on` is the line by which it was sold. What is called
    `own` is the store's own stock: it has no customer, and `set_aside` is the document that took
    it off the shelf, `put_back` the one that brought it back. `proposed` is what the term said on
    the day of the claim, `decided` what a person made of it and why. A replacement or a refund
    has its `document`. Names are as they were at the intake.
    """

    number = models.CharField(max_length=40, unique=True)
    store = models.ForeignKey(Store, models.PROTECT)
    claim = models.OneToOneField(Claim, models.PROTECT, related_name="repair")
    status = models.CharField(
        max_length=13, choices=Status.choices, default=Status.RECEIVED
    )  # fmt: skip
    result = models.CharField(_("outcome"), max_length=8, choices=Result.choices, blank=True)
    is_own = models.BooleanField(_("our own stock"), default=False)
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, verbose_name=_("customer")
    )
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    serial = models.ForeignKey(Serial, models.PROTECT, null=True, blank=True, related_name="+")
    product_name = models.CharField(max_length=160)
    sku = models.CharField(max_length=40)
    serial_text = models.CharField(max_length=80, blank=True)
    sold_on = models.ForeignKey(Line, models.PROTECT, null=True, blank=True, related_name="+")

    complaint = models.TextField(_("complaint"), max_length=2000)
    condition = models.TextField(_("condition"), max_length=1000, blank=True)
    contents = models.TextField(_("what came with it"), max_length=1000, blank=True)
    diagnosis = models.TextField(_("diagnosis"), max_length=2000, blank=True)
    work_done = models.TextField(_("what was done"), max_length=2000, blank=True)
    technician = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("technician"),
    )  # fmt: skip
    promised_on = models.DateField(_("promised for"), null=True, blank=True)

    proposed = models.CharField(max_length=8, choices=Payer.choices)
    decided = models.CharField(max_length=8, choices=Payer.choices, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decision_reason = models.CharField(_("reason"), max_length=200, blank=True)

    sent_to = models.ForeignKey(
        Supplier, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("sent to"),
    )  # fmt: skip
    sent_to_name = models.CharField(_("service centre"), max_length=160, blank=True)
    agreed_amount = models.DecimalField(
        _("agreed amount"), max_digits=12, decimal_places=2, null=True, blank=True
    )

    set_aside = models.OneToOneField(
        Document, models.PROTECT, null=True, blank=True, related_name="+"
    )
    put_back = models.OneToOneField(
        Document, models.PROTECT, null=True, blank=True, related_name="+"
    )
    document = models.OneToOneField(
        Document, models.PROTECT, null=True, blank=True, related_name="repair"
    )
    taken_in_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    taken_in_at = models.DateTimeField()
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = RepairQuerySet.as_manager()

    class Meta:
        verbose_name = _("repair")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=Status.values), name="repairs_status_known"
            ),
            models.CheckConstraint(
                condition=Q(result__in=["", *Result.values]), name="repairs_result_known"
            ),
            models.CheckConstraint(
                condition=Q(is_own=True, customer__isnull=True)
                | Q(is_own=False, customer__isnull=False),
                name="repairs_customer_or_own",
            ),
            models.CheckConstraint(
                condition=Q(status__in=ENDED, ended_at__isnull=False, ended_by__isnull=False)
                | (~Q(status__in=ENDED) & Q(ended_at__isnull=True, ended_by__isnull=True)),
                name="repairs_ended_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.HANDED_BACK)
                | (~Q(result="") & ~Q(decided="") & Q(decided_by__isnull=False)),
                name="repairs_handed_back_with_a_result",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.HANDED_BACK, result__in=["replaced", "refunded"])
                | Q(document__isnull=False),
                name="repairs_result_has_its_document",
            ),
            models.CheckConstraint(
                condition=Q(decided__in=["", *Payer.values]) & Q(proposed__in=Payer.values),
                name="repairs_payer_known",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["store", "-id"], name="repairs_of_store"),
            models.Index(
                fields=["store", "promised_on"],
                condition=~Q(status__in=ENDED),
                name="repairs_under_way",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    # Django's own translates all the choices for each call: a third of the cost of a long list.
    def get_status_display(self) -> str:  # type: ignore[no-redef]
        return str(Status(self.status).label)

    @property
    def has_ended(self) -> bool:
        """Whether it was handed back or cancelled."""
        return self.status in ENDED


class Step(models.Model):
    """A change of a repair's status: append-only, the first is its intake."""

    repair = models.ForeignKey(Repair, models.PROTECT, related_name="steps")
    status = models.CharField(max_length=13, choices=Status.choices)
    note = models.CharField(_("note"), max_length=400, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.repair_id}: {self.status}"


class Charge(models.Model):
    """Work, or a part, with its price: what the customer pays unless it is under warranty.

    A part from stock names its `product` and left the store by `document`, with its serials where
    they are asked. Anything else is a `name` with a price.
    """

    class Kind(models.TextChoices):
        WORK = "work", _("Work")
        PART = "part", _("Part")

    repair = models.ForeignKey(Repair, models.PROTECT, related_name="charges")
    kind = models.CharField(max_length=4, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=160)
    product = models.ForeignKey(Product, models.PROTECT, null=True, blank=True, related_name="+")
    quantity = models.PositiveIntegerField(
        _("quantity"), default=1, validators=[MinValueValidator(1), MaxValueValidator(10_000)]
    )
    unit_price = models.DecimalField(
        _("unit price"),
        max_digits=12,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(0)],
    )
    document = models.OneToOneField(
        Document, models.PROTECT, null=True, blank=True, related_name="+"
    )
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gte=1, unit_price__gte=0), name="repairs_charge_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(product__isnull=True, document__isnull=True)
                | Q(kind="part", product__isnull=False, document__isnull=False),
                name="repairs_part_of_stock_has_its_document",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.repair_id}: {self.name}"

    @property
    def amount(self) -> Decimal:
        """Quantity × unit price."""
        return self.quantity * self.unit_price


class Loan(models.Model):
    """A unit of the store lent to the customer while theirs is in repair.

    It left the shelf by `out` and came back by `back`; a repair is not handed back before.
    """

    repair = models.ForeignKey(Repair, models.PROTECT, related_name="loans")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    serial = models.ForeignKey(Serial, models.PROTECT, null=True, blank=True, related_name="+")
    serial_text = models.CharField(max_length=80, blank=True)
    out = models.OneToOneField(Document, models.PROTECT, related_name="+")
    back = models.OneToOneField(Document, models.PROTECT, null=True, blank=True, related_name="+")
    note = models.CharField(_("condition and contents"), max_length=400, blank=True)
    lent_on = models.DateField()
    returned_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(back__isnull=True, returned_on__isnull=True)
                | Q(back__isnull=False, returned_on__isnull=False, returned_on__gte=F("lent_on")),
                name="repairs_loan_back_by_a_document",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.repair_id}: {self.serial_text or self.product_id}"


class Photo(models.Model):
    """A photo of what was taken in: kept outside the web root, shown only to the store's people."""

    repair = models.ForeignKey(Repair, models.CASCADE, related_name="photos")
    file = models.FileField(upload_to="repairs/%Y/%m/", max_length=200)
    caption = models.CharField(_("caption"), max_length=160, blank=True)
    content_type = models.CharField(max_length=20)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.repair_id}: {self.caption or self.pk}"
