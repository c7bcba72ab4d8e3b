"""Those the company buys from and sells to."""

from __future__ import annotations

import re

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Concat, Right, Upper
from django.utils.translation import gettext_lazy as _

SAME_NUMBER = 9
"""Numbers that agree in so many last digits are the same: +380 67 123 45 67 is 067 123 45 67."""
MOST_WORDS = 8
"""Words of a search beyond these are ignored."""
LONGEST_TEXT = 100
"""And so is what follows so many characters."""


class SupplierQuerySet(models.QuerySet["Supplier"]):
    def fitting(self, text: str) -> SupplierQuerySet:
        """Suppliers that have every word of a text in their name, phone or e-mail."""
        found = self
        for word in text.replace("\0", " ").split()[:MOST_WORDS]:
            condition = Q(name__icontains=word) | Q(email__icontains=word)
            found = found.filter(condition | Q(phone__icontains=word))
        return found


class Supplier(models.Model):
    """Whom goods are received from and returned to."""

    name = models.CharField(_("name"), max_length=160, unique=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    is_active = models.BooleanField(_("in use"), default=True)

    objects = SupplierQuerySet.as_manager()

    class Meta:
        verbose_name = _("supplier")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class CustomerQuerySet(models.QuerySet["Customer"]):
    def fitting(self, text: str) -> CustomerQuerySet:
        """Customers a text is about: words of a name or e-mail, or a phone number, any spelling.

        Never one who was erased.
        """
        return self.filter(erased_at__isnull=True)._about(text)

    def _about(self, text: str) -> CustomerQuerySet:
        text = text.replace("\0", " ")[:LONGEST_TEXT]
        digits = digits_of(text)
        if _is_whole_phone(text):
            return self.with_phone(text)
        if digits and _is_phone(text):
            return self.filter(Q(phone_digits__contains=digits) | _having(text.strip()))
        found = self
        for word in text.split()[:MOST_WORDS]:
            condition = _having(word)
            if _is_phone(word):
                condition |= Q(phone_digits__contains=digits_of(word))
            found = found.filter(condition)
        return found

    def with_phone(self, text: str) -> CustomerQuerySet:
        """Customers with this phone number, in any spelling; none when the text is not a whole one.

        As the index has it: Right("phone_digits", 9).
        """
        if not _is_whole_phone(text):
            return self.none()
        return self.alias(phone_end=Right("phone_digits", SAME_NUMBER)).filter(
            phone_end=digits_of(text)[-SAME_NUMBER:]
        )


def _having(word: str) -> Q:
    """In the name or the e-mail, whatever the case: `searched` is in upper case already."""
    return Q(searched__contains=Upper(Value(word)))


def digits_of(text: str) -> str:
    """The digits of a phone number, as PostgreSQL keeps them in `phone_digits`."""
    return re.sub("[^0-9]", "", text)


def _is_whole_phone(text: str) -> bool:
    return len(digits_of(text)) >= SAME_NUMBER and _is_phone(text)


def _is_phone(text: str) -> bool:
    return re.fullmatch(r"[0-9+()./\s-]*[0-9][0-9+()./\s-]*", text) is not None


class Customer(models.Model):
    """A person or firm that bought something and may come back with it.

    Of one who was erased only the row is left, for the documents that name it: it is found by no
    search and never changes again (migration 0003).
    """

    name = models.CharField(_("name"), max_length=160)
    phone = models.CharField(_("phone"), max_length=40, blank=True, db_index=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone_digits = models.GeneratedField(
        expression=Func(
            F("phone"), Value("[^0-9]"), Value(""), Value("g"), function="regexp_replace"
        ),
        output_field=models.CharField(max_length=40),
        db_persist=True,
    )
    # Kept in upper case: turning a hundred thousand names into it took most of a search's time.
    searched = models.GeneratedField(
        expression=Upper(Concat("name", Value(" "), "email", output_field=models.TextField())),
        output_field=models.TextField(),
        db_persist=True,
    )
    created_at = models.DateTimeField(auto_now_add=True)
    erased_at = models.DateTimeField(null=True, editable=False)
    erased_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        ordering = ["name", "id"]
        indexes = [
            models.Index(fields=["name", "id"], name="partners_customer_by_name"),
            # A search compares words without looking at the customers themselves.
            models.Index(
                fields=["name", "id"],
                include=["searched", "phone_digits"],
                condition=Q(erased_at__isnull=True),
                name="partners_customer_by_words",
            ),
            models.Index(Right("phone_digits", SAME_NUMBER), name="partners_customer_by_phone"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True, erased_by__isnull=True)
                | Q(erased_at__isnull=False, erased_by__isnull=False, phone="", email=""),
                name="partners_erased_is_empty",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} · {self.phone}" if self.phone else self.name


from .import_models import CustomerImport as CustomerImport  # noqa: E402
from .import_models import SupplierImport as SupplierImport  # noqa: E402
