"""What the company sells, and how each product is accounted."""

from __future__ import annotations

import dataclasses

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import LPad, Upper
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from company.models import Extension, Replacement

from .gtin import gtin14, validate_gtin
from .modes import SERIAL_MODES, WARRANTY_MODES, Mode


class PeriodUnit(models.TextChoices):
    """What a warranty period is counted in."""

    DAYS = "days", _("days")
    WEEKS = "weeks", _("weeks")
    MONTHS = "months", _("months")
    YEARS = "years", _("years")


_PERIOD_WORDS = {
    PeriodUnit.DAYS: ngettext_lazy("%(count)d day", "%(count)d days", "count"),
    PeriodUnit.WEEKS: ngettext_lazy("%(count)d week", "%(count)d weeks", "count"),
    PeriodUnit.MONTHS: ngettext_lazy("%(count)d month", "%(count)d months", "count"),
    PeriodUnit.YEARS: ngettext_lazy("%(count)d year", "%(count)d years", "count"),
}

LONGEST_PERIOD = {
    PeriodUnit.DAYS: 36_500,
    PeriodUnit.WEEKS: 5_200,
    PeriodUnit.MONTHS: 1_200,
    PeriodUnit.YEARS: 100,
}


MOST_WORDS = 8
"""Words of a search beyond these are ignored."""


@dataclasses.dataclass(frozen=True, slots=True)
class Period:
    """A warranty period: a number of days, weeks, months or years."""

    count: int
    unit: str

    @property
    def fault(self) -> str:
        """Why it won't do, in words; empty when it does: `_period_condition` in the database."""
        if self.count < 1:
            return str(_("A warranty lasts 1 or more, or leave it empty."))
        longest = LONGEST_PERIOD[PeriodUnit(self.unit)]
        if self.count > longest:
            return str(_("At most %(period)s.") % {"period": Period(longest, self.unit)})
        return ""

    def __str__(self) -> str:
        return str(_PERIOD_WORDS[PeriodUnit(self.unit)] % {"count": self.count})


class Paper(models.TextChoices):
    """What a warranty card is printed on."""

    A4 = "a4", _("A4 sheet")
    A5 = "a5", _("A5 sheet")
    ROLL = "roll80", _("80 mm roll")


class SerialFormat(models.TextChoices):
    """What the serial numbers of a product type look like."""

    ANY = "any", _("Anything")
    IMEI = "imei", _("IMEI")
    MASK = "mask", _("A mask")


class OnBadFormat(models.TextChoices):
    """What happens to a serial that does not fit its format."""

    WARN = "warn", _("Warn")
    REFUSE = "refuse", _("Refuse")


def _period_condition(count: str, unit: str) -> Q:
    """A period is whole or absent, and at most a hundred years."""
    condition = Q(**{f"{count}__isnull": True, unit: ""})
    for name, most in LONGEST_PERIOD.items():
        condition |= Q(
            **{f"{count}__isnull": False, f"{count}__gte": 1, f"{count}__lte": most, unit: name}
        )
    return condition


