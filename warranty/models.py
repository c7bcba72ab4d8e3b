"""Warranty terms, the cards that tell of them, and what was printed when."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from company.access import Access
from company.models import Extension, Replacement, Store
from partners.models import Customer
from products.models import Period, PeriodUnit, Product
from serials.models import LedgerEntry, Posting, Serial

from .design_models import CardDesign as CardDesign
from .design_models import CardLogo as CardLogo


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
    card only its end and the day it is void.

    `ends_on` is the end that the sale or the exchange gave. What came after it, repairs and
    overrides, is in the adjustments of each piece's card, and the end it has now is the card's.
    `on_repair` and `on_replacement` are the policies as they were at the sale: by how much a
    repair extends it (`on_repair_months` of them), and how long the term of a unit is that
    replaces this one (`on_replacement_days` at least). `design` is the version that its cards are
    printed by, None for the built-in one.
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
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, db_index=False)
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

    on_repair = models.CharField(
        max_length=6, choices=Extension.choices, db_default=Extension.DAYS.value
    )
    on_repair_months = models.PositiveSmallIntegerField(db_default=0)
    on_replacement = models.CharField(
        max_length=8, choices=Replacement.choices, db_default=Replacement.RESTART.value
    )
    on_replacement_days = models.PositiveSmallIntegerField(db_default=0)
    design = models.ForeignKey(
        CardDesign,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="terms",
        db_index=False,
        db_constraint=False,
    )

    objects = TermQuerySet.as_manager()

    class Meta:
        verbose_name = _("warranty term")
        constraints = [
            models.CheckConstraint(
                condition=Q(on_repair="months", on_repair_months__gte=1)
                | Q(on_repair__in=["days", "none"], on_repair_months=0),
                name="warranty_term_repair_policy_whole",
            ),
            models.CheckConstraint(
                condition=Q(on_replacement="at_least", on_replacement_days__gte=1)
                | Q(on_replacement__in=["restart", "inherit"], on_replacement_days=0),
                name="warranty_term_replacement_policy_whole",
            ),
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
        indexes = [
            models.Index(fields=["product", "ends_on"], name="warranty_terms_of_product"),
            models.Index(fields=["customer", "starts_on", "id"], name="warranty_terms_of_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.product_name} {self.serial_text}: {self.starts_on} – {self.ends_on}"

    @property
    def period(self) -> Period:
        """The period as it was at the sale."""
        return Period(self.period_count, self.period_unit)


class Card(models.Model):
    """A warranty card: one for each unit, with a number of its own.

    `ends_on` is the last day this piece is covered: its term's, changed by its adjustments. A
    deferred trigger (migration 0004) holds it to the last of them. `token` is in the address of
    its public page and can't be guessed.
    """

    number = models.CharField(max_length=24, unique=True)
    # The constraint below has an index that begins with the term.
    term = models.ForeignKey(Term, models.PROTECT, related_name="cards", db_index=False)
    unit = models.PositiveIntegerField(default=1)
    ends_on = models.DateField()
    token = models.UUIDField(unique=True, editable=False, db_default=RandomUUID())
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
        indexes = [
            models.Index(
                fields=["ends_on", "id"],
                condition=Q(void_on__isnull=True),
                name="warranty_card_by_end",
            )
        ]

    def __str__(self) -> str:
        return self.number


class ClaimQuerySet(models.QuerySet["Claim"]):
    def visible_to(self, access: Access) -> ClaimQuerySet:
        """Claims taken in by the person's own stores."""
        return self.filter(store_id__in=access.store_ids)

    def open(self) -> ClaimQuerySet:
        """Those whose goods have not been handed back."""
        return self.filter(closed_on=None)


