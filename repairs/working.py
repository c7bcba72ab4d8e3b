"""Working on a repair: its status, what is written about it, and who pays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from company.access import Access
from partners.models import Supplier

from .models import Repair

EDITED = ("complaint", "condition", "contents", "diagnosis", "work_done", "technician",
          "promised_on")  # fmt: skip


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
    raise NotImplementedError


def edit(
    pk: int, *, changed: Mapping[str, Any], version: int, by: Access, now: dt.datetime
) -> Repair:
    """Save what was changed: the fields of EDITED. Raises as `change_status` does.

    Who may only take in may change what was said at the intake: complaint, condition, contents
    and the promised day.
    """
    raise NotImplementedError


def decide(
    pk: int, *, payer: str, reason: str = "", version: int, by: Access, now: dt.datetime
) -> Repair:
    """Decide who pays, a Payer; with a reason where the term says otherwise.

    As the term says, whoever may take in decides; otherwise Right.REPAIR is asked. Raises as
    `change_status` does.
    """
    raise NotImplementedError
