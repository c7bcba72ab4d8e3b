"""Counts: what a store's records expected, and what people scanned on its shelves."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from company.access import Access
from company.models import Store
from documents.models import Document
from products.models import Product, ProductType
from serials.models import Posting, Serial


class Scope(models.TextChoices):
    """Which products a count is about."""

    ALL = "all", _("everything")
    TYPE = "type", _("one product type")
    PRODUCTS = "products", _("chosen products")


class CountStatus(models.TextChoices):
    OPEN = "open", _("counting")
    PAUSED = "paused", _("paused")
    CLOSED = "closed", _("closed")
    ABANDONED = "abandoned", _("abandoned")


UNDER_WAY = (CountStatus.OPEN, CountStatus.PAUSED)


class CountQuerySet(models.QuerySet["Count"]):
    def visible_to(self, access: Access) -> CountQuerySet:
        """Counts of the person's own stores."""
        return self.filter(store_id__in=access.store_ids)


class Count(models.Model):
    """One count of a store's shelves: of everything, of a product type, or of chosen products.

    One at a time is under way in a store. When it is closed, what was missing left by the
    document `shortage`, what was too much came by `surplus`, and the figures are kept: units are
    those with serial numbers, pieces those of products without.
    """

    number = models.CharField(max_length=40, unique=True)
    store = models.ForeignKey(Store, models.PROTECT)
    scope = models.CharField(_("what is counted"), max_length=8, choices=Scope.choices)
    product_type = models.ForeignKey(
        ProductType, models.PROTECT, null=True, blank=True, verbose_name=_("product type")
    )
    products = models.ManyToManyField(Product, blank=True, verbose_name=_("products"))
    status = models.CharField(
        max_length=9, choices=CountStatus.choices, default=CountStatus.OPEN
    )  # fmt: skip
    note = models.CharField(_("note"), max_length=400, blank=True)
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    closed_on = models.DateField(null=True, blank=True)
    shortage = models.OneToOneField(
        Document, models.PROTECT, null=True, blank=True, related_name="counted_short"
    )
    surplus = models.OneToOneField(
        Document, models.PROTECT, null=True, blank=True, related_name="counted_over"
    )
    units_expected = models.PositiveIntegerField(default=0)
    units_counted = models.PositiveIntegerField(default=0)
    units_missing = models.PositiveIntegerField(default=0)
    units_unknown = models.PositiveIntegerField(default=0)
    pieces_expected = models.PositiveIntegerField(default=0)
    pieces_counted = models.PositiveIntegerField(default=0)
    pieces_short = models.PositiveIntegerField(default=0)
    pieces_over = models.PositiveIntegerField(default=0)

    objects = CountQuerySet.as_manager()

    class Meta:
        verbose_name = _("count")
        constraints = [
            models.UniqueConstraint(
                fields=["store"],
                condition=Q(status__in=[CountStatus.OPEN, CountStatus.PAUSED]),
                name="inventory_one_count_under_way",
            ),
            models.CheckConstraint(
                condition=Q(scope=Scope.TYPE, product_type__isnull=False)
                | (Q(scope__in=[Scope.ALL, Scope.PRODUCTS], product_type__isnull=True)),
                name="inventory_count_type_fits_scope",
            ),
            models.CheckConstraint(
                condition=Q(status__in=CountStatus.values), name="inventory_count_status_known"
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=[CountStatus.OPEN, CountStatus.PAUSED],
                    ended_at__isnull=True,
                    ended_by__isnull=True,
                )
                | Q(
                    status__in=[CountStatus.CLOSED, CountStatus.ABANDONED],
                    ended_at__isnull=False,
                    ended_by__isnull=False,
                ),
                name="inventory_count_ended_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(status=CountStatus.CLOSED, closed_on__isnull=False)
                | (
                    ~Q(status=CountStatus.CLOSED)
                    & Q(closed_on__isnull=True, shortage__isnull=True, surplus__isnull=True)
                ),
                name="inventory_count_closed_on_a_day",
            ),
        ]
        indexes = [models.Index(fields=["store", "-id"], name="inventory_counts_of_store")]

    def __str__(self) -> str:
        return self.number

    # Django's own translates all the choices for each call: a third of the cost of a long list.
    def get_status_display(self) -> str:  # type: ignore[no-redef]
        return str(CountStatus(self.status).label)

    @property
    def is_under_way(self) -> bool:
        """Whether it is neither closed nor abandoned."""
        return self.status in UNDER_WAY


