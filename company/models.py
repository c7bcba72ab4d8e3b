"""The company, its stores, its people and what each may do where."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .rights import Role

if TYPE_CHECKING:
    from .sessions import SessionStore


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


class FactorPolicy(models.TextChoices):
    """Who must confirm a sign-in with a code of their phone; everybody may."""

    OPTIONAL = "optional", _("Whoever wants to")
    ADMINS = "admins", _("Admins")
    MANAGERS = "managers", _("Admins and managers")
    EVERYBODY = "everybody", _("Everybody")


SHORTEST_IDLE, USUAL_IDLE, LONGEST_IDLE = 5, 12 * 60, 7 * 24 * 60
"""How long a sign-in may rest, in minutes: five minutes to a week, the longest
sign-in; twelve hours unless the company says otherwise."""
MOST_WRONG_PINS = 5


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
    idle_minutes = models.PositiveSmallIntegerField(
        _("minutes until a sign-in that rests ends"), default=USUAL_IDLE, db_default=USUAL_IDLE
    )
    second_factor = models.CharField(
        _("who needs a second factor"),
        max_length=9,
        choices=FactorPolicy.choices,
        default=FactorPolicy.OPTIONAL,
        db_default=FactorPolicy.OPTIONAL,
    )
    pins_allowed = models.BooleanField(
        _("people may switch at the till by PIN"), default=True, db_default=True
    )

    class Meta:
        verbose_name = _("company")
        constraints = [
            models.CheckConstraint(
                condition=Q(idle_minutes__gte=SHORTEST_IDLE, idle_minutes__lte=LONGEST_IDLE),
                name="company_idle_minutes_in_range",
            ),
            models.CheckConstraint(
                condition=Q(second_factor__in=FactorPolicy.values),
                name="company_second_factor_known",
            ),
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
    invited_at = models.DateTimeField(
        null=True, blank=True, editable=False,
        help_text=_("When the link was made by which the person chooses a password; none later."),
    )  # fmt: skip
    second_factor_at = models.DateTimeField(
        _("second factor since"), null=True, blank=True, editable=False
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


class Session(AbstractBaseSession):
    """A sign-in of one browser, kept by `sessions.SessionStore`; nobody's before the sign-in."""

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="To the minute: not written at every request.")
    address = models.CharField(max_length=45, blank=True)
    agent = models.CharField(max_length=255, blank=True)
    confirmed_at = models.DateTimeField(
        null=True, help_text="When the password was asked last; never, for a switch by PIN."
    )
    idle_minutes = models.PositiveSmallIntegerField()
    needs_factor = models.BooleanField(
        default=False, help_text="Sees only the page where the second factor is set up."
    )

    class Meta(AbstractBaseSession.Meta):
        abstract = False

    def __str__(self) -> str:
        return f"{self.user} · {self.address} · {self.created_at}"

    @property
    def ends_at(self) -> dt.datetime:
        """When it ends unless it is used before."""
        return min(self.expire_date, self.seen_at + dt.timedelta(minutes=self.idle_minutes))

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        from .sessions import SessionStore

        return SessionStore


class Till(models.Model):
    """A browser on which people signed in; it shows its secret, of which only the hash is kept."""

    secret_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    idle_minutes = models.PositiveSmallIntegerField(
        null=True, help_text="When sign-ins here end sooner than elsewhere."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(idle_minutes__gte=1, idle_minutes__lte=LONGEST_IDLE),
                name="company_till_idle_minutes_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"Till {self.pk}"


class TillPerson(models.Model):
    """Somebody who signed in on a till by password, and how often their PIN was wrong since."""

    till = models.ForeignKey(Till, models.CASCADE, related_name="people")
    user = models.ForeignKey(User, models.CASCADE, related_name="tills")
    password_at = models.DateTimeField()
    wrong_pins = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["till", "user"], name="company_person_once_per_till"),
            models.CheckConstraint(
                condition=Q(wrong_pins__lte=MOST_WRONG_PINS), name="company_wrong_pins_are_few"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} at till {self.till_id}"


class Pin(models.Model):
    """The short code by which a person takes over a till: hashed as a password is."""

    user = models.OneToOneField(User, models.CASCADE, related_name="pin")
    code = models.CharField(max_length=128)
    digits = models.PositiveSmallIntegerField(help_text="So that a till need not wait for Enter.")
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(digits__gte=4, digits__lte=8), name="company_pin_digits_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"PIN of {self.user}"
