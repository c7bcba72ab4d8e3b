"""Why something is not done to a repair, in words for the desk."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from partners.saving import CUSTOMER_ERASED

if TYPE_CHECKING:
    from .models import Repair


@dataclasses.dataclass(frozen=True, slots=True)
class Refused:
    """One reason. `field` is the input it belongs to, `repair` the one that explains it.

    `repair` is there only when the person may open it; `posting_id` and `store_id` are those of
    the document that explains it (see `serials.refusals.Refusal`).
    """

    code: str
    message: str
    field: str = ""
    repair: Repair | None = None
    posting_id: int | None = None
    store_id: int | None = None


class RepairRefused(Exception):
    """Nothing was done, for all the reasons it carries; nothing was written."""

    def __init__(self, refusals: Sequence[Refused]) -> None:
        self.refusals = tuple(refusals)
        super().__init__(" ".join(one.message for one in refusals))


class RepairChanged(Exception):
    """Somebody changed the repair since the page was read; nothing was written."""


MESSAGES: Mapping[str, object] = {
    # taking in
    "complaint_missing": _("Say what is wrong with it, in the customer's words."),
    "customer_missing": _("Choose the customer, or enter a name and a phone number."),
    "customer_name_missing": _("Enter the customer's name."),
    "customer_phone_missing": _("Enter a phone number: the customer is told when it is ready."),
    "customer_erased": CUSTOMER_ERASED,
    "own_has_no_customer": _("Our own stock has no customer."),
    "in_repair": _("%(what)s is in repair already: %(number)s of %(date)s in %(store)s."),
    "all_in_repair": _("Every piece of this line of %(number)s is in repair or came back."),
    "in_stock_here": _(
        "%(what)s is in stock here (%(reference)s of %(date)s): take it in as our own stock."
    ),
    "own_elsewhere": _(
        "%(what)s is stock of %(store)s (%(reference)s of %(date)s): take it in there."
    ),
    "not_own": _("%(what)s is not in stock here: it is %(state)s (%(reference)s of %(date)s)."),
    "set_aside_already": _("%(what)s is set aside already (%(reference)s of %(date)s)."),
    "written_off": _("%(what)s was written off by %(reference)s on %(date)s."),
    "not_sold": _("%(what)s was not sold: it is %(state)s (%(reference)s of %(date)s)."),
    "never_seen": _("%(what)s was never here. Check the number."),
    "scan_the_unit": _("Units of %(product)s have serial numbers: scan the one that came."),
    "moved_meanwhile": _("It was taken back at this very moment. Look again."),
    "card_void": _("Card %(card)s is void since %(date)s: its piece came back."),
    "store_closed": _("%(store)s is closed: nothing is taken in there any more."),
    "claimed_in_future": _("%(date)s has not come yet: choose today or an earlier day."),
    "claimed_earlier": _("Only a manager may take it in as of an earlier day."),
    "claimed_before_sale": _("It was sold on %(date)s by %(number)s: it can't have come before."),
    "promised_too_early": _("It can't be promised for a day before %(date)s, when it came."),
    "not_a_technician": _("%(person)s does not work on repairs in %(store)s."),
    # working on it
    "ended": _("%(number)s was %(status)s; it stays as it is."),
    "no_such_step": _("%(now)s is not followed by %(then)s."),
    "sent_to_missing": _("Choose the supplier it goes to."),
    "sent_to_name_missing": _("Enter the service centre it goes to."),
    "agreed_amount_missing": _("Enter the amount the customer agreed to."),
    "own_is_ours": _("It is our own stock: nobody is charged for it."),
    "no_card": _("It has no warranty card, so the customer pays."),
    "decision_reason_missing": _(
        "The term says otherwise: give the reason, it is told to the customer."
    ),
    "something_done": _("Something was done on %(number)s already: hand it back instead."),
    "name_missing": _("Enter what was done, or the part."),
    "quantity_wrong": _("Enter a quantity of 1 to 10,000."),
    "price_negative": _("A price is not less than 0."),
    "stock_part_moves": _("A part from stock left by %(number)s: only its price can be changed."),
    # loaners
    "own_needs_no_loaner": _("Our own stock needs no loaner: nobody waits for it."),
    "loan_out": _("%(what)s is still lent to the customer: take it back first."),
    # handing back
    "result_missing": _("Say how the repair ended."),
    "undecided": _("Decide first whether it is under warranty or the customer pays."),
    "technician_decides": _("Somebody who works on repairs says how it ended."),
    "not_back_yet": _("It is %(status)s: say first that it is ready."),
    "own_result": _("Our own stock is neither replaced nor refunded here."),
    "no_sale_line": _("No sale of it is known, so it is neither replaced nor refunded."),
    "may_not_return": _("Somebody who may take back goods has to do this."),
    "replacement_missing": _("Scan the unit that is handed over instead."),
    "replacement_other": _(
        "%(what)s is %(other)s. Scan a unit of %(product)s, or refund it and sell the other one."
    ),
    "no_right": _("You may not do this in %(store)s."),
    "reason_missing": _("Give the reason."),
}


def refused(
    code: str,
    *,
    field: str = "",
    repair: Repair | None = None,
    posting_id: int | None = None,
    store_id: int | None = None,
    **facts: object,
) -> Refused:
    """A reason in the words of its code; `facts` fill the blanks."""
    return Refused(code, str(MESSAGES[code]) % facts, field, repair, posting_id, store_id)


def refuse(code: str, *, field: str = "", **facts: object) -> RepairRefused:
    """The exception for one reason alone."""
    return RepairRefused([Refused(code, str(MESSAGES[code]) % facts, field)])