class ProductType(models.Model):
    """A kind of goods. Its mode is proposed for new products; its period holds until overridden."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    default_mode = models.CharField(
        _("accounting of new products"), max_length=8, choices=Mode.choices, default=Mode.STRICT
    )
    period_count = models.PositiveIntegerField(
        _("warranty period"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    period_unit = models.CharField(
        _("unit of the period"), max_length=6, choices=PeriodUnit.choices, blank=True
    )
    supplier_period_count = models.PositiveIntegerField(
        _("supplier's warranty"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    supplier_period_unit = models.CharField(
        _("unit of the supplier's warranty"),
        max_length=6,
        choices=PeriodUnit.choices,
        blank=True,
    )
    extension = models.CharField(
        _("a repair under warranty extends it by"),
        max_length=6,
        choices=Extension.choices,
        blank=True,
        help_text=_("Empty: as the company does."),
    )
    extension_months = models.PositiveSmallIntegerField(_("so many months"), null=True, blank=True)
    replacement = models.CharField(
        _("warranty of a replacement"),
        max_length=8,
        choices=Replacement.choices,
        blank=True,
        help_text=_("Empty: as the company does."),
    )
    replacement_days = models.PositiveSmallIntegerField(
        _("at least so many days"), null=True, blank=True
    )
    card_paper = models.CharField(
        _("warranty card"), max_length=6, choices=Paper.choices, default=Paper.A5
    )
    serial_format = models.CharField(
        _("serial format"), max_length=4, choices=SerialFormat.choices, default=SerialFormat.ANY
    )
    serial_mask = models.CharField(
        _("mask"),
        max_length=80,
        blank=True,
        help_text=_("# a digit, @ a letter, ? either; everything else stands for itself."),
    )
    on_bad_format = models.CharField(
        _("a serial that does not fit"),
        max_length=6,
        choices=OnBadFormat.choices,
        default=OnBadFormat.WARN,
    )

    class Meta:
        verbose_name = _("product type")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=_period_condition("period_count", "period_unit"),
                name="products_type_period_whole",
                violation_error_message=_("Give both the number and its unit, up to 100 years."),
            ),
            models.CheckConstraint(
                condition=_period_condition("supplier_period_count", "supplier_period_unit"),
                name="products_type_supplier_period_whole",
                violation_error_message=_("Give both the number and its unit, up to 100 years."),
            ),
            models.CheckConstraint(
                condition=Q(extension__in=["", *Extension.values]),
                name="products_type_extension_known",
            ),
            models.CheckConstraint(
                condition=Q(extension="months", extension_months__gte=1, extension_months__lte=120)
                | ~Q(extension="months") & Q(extension_months__isnull=True),
                name="products_type_extension_whole",
            ),
            models.CheckConstraint(
                condition=Q(replacement__in=["", *Replacement.values]),
                name="products_type_replacement_known",
            ),
            models.CheckConstraint(
                condition=Q(replacement="at_least", replacement_days__gte=1)
                | ~Q(replacement="at_least") & Q(replacement_days__isnull=True),
                name="products_type_replacement_whole",
            ),
            models.CheckConstraint(
                condition=~Q(serial_format="mask", serial_mask=""),
                name="products_type_mask_given",
                violation_error_message=_("Write the mask, or choose another format."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProductQuerySet(models.QuerySet["Product"]):
    def having_words(self, text: str) -> ProductQuerySet:
        """Products that have every word of a text in their name, SKU or barcode."""
        found = self
        for word in text.split()[:MOST_WORDS]:
            condition = Q(name__icontains=word) | Q(sku__icontains=word)
            condition |= Q(barcode__contains=word)
            if digits := gtin14(word):
                condition |= Q(gtin14=digits)
            found = found.filter(condition)
        return found


class Product(models.Model):
    """Something sold. Its mode is its own; a missing period is its type's."""

    sku = models.CharField(_("SKU"), max_length=40)
    name = models.CharField(_("name"), max_length=160)
    type = models.ForeignKey(
        ProductType, models.PROTECT, related_name="products", verbose_name=_("product type")
    )
    barcode = models.CharField(
        _("barcode"),
        max_length=14,
        blank=True,
        validators=[validate_gtin],
        help_text=_("The GTIN under the bars: 8, 12, 13 or 14 digits."),
    )
    gtin14 = models.GeneratedField(
        expression=Case(
            When(barcode="", then=None), default=LPad(F("barcode"), 14, Value("0"))
        ),
        output_field=models.CharField(max_length=14, null=True),
        db_persist=True,
    )  # fmt: skip
    price = models.DecimalField(
        _("price"),
        max_digits=12,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(0)],
    )
    mode = models.CharField(
        _("accounting"), max_length=8, choices=Mode.choices, default=Mode.STRICT
    )
    period_count = models.PositiveIntegerField(
        _("warranty period"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(36_500)],
    )
    period_unit = models.CharField(
        _("unit of the period"), max_length=6, choices=PeriodUnit.choices, blank=True
    )
    supplier_period_count = models.PositiveIntegerField(
        _("supplier's warranty"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(36_500)],
    )
    supplier_period_unit = models.CharField(
        _("unit of the supplier's warranty"),
        max_length=6,
        choices=PeriodUnit.choices,
        blank=True,
    )
    is_active = models.BooleanField(_("in use"), default=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                Upper("sku"),
                name="products_sku_once",
                violation_error_message=_("Another product has this SKU."),
            ),
            models.UniqueConstraint(
                fields=["gtin14"],
                name="products_barcode_once",
                violation_error_message=_("Another product has this barcode."),
            ),
            models.CheckConstraint(condition=Q(price__gte=0), name="products_price_not_negative"),
            models.CheckConstraint(
                condition=Q(mode__in=Mode.values), name="products_mode_known"
            ),
            models.CheckConstraint(
                condition=_period_condition("period_count", "period_unit"),
                name="products_period_whole",
                violation_error_message=_("Give both the number and its unit, up to 100 years."),
            ),
            models.CheckConstraint(
                condition=_period_condition("supplier_period_count", "supplier_period_unit"),
                name="products_supplier_period_whole",
                violation_error_message=_("Give both the number and its unit, up to 100 years."),
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["name", "id"], name="products_by_name")]

    def __str__(self) -> str:
        return self.name

    # Django's own translates all the choices for each call: a third of the cost of a long list.
    def get_mode_display(self) -> str:  # type: ignore[no-redef]
        return str(Mode(self.mode).label)

    @property
    def asks_serials(self) -> bool:
        """Whether every unit on every document needs a serial number."""
        return self.mode in SERIAL_MODES

    @property
    def period(self) -> Period | None:
        """The warranty period a sale of today would start, or None when it starts no warranty."""
        if self.mode not in WARRANTY_MODES:
            return None
        if self.period_count:
            return Period(self.period_count, self.period_unit)
        if self.type.period_count:
            return Period(self.type.period_count, self.type.period_unit)
        return None

    @property
    def supplier_period(self) -> Period | None:
        """The supplier's warranty to us that a receipt of today would start, or None."""
        if self.supplier_period_count:
            return Period(self.supplier_period_count, self.supplier_period_unit)
        if self.type.supplier_period_count:
            return Period(self.type.supplier_period_count, self.type.supplier_period_unit)
        return None


from .import_models import ProductImport as ProductImport  # noqa: E402
