"""Why a document as a whole can't be posted, in words; its serials' reasons are the ledger's."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from serials.refusals import Refusal

MESSAGES: Mapping[str, object] = {
    "no_lines": _("There is nothing on this document yet."),
    "store_closed": _("%(store)s is closed: nothing moves there any more."),
    "date_in_future": _("%(date)s has not come yet: choose today or an earlier day."),
    "before_lock_date": _("The books are closed before %(date)s: choose that day or a later one."),
    "back_dating": _("Only a manager may date a document in the past."),
    "supplier_missing": _("Choose the supplier, or mark this receipt as opening stock."),
    "customer_missing": _("A sale under warranty needs a customer here: choose one."),
    "changed_meanwhile": _(
        "Somebody moved the same units at this very moment. Nothing was posted: look again."
    ),
}


def document_refusal(code: str, *, field: str | None = None, **facts: object) -> Refusal:
    """A refusal of the whole document, shown at a field of its header when one is named."""
    return Refusal(None, None, code, str(MESSAGES[code]) % facts, field=field)
