"""Which status of a repair may follow which, and what each asks: data and pure functions.

A repair goes received → diagnosed → (estimate → agreed) → being worked on → ready → handed back.
Work goes back and forth between in work, waiting for parts, at the service centre and at the
supplier. A desk needs short cuts: simple work begins at once, nothing is diagnosed of what is
refused, and a customer who does not agree to the estimate gets their goods back as they were.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import pgettext_lazy

from .models import Status

WORK = (Status.IN_WORK, Status.WAITING_PARTS, Status.AT_SERVICE, Status.AT_SUPPLIER)
"""Statuses of work under way, in any order among themselves."""

AWAY = (Status.AT_SERVICE, Status.AT_SUPPLIER)
"""Statuses in which the goods are in somebody else's hands."""

ABOUT_MONEY = (Status.ESTIMATE, Status.AGREED)
"""Statuses of a repair that the customer pays; own stock has none of them."""

_FOLLOWS: Mapping[str, tuple[Status, ...]] = {
    Status.RECEIVED: (Status.DIAGNOSED, *WORK, Status.READY, Status.CANCELLED),
    Status.DIAGNOSED: (Status.ESTIMATE, *WORK, Status.READY),
    Status.ESTIMATE: (Status.AGREED, Status.READY),
    Status.AGREED: (*WORK, Status.ESTIMATE, Status.READY),
    **{status: (*(one for one in WORK if one != status), Status.ESTIMATE, Status.READY)
       for status in WORK},
    Status.READY: (Status.IN_WORK, Status.HANDED_BACK),
    Status.HANDED_BACK: (),
    Status.CANCELLED: (),
}  # fmt: skip

ASKS: Mapping[str, str] = {
    Status.AT_SERVICE: "sent_to_name",
    Status.AT_SUPPLIER: "sent_to",
    Status.AGREED: "agreed_amount",
}
"""The field of the repair that a status must be given with."""

BUTTONS: Mapping[str, object] = {
    Status.DIAGNOSED: pgettext_lazy("verb", "Diagnosed"),
    Status.ESTIMATE: pgettext_lazy("verb", "Give an estimate"),
    Status.AGREED: pgettext_lazy("verb", "The customer agrees"),
    Status.IN_WORK: pgettext_lazy("verb", "Begin work"),
    Status.WAITING_PARTS: pgettext_lazy("verb", "Wait for parts"),
    Status.AT_SERVICE: pgettext_lazy("verb", "Send to a service centre"),
    Status.AT_SUPPLIER: pgettext_lazy("verb", "Send to the supplier"),
    Status.READY: pgettext_lazy("verb", "Ready"),
    Status.HANDED_BACK: pgettext_lazy("verb", "Hand back"),
    Status.CANCELLED: pgettext_lazy("verb", "Cancel the intake"),
}
"""What the button says that moves a repair to a status."""


def may_follow(status: str, then: str, *, is_own: bool = False) -> bool:
    """Whether a repair in one status may go to another."""
    return then in next_statuses(status, is_own=is_own)


def next_statuses(status: str, *, is_own: bool = False) -> tuple[Status, ...]:
    """The statuses that may follow, in the order of their buttons; own stock is never agreed on."""
    follows = _FOLLOWS[status]
    return tuple(one for one in follows if one not in ABOUT_MONEY) if is_own else follows


def steps_to_hand_back(status: str) -> tuple[Status, ...]:
    """The steps from a status to handed back, ready being implied; empty when there is no way."""
    if status == Status.READY:
        return (Status.HANDED_BACK,)
    if may_follow(status, Status.READY):
        return (Status.READY, Status.HANDED_BACK)
    return ()
