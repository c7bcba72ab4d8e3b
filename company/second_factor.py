"""The second factor: a code of the person's phone, or one of ten that they keep on paper.

django-otp keeps the devices: the time windows, that no code works twice, and the pause that
doubles after each wrong one. Here is who has one, who must, and what happens around it.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt

import segno
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django_otp import verify_token
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from .access import Access
from .models import Company, FactorPolicy, Membership, Session, TillPerson, User
from .rights import Role

RECOVERY_CODES = 10


class TryAgainAt(Exception):
    """No code is looked at before this moment: too many were wrong."""

    def __init__(self, moment: dt.datetime) -> None:
        super().__init__(moment)
        self.moment = moment


@dataclasses.dataclass(frozen=True, slots=True)
class Enrolment:
    """What a person's app needs: the address as a QR code, or the secret to type."""

    qr: str
    secret: str


def has_factor(person: User) -> bool:
    """Whether a sign-in of this person asks for a code."""
    return bool(TOTPDevice.objects.filter(user=person, confirmed=True).exists())


def codes_left(person: User) -> int:
    """How many recovery codes a person has not used."""
    return int(StaticToken.objects.filter(device__user=person).count())


def must_have_factor(person: User) -> bool:
    """Whether the company asks this person for a second factor."""
    return _people_who_must().filter(pk=person.pk).exists()


def ask_where_due() -> None:
    """Let those who must have a second factor and have none see only where it is set up.

    To be called by whatever changes who must, or has one. Two statements.
    """
    has = TOTPDevice.objects.filter(user=OuterRef("user"), confirmed=True)
    must = _people_who_must().filter(pk=OuterRef("user"))
    due = Q(Exists(must)) & ~Q(Exists(has))
    Session.objects.filter(due, needs_factor=False).update(needs_factor=True)
    Session.objects.filter(~due, needs_factor=True).update(needs_factor=False)


def enrolment(person: User) -> Enrolment:
    """The secret to be confirmed by a first code: the same until it is."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=person.pk)
        device, _made = TOTPDevice.objects.get_or_create(
            user=person, confirmed=False, defaults={"name": "app"}
        )
    secret = base64.b32encode(device.bin_key).decode().rstrip("=")
    qr = segno.make_qr(device.config_url, error="m").svg_data_uri(scale=4, light="#fff")
    grouped = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    return Enrolment(qr=qr, secret=grouped)


def confirm(person: User, code: str) -> list[str] | None:
    """Begin to ask for codes, once the app gave a right one: the recovery codes, to be shown once.

    None for a wrong code. Raises TryAgainAt.
    """
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=person.pk)
        device = TOTPDevice.objects.filter(user=person, confirmed=False).first()
        if device is None or has_factor(person):
            return None
        if not _verified(device, code):
            return None
        TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
        User.objects.filter(pk=person.pk).update(second_factor_at=timezone.now())
        ask_where_due()
        return new_recovery_codes(person)


def new_recovery_codes(person: User) -> list[str]:
    """Ten codes that work once each, instead of those there were."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=person.pk)
        StaticDevice.objects.filter(user=person).delete()
        device = StaticDevice.objects.create(user=person, name="paper")
        codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
        StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return codes


def is_right(person: User, code: str) -> bool:
    """Whether this is the code of the person's app now, or one of the recovery codes.

    Each works once. Raises TryAgainAt.
    """
    code = "".join(code.split()).lower()
    kind = TOTPDevice if code.isdecimal() else StaticDevice
    device = kind.objects.filter(user=person, confirmed=True).first()
    return device is not None and _verified(device, code)


@transaction.atomic
def remove(person: User) -> None:
    """Ask for codes no longer: by the person, who confirmed the password, or by `reset`."""
    User.objects.filter(pk=person.pk).update(second_factor_at=None)
    TOTPDevice.objects.filter(user=person).delete()
    StaticDevice.objects.filter(user=person).delete()
    TillPerson.objects.filter(user=person).delete()
    ask_where_due()


def reset(person: User, *, by: Access) -> None:
    """An admin helps a person who lost the phone. Raises PermissionDenied."""
    by.require_admin()
    remove(person)


def _verified(device: TOTPDevice | StaticDevice, code: str) -> bool:
    allowed, why = device.verify_is_allowed()
    if not allowed:
        raise TryAgainAt(why["locked_until"])
    return verify_token(device.user, device.persistent_id, code) is not None


def _people_who_must() -> QuerySet[User]:
    people = User.objects.filter(is_active=True)
    policy = Company.current().second_factor
    if policy == FactorPolicy.EVERYBODY:
        return people
    if policy == FactorPolicy.ADMINS:
        return people.filter(is_admin=True)
    if policy == FactorPolicy.MANAGERS:
        manages = Membership.objects.filter(user=OuterRef("pk"), role=Role.MANAGER)
        return people.filter(Q(is_admin=True) | Exists(manages))
    return people.none()