class Claim(models.Model):
    """Goods in custody for repair, from the day they were claimed to the day they went back.

    Custody changes neither the sale nor the ledger. `reference` is the number of the repair
    order that keeps all the rest. It is about a `serial`, about the piece of a `card`, both, or,
    for goods without either, about a product only. `is_warranty` is what a person decided, None
    until then; only a claim under warranty extends a term. A unit, and a piece, is in one open
    claim at a time.
    """

    reference = models.CharField(max_length=40, unique=True)
    store = models.ForeignKey(Store, models.PROTECT, related_name="+")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    serial = models.ForeignKey(
        Serial, models.PROTECT, null=True, blank=True, related_name="claims"
    )  # fmt: skip
    card = models.ForeignKey(Card, models.PROTECT, null=True, blank=True, related_name="claims")
    claimed_on = models.DateField()
    closed_on = models.DateField(null=True, blank=True)
    is_warranty = models.BooleanField(null=True, blank=True)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        verbose_name = _("warranty claim")
        constraints = [
            models.UniqueConstraint(
                fields=["serial"],
                condition=Q(closed_on__isnull=True),
                name="warranty_one_open_claim_per_serial",
            ),
            models.UniqueConstraint(
                fields=["card"],
                condition=Q(closed_on__isnull=True),
                name="warranty_one_open_claim_per_card",
            ),
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True) | Q(closed_on__gte=F("claimed_on")),
                name="warranty_claim_closed_after_claimed",
            ),
            models.CheckConstraint(
                condition=~Q(is_warranty=True) | Q(card__isnull=False),
                name="warranty_claim_under_warranty_has_a_card",
            ),
        ]
        indexes = [
            models.Index(fields=["product", "claimed_on"], name="warranty_claims_of_product")
        ]

    def __str__(self) -> str:
        return self.reference


class Adjustment(models.Model):
    """A change of a card's end: append-only, each continues from the end before it.

    A repair adds `days` or `months`; `claim` names it, `from_on` to `to_on` are its days. An
    admin's override sets the end to `sets_end`. `revokes` takes an earlier one back: what is left
    is reckoned anew. `ends_on` is the card's end from then on.
    """

    class Kind(models.TextChoices):
        REPAIR = "repair", _("Repair")
        OVERRIDE = "override", _("Set by an admin")
        REVOCATION = "revocation", _("Taken back")

    card = models.ForeignKey(Card, models.PROTECT, related_name="adjustments", db_index=False)
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    claim = models.ForeignKey(
        Claim, models.PROTECT, null=True, blank=True, related_name="adjustments"
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    from_on = models.DateField(null=True, blank=True)
    to_on = models.DateField(null=True, blank=True)
    days = models.PositiveIntegerField(default=0)
    months = models.PositiveSmallIntegerField(default=0)
    sets_end = models.DateField(null=True, blank=True)
    revokes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="revoked_by"
    )
    ends_before = models.DateField()
    ends_on = models.DateField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("adjustment of a warranty")
        constraints = [
            models.UniqueConstraint(fields=["card", "seq"], name="warranty_adjustment_once"),
            models.CheckConstraint(
                condition=Q(seq__gte=1), name="warranty_adjustment_seq_positive"
            ),
            models.CheckConstraint(
                condition=Q(
                    kind="repair",
                    claim__isnull=False,
                    from_on__isnull=False,
                    to_on__isnull=False,
                    to_on__gte=F("from_on"),
                    sets_end__isnull=True,
                    revokes__isnull=True,
                    ends_on__gte=F("ends_before"),
                )
                | Q(
                    ~Q(reason=""),
                    kind="override",
                    claim__isnull=True,
                    days=0,
                    months=0,
                    sets_end__isnull=False,
                    ends_on=F("sets_end"),
                    revokes__isnull=True,
                )
                | Q(
                    ~Q(reason=""),
                    kind="revocation",
                    claim__isnull=True,
                    days=0,
                    months=0,
                    sets_end__isnull=True,
                    revokes__isnull=False,
                ),
                name="warranty_adjustment_says_what_it_does",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.card_id}.{self.seq}: {self.ends_before} → {self.ends_on}"


from .print_models import CardPrint as CardPrint  # noqa: E402  (it names Card)
from .print_models import PrintRun as PrintRun  # noqa: E402
