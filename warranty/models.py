"""Warranty terms, the cards that tell of them, and what was printed when."""

from __future__ import annotations

import datetime as dt
import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from company.access import Access
from company.models import Replacement
from partners.models import Customer
from products.models import Paper, Period, PeriodUnit, Product
from serials.models import LedgerEntry, Posting, Serial

from .terms import Cover, cover_on, days_left


class Succession(models.TextChoices):
    """How long a term is that takes another's place: a policy of the company, or all of it."""

    RESTART = Replacement.RESTART.value, Replacement.RESTART.label
    INHERIT = Replacement.INHERIT.value, Replacement.INHERIT.label
    AT_LEAST = Replacement.AT_LEAST.value, Replacement.AT_LEAST.label
    SWAP = "swap", _("The same term: another unit was handed over than was written")


class TermQuerySet(models.QuerySet["Term"]):
    def visible_to(self, access: Access) -> TermQuerySet:
        """Terms started by a sale of the person's own stores."""
        return self.filter(posting__store_id__in=access.store_ids)


class Term(models.Model):
    """The warranty of one sold unit, or of the pieces of one sale line without serials.

    Product, serial and period are copied at the sale: what is edited later is for later sales.
    What a term says of its ledger entry is checked set by set in a trigger (migration 0002), not
    by a foreign key a row; neither ever changes, so once is enough.
    `posting` started it; the `sale` is that too, but for serials entered later and for units that
    were mixed up. A term that `replaces` another keeps the company's policy of that day in
    `replacement`. Of a term only the end, the day it is void and the customer may change, of a
    card only the day it is void.
    """

    posting = models.ForeignKey(
        Posting, models.PROTECT, related_name="terms", db_constraint=False
    )  # fmt: skip
    sale = models.ForeignKey(
        Posting, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    entry = models.OneToOneField(
        LedgerEntry, models.PROTECT, related_name="term", db_constraint=False
    )
    line = models.PositiveIntegerField()
    product = models.ForeignKey(Product, models.PROTECT, db_index=False, db_constraint=False)
    serial = models.ForeignKey(
        Serial,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="terms",
        db_constraint=False,
    )
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True)
    quantity = models.PositiveIntegerField(default=1)
    product_name = models.CharField(max_length=160)
    sku = models.CharField(max_length=40)
    serial_text = models.CharField(max_length=80, blank=True)
    period_count = models.PositiveIntegerField()
    period_unit = models.CharField(max_length=6, choices=PeriodUnit.choices)
    starts_on = models.DateField()
    ends_on = models.DateField()
    void_on = models.DateField(null=True, blank=True)
    voided_by = models.ForeignKey(
        Posting, models.PROTECT, null=True, blank=True, related_name="+", db_constraint=False
    )
    replaces = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    replacement = models.CharField(
        max_length=8, choices=Succession.choices, blank=True, db_default=""
    )

    objects = TermQuerySet.as_manager()

    class Meta:
        verbose_name = _("warranty term")
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_on__lte=F("ends_on")), name="warranty_term_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1), name="warranty_term_quantity_positive"
            ),
            models.CheckConstraint(
                condition=Q(serial__isnull=True) | Q(quantity=1),
                name="warranty_term_one_unit_per_serial",
            ),
            models.CheckConstraint(
                condition=Q(void_on__isnull=True) | Q(void_on__gte=F("starts_on")),
                name="warranty_term_void_from_start",
            ),
            models.CheckConstraint(
                condition=Q(void_on__isnull=True, voided_by__isnull=True)
                | Q(void_on__isnull=False, voided_by__isnull=False),
                name="warranty_term_void_by_a_posting",
            ),
            models.CheckConstraint(
                condition=Q(replaces__isnull=True, replacement="")
                | Q(replaces__isnull=False, replacement__in=Succession.values),
                name="warranty_term_replaces_by_a_policy",
            ),
            models.CheckConstraint(
                condition=Q(period_unit__in=PeriodUnit.values),
                name="warranty_term_period_unit_known",
            ),
        ]
        indexes = [models.Index(fields=["ends_on"], name="warranty_term_by_end")]

    def __str__(self) -> str:
        return f"{self.product_name} {self.serial_text}: {self.starts_on} – {self.ends_on}"

    @property
    def period(self) -> Period:
        """The period as it was at the sale."""
        return Period(self.period_count, self.period_unit)

    def cover_on(self, day: dt.date) -> Cover:
        """What the term means on a day."""
        return cover_on(self.starts_on, self.ends_on, day, void_on=self.void_on)

    def days_left(self, day: dt.date) -> int:
        """Whole days of cover after a day."""
        return days_left(self.ends_on, day)


class Card(models.Model):
    """A warranty card: one for each unit, with a number of its own."""

    number = models.CharField(max_length=24, unique=True)
    term = models.ForeignKey(Term, models.PROTECT, related_name="cards")
    unit = models.PositiveIntegerField(default=1)
    void_on = models.DateField(null=True, blank=True)
    voided_by = models.ForeignKey(
        Posting, models.PROTECT, null=True, blank=True, related_name="+", db_constraint=False
    )

    class Meta:
        verbose_name = _("warranty card")
        constraints = [
            models.UniqueConstraint(fields=["term", "unit"], name="warranty_one_card_per_unit"),
            models.CheckConstraint(condition=Q(unit__gte=1), name="warranty_card_unit_positive"),
            models.CheckConstraint(
                condition=Q(void_on__isnull=True, voided_by__isnull=True)
                | Q(void_on__isnull=False, voided_by__isnull=False),
                name="warranty_card_void_by_a_posting",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class PrintRun(models.Model):
    """One request to print cards of a sale: what was asked, how far it is, and the PDF made."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("being made")
        DONE = "done", _("ready")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    posting = models.ForeignKey(Posting, models.PROTECT, related_name="print_runs")
    paper = models.CharField(max_length=6, choices=Paper.choices, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    requested_at = models.DateTimeField()
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.WAITING)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    pdf = models.BinaryField(null=True, blank=True)

    class Meta:
        verbose_name = _("print run")
        constraints = [
            models.CheckConstraint(
                condition=Q(done__lte=F("total")), name="warranty_print_run_done_at_most_total"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.posting}: {self.done}/{self.total}"


class CardPrint(models.Model):
    """One card on one print run; `copy` counts the prints of a card, the first being 1.

    A run that failed printed nothing: its prints are no copies.
    """

    run = models.ForeignKey(PrintRun, models.CASCADE, related_name="prints")
    card = models.ForeignKey(Card, models.PROTECT, related_name="prints")
    copy = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["card", "copy"], name="warranty_copy_once"),
            models.CheckConstraint(condition=Q(copy__gte=1), name="warranty_copy_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.card_id}, " + (f"copy {self.copy}" if self.copy else "not printed")
