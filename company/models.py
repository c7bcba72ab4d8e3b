"""The company, its stores, its people and what each may do where."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .rights import Role


def validate_time_zone(name: str) -> None:
    """Refuse a name that the time zone database does not know."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("“%(name)s” is not a time zone."), params={"name": name})


class Replacement(models.TextChoices):
    """How long the warranty of a unit is that was handed over in exchange for another."""

    RESTART = "restart", _("A full new term")
    INHERIT = "inherit", _("The rest of the old term")
    AT_LEAST = "at_least", _("The rest of the old term, but at least some days")


class Extension(models.TextChoices):
    """By how much a repair under warranty extends the warranty."""

    DAYS = "days", _("The days it was in repair")
    MONTHS = "months", _("A fixed number of months, once")
    NONE = "none", _("Not at all")


class Company(models.Model):
    """The one company this installation serves, with its policies. Always the row with id 1."""

    name = models.CharField(_("name"), max_length=120, default="My company")
    currency = models.CharField(
        _("currency"),
        max_length=3,
        default="EUR",
        validators=[RegexValidator(r"^[A-Z]{3}\Z", _("Three capital letters, such as EUR."))],
        help_text=_("Three letters of ISO 4217, such as EUR or UAH."),
    )
    lock_date = models.DateField(
        _("lock date"),
        null=True,
        blank=True,
        help_text=_("No document may be dated before this day."),
    )
    customer_required = models.BooleanField(
        _("a sale under warranty needs a customer"), default=False
    )
    return_window_days = models.PositiveSmallIntegerField(
        _("days to bring goods back"),
        default=14,
        help_text=_("Counted from the day after the sale; 0: no limit. A manager may exceed it."),
    )
    replacement = models.CharField(
        _("warranty of a replacement"),
        max_length=8,
        choices=Replacement.choices,
        default=Replacement.RESTART,
    )
    replacement_days = models.PositiveSmallIntegerField(
        _("at least so many days"),
        default=90,
        help_text=_("Used when a replacement has the rest of the old term, but at least this."),
    )
    extension = models.CharField(
        _("a repair under warranty extends it by"),
        max_length=6,
        choices=Extension.choices,
        default=Extension.DAYS,
    )
    extension_months = models.PositiveSmallIntegerField(
        _("so many months"),
        default=3,
        help_text=_("Used when a repair extends the warranty by months."),
    )
    public_address = models.URLField(
        _("public address"),
        max_length=120,
        blank=True,
        help_text=_("Where customers reach this program. QR codes on cards lead there."),
    )

    class Meta:
        verbose_name = _("company")
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="company_only_one"),
            models.CheckConstraint(
                condition=Q(extension__in=Extension.values), name="company_extension_known"
            ),
            models.CheckConstraint(
                condition=Q(extension_months__gte=1, extension_months__lte=120),
                name="company_extension_months_in_range",
            ),
            models.CheckConstraint(
                condition=Q(replacement__in=Replacement.values),
                name="company_replacement_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> Company:
        """The company's row, made on first use."""
        return cls.objects.get_or_create(id=1)[0]


class StoreQuerySet(models.QuerySet["Store"]):
    def active(self) -> StoreQuerySet:
        return self.filter(is_active=True)

    def visible_to(self, user: User) -> StoreQuerySet:
        """The stores a person belongs to; an admin belongs to all."""
        if user.is_admin:
            return self
        return self.filter(memberships__user=user).distinct()


class Store(models.Model):
    """A shop or warehouse that holds stock."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    prefix = models.CharField(
        _("document prefix"),
        max_length=6,
        unique=True,
        validators=[
            RegexValidator(r"^[A-Z][A-Z0-9]{0,5}\Z", _("Up to six capital letters and digits."))
        ],
        help_text=_("Begins the number of every document and card of this store, such as KY1."),
    )
    address = models.CharField(_("address"), max_length=200, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    time_zone = models.CharField(
        _("time zone"), max_length=40, default="Europe/Kyiv", validators=[validate_time_zone]
    )
    language = models.CharField(
        _("language of documents"), max_length=5, choices=settings.LANGUAGES, default="en"
    )
    is_active = models.BooleanField(_("in use"), default=True)

    objects = StoreQuerySet.as_manager()

    class Meta:
        verbose_name = _("store")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def date_of(self, moment: dt.datetime) -> dt.date:
        """The store's own calendar day at an aware moment."""
        return moment.astimezone(zoneinfo.ZoneInfo(self.time_zone)).date()


class PeopleManager(UserManager["User"]):
    """Makes people; `createsuperuser` makes an admin, the first one of a new company."""

    use_in_migrations = False

    def create_superuser(
        self,
        username: str,
        email: str | None = None,
        password: str | None = None,
        **extra: Any,
    ) -> User:
        """A person who may do everything."""
        return self.create_user(username, email, password, is_admin=True, **extra)


class User(AbstractUser):
    """A person who signs in. `is_admin` is company-wide; everything else is per store."""

    is_admin = models.BooleanField(
        _("admin"),
        default=False,
        help_text=_("Sets up products, stores and people, and may do everything in every store."),
    )
    language = models.CharField(
        _("language"), max_length=5, choices=settings.LANGUAGES, default="en"
    )

    objects: ClassVar[PeopleManager] = PeopleManager()

    class Meta(AbstractUser.Meta):
        verbose_name = _("person")  # type: ignore[assignment]
        verbose_name_plural = _("people")  # type: ignore[assignment]
        ordering = ["username"]

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class Membership(models.Model):
    """One role of one person in one store."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    store = models.ForeignKey(Store, models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=12, choices=Role.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "store", "role"], name="company_role_once"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="company_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.store} · {self.get_role_display()}"


class NumberSequence(models.Model):
    """The last number given in a series of a store's year; see `numbering.take_numbers`."""

    store = models.ForeignKey(Store, models.PROTECT)
    series = models.CharField(max_length=4)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["store", "series", "year"], name="company_one_sequence_per_series"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.store_id}/{self.series}/{self.year}: {self.last}"


class RequestCount(models.Model):
    """How often somebody asked for public pages in a stretch of time: see request_counts.py."""

    key = models.CharField(max_length=120, primary_key=True)
    count = models.PositiveIntegerField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"
