"""THE LEDGER: postings, append-only entries, and what they add up to.

An entry moves one serial, or a quantity, from one place to another. Everything else here is a
projection of the entries: where each serial is now, and how many pieces lie in each place.
The rules that PostgreSQL itself keeps are in migration 0002.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Collate, Reverse
from django.utils.translation import gettext_lazy as _

from company.access import Access
from company.models import Store
from products.models import Product


class PlaceKind(models.TextChoices):
    """Where a unit can be. The first three belong to a store, the others to the world."""

    SHELF = "shelf", _("in stock")
    DEFECTIVE = "defective", _("in stock, defective")
    BLOCKED = "blocked", _("in stock, set aside")
    TRANSIT = "transit", _("in transit")
    OUTSIDE = "outside", _("outside")
    SUPPLIER = "supplier", _("at the supplier")
    CUSTOMER = "customer", _("sold")
    WRITTEN_OFF = "written_off", _("written off")
    MISSING = "missing", _("missing")


IN_STORE = frozenset({PlaceKind.SHELF, PlaceKind.DEFECTIVE, PlaceKind.BLOCKED})
COUNTED = IN_STORE | {PlaceKind.TRANSIT}
"""Places whose balance is kept and can't be negative: what the company has in its hands."""


class Place(models.Model):
    """One end of a movement: a store's shelf, or the one place of its kind in the world.

    What nobody has seen before comes from *outside*; a unit there is unknown. *At the supplier*
    is what was returned to one.
    """

    kind = models.CharField(max_length=12, choices=PlaceKind.choices)
    store = models.ForeignKey(Store, models.PROTECT, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "store"], nulls_distinct=False, name="serials_one_place_per_kind"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=sorted(IN_STORE), store__isnull=False)
                | (~Q(kind__in=sorted(IN_STORE)) & Q(store__isnull=True)),
                name="serials_place_store_fits_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=PlaceKind.values), name="serials_place_kind_known"
            ),
        ]

    def __str__(self) -> str:
        words = self.get_kind_display()
        return f"{self.store}: {words}" if self.store_id else str(words)


class Movement(models.TextChoices):
    """What kind of event a posting records."""

    RECEIPT = "receipt", _("Receipt")
    SALE = "sale", _("Sale")
    CUSTOMER_RETURN = "customer_return", _("Customer return")
    SUPPLIER_RETURN = "supplier_return", _("Supplier return")
    WRITE_OFF = "write_off", _("Write-off")
    TRANSFER = "transfer", _("Transfer")
    ARRIVAL = "arrival", _("Transfer received")
    EXCHANGE = "exchange", _("Exchange")
    IDENTIFICATION = "identification", _("Serial numbers entered")
    SHORTAGE = "shortage", _("Shortage")
    SURPLUS = "surplus", _("Surplus")
    SET_ASIDE = "set_aside", _("Set aside")
    PUT_BACK = "put_back", _("Put back")
    PARTS = "parts", _("Parts used")
    CORRECTION = "correction", _("Correction")
    CANCELLATION = "cancellation", _("Cancelling")


class Posting(models.Model):
    """The journal header of one posted document: append-only."""

    kind = models.CharField(max_length=16, choices=Movement.choices)
    store = models.ForeignKey(Store, models.PROTECT)
    effective_on = models.DateField()
    reference = models.CharField(max_length=40)
    posted_at = models.DateTimeField()
    posted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversed_by"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reference"], name="serials_posting_reference_once"),
            models.CheckConstraint(
                condition=Q(kind__in=Movement.values), name="serials_posting_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(kind=Movement.CANCELLATION, reverses__isnull=False)
                | (~Q(kind=Movement.CANCELLATION) & Q(reverses__isnull=True)),
                name="serials_posting_only_cancelling_reverses",
            ),
        ]
        indexes = [models.Index(fields=["store", "effective_on"], name="serials_posting_by_day")]

    def __str__(self) -> str:
        return self.reference


_BACKWARDS = Collate(Reverse("key"), "C")
"""As the indexes of endings have it."""


class SerialQuerySet(models.QuerySet["Serial"]):
    def visible_to(self, access: Access) -> SerialQuerySet:
        """Serials that moved at least once by a posting of the person's own stores."""
        own = LedgerEntry.objects.filter(
            serial=models.OuterRef("pk"), posting__store_id__in=access.store_ids
        )
        return self.filter(models.Exists(own))

    def called(self, key: str) -> SerialQuerySet:
        """The units that this number names: their own, or their second one; see migration 0007."""
        named = RawSQL("SELECT serial_id FROM serials_called WHERE key = %s", [key])
        return self.filter(pk__in=named)

    def ending_with(self, key: str) -> SerialQuerySet:
        """Serials that end like this: found in the index of the keys written backwards."""
        return self.alias(backwards=_BACKWARDS).filter(backwards__startswith=key[::-1])

    def ids_ending_with(self, key: str, most: int) -> list[int]:
        """Of the first so many units a number of which ends like this: two statements."""
        ids = list(self.ending_with(key).values_list("pk", flat=True)[:most])
        seconds = SecondNumber.objects.filter(removed_at=None).alias(backwards=_BACKWARDS)
        ending = seconds.filter(backwards__startswith=key[::-1])
        return [*ids, *ending.values_list("serial_id", flat=True)[:most]]


