"""Working on a repair: its status, what is written about it, and who pays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.formats import date_format

from company.access import Access
from company.rights import Right
from partners.models import Supplier
from warranty.claims import decide_claim

from .flow import ASKS, may_follow
from .holding import DESK, done, lock_repair, require_open, require_version, save, step
from .models import Payer, Repair, Result, Status
from .people import works_on_repairs
from .refusals import RepairRefused, refuse
from .taking_in import about_decision

AT_THE_DESK = ("complaint", "condition", "contents", "promised_on")
"""What was said at the intake, and may be put right there."""

EDITED = (*AT_THE_DESK, "diagnosis", "work_done", "technician")


def change_status(
    pk: int,
    *,
    to: str,
    version: int,
    by: Access,
    now: dt.datetime,
    note: str = "",
    sent_to: Supplier | None = None,
    sent_to_name: str = "",
    agreed_amount: Decimal | None = None,
    result: str = "",
) -> Repair:
    """Move a repair to a status that may follow (see `flow`), and keep the step.

    `result` may be said with READY: how it ended, which handing back takes over. A second press
    changes nothing. HANDED_BACK and CANCELLED have verbs of their own.

    Raises RepairRefused, RepairChanged when `version` is not that of the repair any more,
    Repair.DoesNotExist for another store's, PermissionDenied without Right.REPAIR.
    """
    asked = {
        "sent_to": sent_to, "sent_to_name": sent_to_name.strip()[:160],
        "agreed_amount": agreed_amount,
    }  # fmt: skip

    @transaction.atomic
    def work() -> Repair:
        repair = lock_repair(pk, by=by)
        if repair.status == to:
            return repair
        require_open(repair)
        require_version(repair, version)
        _require_may_follow(repair, to)
        if field := ASKS.get(to):
            _take_over(repair, field, asked[field])
        if to == Status.READY:
            _say_result(repair, result)
        step(repair, to, by=by, now=now, note=note)
        save(repair)
        return repair

    return done(work)


def _require_may_follow(repair: Repair, to: str) -> None:
    own_verb = to in {Status.HANDED_BACK, Status.CANCELLED}
    if own_verb or not may_follow(repair.status, to, is_own=repair.is_own):
        then = Status(to).label if to in Status.values else to
        raise refuse("no_such_step", now=repair.get_status_display(), then=then)


def _take_over(repair: Repair, field: str, value: object) -> None:
    """What a status asks for: whom the goods went to, or what the customer agreed to pay."""
    if value in (None, ""):
        raise refuse(f"{field}_missing", field=field)
    if isinstance(value, Decimal) and value < 0:
        raise refuse("price_negative", field=field)
    setattr(repair, field, value)


def _say_result(repair: Repair, result: str) -> None:
    if result and result not in Result.values:
        raise refuse("result_missing", field="result")
    if result in {Result.REPLACED, Result.REFUNDED}:
        if repair.is_own:
            raise refuse("own_result", field="result")
        if repair.sold_on_id is None:
            raise refuse("no_sale_line", field="result")
    repair.result = result


def edit(
    pk: int, *, changed: Mapping[str, Any], version: int, by: Access, now: dt.datetime
) -> Repair:
    """Save what was changed: the fields of EDITED. Raises as `change_status` does.

    Who may only take in may change what was said at the intake: complaint, condition, contents
    and the promised day.
    """

    @transaction.atomic
    def work() -> Repair:
        repair = lock_repair(pk, by=by, rights=DESK)
        wanted = {name: changed[name] for name in EDITED if name in changed}
        new = {name: value for name, value in wanted.items() if getattr(repair, name) != value}
        if new.keys() - set(AT_THE_DESK) and not by.can(Right.REPAIR, repair.store_id):
            raise PermissionDenied
        if not new:
            return repair
        require_open(repair)
        require_version(repair, version)
        _check_edited(repair, new)
        for name, value in new.items():
            setattr(repair, name, value)
        save(repair)
        return repair

    return done(work)


def _check_edited(repair: Repair, new: Mapping[str, Any]) -> None:
    if not new.get("complaint", repair.complaint).strip():
        raise refuse("complaint_missing", field="complaint")
    promised, came = new.get("promised_on"), repair.claim.claimed_on
    if promised is not None and promised < came:
        raise refuse("promised_too_early", field="promised_on", date=date_format(came))
    technician = new.get("technician")
    if technician is not None and not works_on_repairs(technician, repair.store):
        raise refuse(
            "not_a_technician", field="technician", person=technician, store=repair.store.name
        )


def decide(
    pk: int, *, payer: str, reason: str = "", version: int, by: Access, now: dt.datetime
) -> Repair:
    """Decide who pays, a Payer; with a reason where the term says otherwise.

    As the term says, whoever may take in decides; otherwise Right.REPAIR is asked. Raises as
    `change_status` does.
    """

    @transaction.atomic
    def work() -> Repair:
        repair = lock_repair(pk, by=by, rights=DESK)
        said = reason.strip()[:200]
        if (repair.decided, repair.decision_reason) == (payer, said):
            return repair
        require_open(repair)
        require_version(repair, version)
        if repair.is_own:
            raise refuse("own_is_ours", field="decided")
        as_proposed = payer == repair.proposed and repair.decided in {"", payer}
        if not as_proposed and not by.can(Right.REPAIR, repair.store_id):
            raise PermissionDenied
        has_card = repair.claim.card_id is not None
        if found := about_decision(payer, said, proposed=repair.proposed, has_card=has_card):
            raise RepairRefused(found)
        repair.claim = decide_claim(repair.claim_id, is_warranty=payer == Payer.WARRANTY)
        repair.decided, repair.decided_by, repair.decision_reason = payer, by.user, said
        save(repair)
        return repair

    return done(work)
