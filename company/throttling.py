"""How often a password may be wrong: counted by django-axes, in its tables.

Five times for one name from one address, thirty times from one address whatever the names; then
a quarter of an hour of rest. A name nobody has is counted like any other, so that nothing tells
the two apart. The tries of an address behind our own proxies are its own: client_address.py.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Max, Q, Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import ngettext

from .access import Access
from .client_address import client_address

_NAMES_PER_ADDRESS = 6
"""So many times the limit of one name may be wrong at one address: a shop has one address."""


def name_tried(request: HttpRequest, credentials: Mapping[str, Any] | None) -> str:
    """The user name that was tried, in one spelling."""
    name = (credentials or {}).get("username") or request.POST.get("username", "")
    return str(name).strip().lower().replace("\0", "")[:255]


class Failures(AxesDatabaseHandler):
    """Axes counts by name and address, and by address: the second has a limit of its own."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        of_name, of_address = (
            attempts.aggregate(sum=Sum("failures_since_start"))["sum"] or 0
            for attempts in self.get_user_attempts(request, credentials)
        )
        return max(of_name, of_address // _NAMES_PER_ADDRESS)

    def reset_user_attempts(
        self, request: HttpRequest, credentials: dict[str, Any] | None = None
    ) -> int:
        """Forget what was wrong with one's own name, at this address.

        Not what was wrong there with other names, as axes would: who has a password could go on
        guessing another's by signing in now and then.
        """
        of_name, _of_address = self.filter_user_attempts(request, credentials)
        count, _by_model = of_name.delete()
        return int(count)


def is_shut(request: HttpRequest) -> bool:
    """Whether this request's password was not even looked at, or was one too many."""
    return bool(getattr(request, "axes_locked_out", False))


def shut_message(request: HttpRequest, *, now: dt.datetime) -> ValidationError:
    """When to try again, in words; the same for names there are and are not."""
    address = Q(ip_address=client_address(request))
    since = now - settings.AXES_COOLOFF_TIME
    last = AccessAttempt.objects.filter(address, attempt_time__gte=since)
    at = last.aggregate(at=Max("attempt_time"))["at"] or now
    left = (at + settings.AXES_COOLOFF_TIME - now).total_seconds()
    minutes = max(math.ceil(left / 60), 1)
    text = ngettext(
        "Too many wrong passwords. Try again in %(minutes)s minute, or ask an admin.",
        "Too many wrong passwords. Try again in %(minutes)s minutes, or ask an admin.",
        minutes,
    )
    return ValidationError(text % {"minutes": minutes}, code="shut")


def wrong_passwords(username: str, *, now: dt.datetime) -> int:
    """How many wrong passwords there lately were for a name, from any address."""
    since = now - settings.AXES_COOLOFF_TIME
    tried = AccessAttempt.objects.filter(username=username.lower(), attempt_time__gte=since)
    return tried.aggregate(sum=Sum("failures_since_start"))["sum"] or 0


def unlock(username: str, *, by: Access) -> None:
    """Let a person try again at once, wherever the wrong passwords came from."""
    by.require_admin()
    AccessAttempt.objects.filter(username=username.lower()).delete()


def forget_old_failures() -> None:
    """Delete what is counted no longer."""
    since = timezone.now() - settings.AXES_COOLOFF_TIME
    AccessAttempt.objects.filter(attempt_time__lt=since).delete()