class Serial(models.Model):
    """One unit's serial number, and where the ledger last put the unit (a projection).

    `seq` is that of its last entry, `is_verified` whether that was compared with the ledger: the
    place of a serial that was only recorded is what people said, not what is. A foreign key of
    migration 0002 holds (id, seq, place) to an entry that says the same, so a serial is never in
    a place where no movement put it; product and place need no foreign keys of their own.
    """

    product = models.ForeignKey(Product, models.PROTECT, db_index=False, db_constraint=False)
    text = models.CharField(max_length=80)
    key = models.CharField(max_length=80, db_index=False)
    place = models.ForeignKey(Place, models.PROTECT, db_index=False, db_constraint=False)
    seq = models.PositiveIntegerField()
    is_verified = models.BooleanField()
    moved_on = models.DateField()

    objects = SerialQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "key"], name="serials_once_per_product"),
            models.CheckConstraint(condition=~Q(key=""), name="serials_key_not_empty"),
            models.CheckConstraint(condition=Q(seq__gte=1), name="serials_seq_positive"),
        ]
        indexes = [
            models.Index(fields=["key"], opclasses=["text_pattern_ops"], name="serials_by_key"),
            models.Index(fields=["place", "product", "key"], name="serials_by_place"),
            # Of the text backwards, byte by byte: its beginnings are the endings of serials.
            models.Index(_BACKWARDS, name="serials_by_ending"),
        ]

    def __str__(self) -> str:
        return self.text


class LedgerEntry(models.Model):
    """One movement of one serial, or of a quantity without serials: append-only.

    A quantity of a product that is accounted by serials is `unidentified`: it moved by a
    manager's word, and an identification says later which units it was.

    `seq` counts the movements of a serial from 1. A verified entry (strict accounting) names the
    `seq` it continues from, and PostgreSQL holds it to that: see migration 0002.
    Serial, product and places are checked set by set in a trigger, not by a foreign key a row:
    on 10,000 rows the row-wise checks cost more than everything else together, and none of what
    they refer to is ever deleted.
    """

    posting = models.ForeignKey(Posting, models.PROTECT, related_name="entries")
    line = models.PositiveIntegerField()
    product = models.ForeignKey(Product, models.PROTECT, db_index=False, db_constraint=False)
    serial = models.ForeignKey(
        Serial,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="entries",
        db_index=False,
        db_constraint=False,
    )
    quantity = models.PositiveIntegerField(default=1)
    from_place = models.ForeignKey(
        Place, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    to_place = models.ForeignKey(
        Place, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    seq = models.PositiveIntegerField(null=True, blank=True)
    continues = models.PositiveIntegerField(null=True, blank=True)
    verified = models.BooleanField(default=False)
    unidentified = models.BooleanField(default=False, db_default=False)

    class Meta:
        verbose_name_plural = "ledger entries"
        constraints = [
            models.UniqueConstraint(fields=["serial", "seq"], name="serials_entry_one_successor"),
            models.UniqueConstraint(
                fields=["serial", "seq", "to_place"], name="serials_entry_chain_target"
            ),
            models.CheckConstraint(
                condition=Q(continues__isnull=True)
                | Q(verified=True, continues__gte=1, continues=F("seq") - 1),
                name="serials_entry_continues_previous",
            ),
            models.CheckConstraint(
                condition=Q(serial__isnull=True, seq__isnull=True, verified=False)
                | Q(serial__isnull=False, seq__gte=1, quantity=1, unidentified=False),
                name="serials_entry_one_unit_per_serial",
            ),
            models.CheckConstraint(
                condition=~Q(from_place=F("to_place")), name="serials_entry_moves"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1), name="serials_entry_quantity_positive"
            ),
        ]
        indexes = [
            models.Index(
                fields=["product", "id"],
                condition=Q(serial__isnull=True),
                name="serials_entry_quantities",
            ),
            models.Index(
                fields=["product", "id"],
                condition=Q(unidentified=True),
                name="serials_entry_unidentified",
            ),
            # What nobody verified, the newest first, with all that tells whether it may be wrong.
            models.Index(
                fields=["id"],
                include=["posting", "product", "serial", "seq", "from_place", "to_place"],
                condition=Q(verified=False, serial__isnull=False),
                name="serials_recorded",
            ),
            models.Index(
                fields=["product", "id"],
                include=["posting", "serial", "seq", "from_place", "to_place"],
                condition=Q(verified=False, serial__isnull=False),
                name="serials_recorded_of_product",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.posting_id}.{self.line}: {self.quantity} × {self.product_id}"


class Balance(models.Model):
    """How many pieces of a product lie in a place the company answers for (a projection)."""

    product = models.ForeignKey(Product, models.PROTECT, db_index=False)
    place = models.ForeignKey(Place, models.PROTECT)
    quantity = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "place"], name="serials_one_balance"),
            models.CheckConstraint(
                condition=Q(quantity__gte=0), name="serials_balance_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} @ {self.place_id}: {self.quantity}"


class StockTaken(models.Model):
    """Until which day the stock of a product in a store was last counted and settled.

    A row without a product speaks for everything in the store. What happened before that day was
    on the shelf when it was counted: PostgreSQL takes no posting dated before it (migration 0003).
    """

    store = models.ForeignKey(Store, models.PROTECT, db_index=False)
    product = models.ForeignKey(Product, models.PROTECT, null=True, blank=True)
    counted_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["store", "product"], nulls_distinct=False, name="serials_one_stock_taken"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.store_id}, {self.product_id or 'everything'}: {self.counted_on}"


from .second_models import SecondNumber as SecondNumber  # noqa: E402
from .stock_files import StockFile as StockFile  # noqa: E402
from .stock_files import StockFilePart as StockFilePart  # noqa: E402
