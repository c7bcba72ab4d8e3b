"""The repairs of a unit, as the page of its life tells them."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from repairs.models import Repair, Result, Status

from .serial_events import Event

_ENDED: dict[str, tuple[str, str]] = {
    Result.REPAIRED: ("check", "good"),
    Result.REPLACED: ("swap", "info"),
    Result.REFUNDED: ("undo", "info"),
    Result.REFUSED: ("x", "warn"),
    Result.NO_FAULT: ("check", "info"),
}


def repair_events(repairs: Sequence[Repair]) -> list[Event]:
    """That it was taken in, and how it went back: no statement.

    An intake that was cancelled was a mistake: it is told once, struck by its word.
    """
    events = []
    for repair in repairs:
        events.append(_taken_in(repair))
        if repair.status == Status.HANDED_BACK:
            events.append(_handed_back(repair))
    return events


def _taken_in(repair: Repair) -> Event:
    title = _("Our own unit went to repair") if repair.is_own else _("Taken in for repair")
    if repair.status == Status.CANCELLED:
        title = _("Taken in for repair by mistake: cancelled")
    return Event(
        icon="repair",
        tone="neutral" if repair.status == Status.CANCELLED else "warn",
        title=title,
        on=repair.claim.claimed_on,
        at=repair.taken_in_at,
        who=str(repair.taken_in_by),
        where=repair.store.name,
        reference=repair.number,
        repair=repair,
        notes=[repair.complaint.rstrip(".")],
    )


def _handed_back(repair: Repair) -> Event:
    icon, tone = _ENDED[repair.result]
    title = (
        _("Back from repair: %(result)s") if repair.is_own else _("Handed back: %(result)s")
    ) % {"result": repair.get_result_display()}
    at = repair.ended_at or repair.taken_in_at
    notes = [_("Under warranty") if repair.decided == "warranty" else _("Paid by the customer")]
    if repair.is_own:
        notes = []
    if repair.decision_reason:
        notes.append(repair.decision_reason.rstrip("."))
    if repair.work_done:
        notes.append(repair.work_done.rstrip("."))
    return Event(
        icon=icon,
        tone=tone,
        title=title,
        on=repair.store.date_of(at),
        at=at,
        who=str(repair.ended_by or ""),
        where=repair.store.name,
        reference=repair.number,
        repair=repair,
        notes=notes,
    )
