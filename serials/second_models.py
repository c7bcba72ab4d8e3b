"""The second number of a unit, as a phone for two SIM cards has two IMEIs; never deleted.

The rules that PostgreSQL itself keeps are in migration 0007.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Collate, Now, Reverse

from products.models import Product


class SecondNumber(models.Model):
    """Another number that a unit is found by, from when it was entered until it was taken off.

    A receipt enters it (`posting`), or a person who says why (`entered_by`, `reason`); likewise it
    is taken off by a posting (the receipt is cancelled, the unit turns out to be another one) or by
    a person. A unit has one at a time, and no number names two units of a product.
    """

    product = models.ForeignKey(Product, models.PROTECT, db_index=False, related_name="+")
    serial = models.ForeignKey(
        "serials.Serial", models.PROTECT, db_index=False, related_name="second_numbers"
    )
    text = models.CharField(max_length=80)
    key = models.CharField(max_length=80)
    entered_at = models.DateTimeField(db_default=Now())
    posting = models.ForeignKey(
        "serials.Posting", models.PROTECT, null=True, blank=True, related_name="+"
    )
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=200, blank=True, db_default="")
    removed_at = models.DateTimeField(null=True, blank=True)
    removing = models.ForeignKey(
        "serials.Posting", models.PROTECT, null=True, blank=True, related_name="+"
    )
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    removed_because = models.CharField(max_length=200, blank=True, db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "key"],
                condition=Q(removed_at=None),
                name="serials_second_number_once",
            ),
            models.UniqueConstraint(
                fields=["serial"],
                condition=Q(removed_at=None),
                name="serials_one_second_number_a_unit",
            ),
            models.CheckConstraint(condition=~Q(key=""), name="serials_second_number_not_empty"),
            models.CheckConstraint(
                condition=Q(posting__isnull=False, entered_by=None)
                | (Q(posting=None, entered_by__isnull=False) & ~Q(reason="")),
                name="serials_second_number_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(
                    removed_at=None, removing=None, removed_by=None, removed_because=""
                )
                | Q(removed_at__isnull=False, removing__isnull=False, removed_by=None)
                | (
                    Q(removed_at__isnull=False, removing=None, removed_by__isnull=False)
                    & ~Q(removed_because="")
                ),
                name="serials_second_number_off_by_somebody",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(
                fields=["key"],
                opclasses=["text_pattern_ops"],
                condition=Q(removed_at=None),
                name="serials_second_by_key",
            ),
            models.Index(fields=["serial", "id"], name="serials_second_of_serial"),
            models.Index(
                Collate(Reverse("key"), "C"),
                condition=Q(removed_at=None),
                name="serials_second_by_ending",
            ),
        ]

    def __str__(self) -> str:
        return self.text
