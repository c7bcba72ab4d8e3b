"""How warranty cards look and what they say: versions that are written once, and their logos."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThan, LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from products.models import Paper, ProductType

LONGEST_TEXT = 6_000
LARGEST_LOGO = 512 * 1024
"""Bytes of a logo as it is kept, made small: see `logos`."""


class Shown(models.TextChoices):
    """What a card shows only if its design says so.

    Store, product, serial number, card number, dates and terms are on every card.
    """

    STORE_ADDRESS = "store_address", _("Address of the store")
    STORE_PHONE = "store_phone", _("Phone of the store")
    SKU = "sku", _("SKU")
    SERIAL_BARS = "serial_bars", _("Serial number as a bar code")
    SALE_NUMBER = "sale_number", _("Sale number with its bar code")
    CUSTOMER = "customer", _("Customer, or blank lines for them")
    QR = "qr", _("QR code to check the warranty")
    SIGNATURES = "signatures", _("Places for signatures")
    STAMP = "stamp", _("Place for the stamp")


class CardLogo(models.Model):
    """A logo, in the database so that one backup has it all; told apart by its `digest`.

    `image` is a PNG made by ourselves of what was handed in. Nothing of it changes; one that no
    design has is forgotten after a day.
    """

    digest = models.CharField(max_length=64, unique=True)
    image = models.BinaryField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    added_at = models.DateTimeField()

    class Meta:
        verbose_name = _("logo")
        constraints = [
            models.CheckConstraint(
                condition=Q(width__gte=1, height__gte=1), name="warranty_logo_has_a_size"
            ),
            models.CheckConstraint(
                condition=Q(GreaterThan(Length("image"), 0))
                & Q(LessThanOrEqual(Length("image"), LARGEST_LOGO)),
                name="warranty_logo_is_small",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.width} × {self.height}"


class CardDesign(models.Model):
    """One version of the cards of a product type, or of the general ones: written once.

    The newest version of a type is what its sales of today print; each term keeps the one it was
    sold with. One that is `withdrawn` says nothing: from then on the type uses the general cards,
    and the general ones are the built-in ones. An empty title is “Warranty card” in the card's
    language, an empty paper what the product type says, an empty language the store's.
    """

    type = models.ForeignKey(
        ProductType, models.PROTECT, null=True, blank=True, related_name="card_designs"
    )
    version = models.PositiveIntegerField()
    withdrawn = models.BooleanField(default=False)
    title = models.CharField(_("title"), max_length=60, blank=True)
    text = models.TextField(_("terms"), max_length=LONGEST_TEXT, blank=True)
    shows = ArrayField(models.CharField(max_length=16, choices=Shown.choices), default=list)
    logo = models.ForeignKey(
        CardLogo, models.PROTECT, null=True, blank=True, related_name="designs"
    )
    paper = models.CharField(_("paper"), max_length=6, choices=Paper.choices, blank=True)
    language = models.CharField(_("language"), max_length=2, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("card design")
        constraints = [
            models.UniqueConstraint(
                fields=["type", "version"], nulls_distinct=False, name="warranty_design_once"
            ),
            models.CheckConstraint(
                condition=Q(version__gte=1), name="warranty_design_version_positive"
            ),
            models.CheckConstraint(
                condition=Q(LessThanOrEqual(Length("text"), LONGEST_TEXT)),
                name="warranty_design_text_fits",
            ),
            models.CheckConstraint(
                condition=Q(shows__contained_by=Shown.values), name="warranty_design_shows_known"
            ),
            models.CheckConstraint(
                condition=Q(paper__in=["", *Paper.values]), name="warranty_design_paper_known"
            ),
            models.CheckConstraint(
                condition=Q(language__in=["", *dict(settings.LANGUAGES)]),
                name="warranty_design_language_known",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn=False)
                | Q(title="", text="", shows=[], logo__isnull=True, paper="", language=""),
                name="warranty_design_withdrawn_says_nothing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type or _('General')}, {self.version}"