class ExpectedUnit(models.Model):
    """A unit that lay in the store, and in the count's scope, when the count began.

    `seq` is the unit's last movement at that moment: a unit that moved since is not missing, even
    if nobody scans it.
    """

    pk = models.CompositePrimaryKey("count_id", "serial_id")
    count = models.ForeignKey(Count, models.CASCADE, related_name="expected", db_index=False)
    serial = models.ForeignKey(
        Serial, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    seq = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.count_id}: {self.serial_id}"


class Scan(models.Model):
    """One thing counted: a unit by its serial number, or some pieces of a product without.

    Of a unit: `text` and `key` are its serial number, `product` what it is of where that is known,
    `serial` the serial known by then, and `was_here` whether the store's records had the unit when
    it was scanned. One that was not is *unknown* until something explains it; `explained_by` is
    written when the count closes: the posting that brought the unit into the store's records.

    Of pieces: `key` is empty, `quantity` how many were counted (0 says that there are none) and
    `balance` how many the records had at that moment.

    The nonce is the scan's own name, given by its sender: sent again, it is not taken again. A
    scan taken back counts no more, and stays to be seen.
    """

    class Source(models.TextChoices):
        SCAN = "scan", _("scanned")
        FILE = "file", _("from a file")

    nonce = models.UUIDField(unique=True)
    count = models.ForeignKey(Count, models.PROTECT, related_name="scans", db_index=False)
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    serial = models.ForeignKey(
        Serial, models.PROTECT, null=True, blank=True, related_name="+", db_constraint=False
    )
    text = models.CharField(max_length=80, blank=True)
    key = models.CharField(max_length=80, blank=True)
    was_here = models.BooleanField(default=False)
    quantity = models.PositiveIntegerField(default=1)
    is_defective = models.BooleanField(default=False)
    balance = models.PositiveIntegerField(null=True, blank=True)
    source = models.CharField(max_length=4, choices=Source.choices, default=Source.SCAN)
    scanned_at = models.DateTimeField()
    scanned_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    taken_back_at = models.DateTimeField(null=True, blank=True)
    taken_back_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    explained_by = models.ForeignKey(
        Posting, models.PROTECT, null=True, blank=True, related_name="+", db_constraint=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["count", "key", "product"],
                condition=Q(taken_back_at__isnull=True) & ~Q(key=""),
                nulls_distinct=False,
                name="inventory_unit_counted_once",
            ),
            models.CheckConstraint(
                condition=Q(~Q(key=""), ~Q(text=""), quantity=1, balance__isnull=True)
                | Q(
                    key="",
                    text="",
                    product__isnull=False,
                    serial__isnull=True,
                    balance__isnull=False,
                ),
                name="inventory_scan_of_unit_or_pieces",
            ),
            models.CheckConstraint(
                condition=Q(was_here=False) | Q(serial__isnull=False),
                name="inventory_scan_here_is_known",
            ),
            models.CheckConstraint(
                condition=Q(taken_back_at__isnull=True, taken_back_by__isnull=True)
                | Q(taken_back_at__isnull=False, taken_back_by__isnull=False),
                name="inventory_taken_back_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["count", "-id"], name="inventory_scans_of_count"),
            models.Index(
                fields=["count", "product", "is_defective"],
                condition=Q(key=""),
                name="inventory_pieces_of_count",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count_id}: {self.text or self.quantity}"


class ProductResult(models.Model):
    """What a closed count found of one product: written as it closes, and never changed.

    `in_units`: units with serial numbers, of which `over` were unknown when they were scanned;
    otherwise pieces, on the good or the defective side. `counted` is None where nobody counted.
    `short` went to missing; `left` was lacking too, but had left the records by then. `loose`
    units have no serial numbers entered, so that a count can't tell whether they are there.
    """

    count = models.ForeignKey(Count, models.PROTECT, related_name="results", db_index=False)
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", db_index=False)
    in_units = models.BooleanField()
    is_defective = models.BooleanField(default=False)
    expected = models.PositiveIntegerField()
    counted = models.PositiveIntegerField(null=True, blank=True)
    short = models.PositiveIntegerField(default=0)
    over = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(default=0)
    loose = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["count", "product", "in_units", "is_defective"],
                name="inventory_one_result_per_product",
            ),
            models.CheckConstraint(
                condition=Q(counted__isnull=False) | Q(in_units=False, short=0, over=0, left=0),
                name="inventory_uncounted_changes_nothing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count_id}: {self.product_id}"
