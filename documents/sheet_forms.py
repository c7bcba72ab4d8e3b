"""What sets the kinds of documents apart on paper: data that the one layout reads."""

from __future__ import annotations

import dataclasses

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .models import Kind


@dataclasses.dataclass(frozen=True, slots=True)
class SheetForm:
    """One kind: its title, what its facts are called, and who signs.

    `other_store` and `store` name the ends of a transfer; `origin` the document continued. Where
    `signs` is empty a commission signs. `is_priced` kinds have prices even if all are 0.
    """

    title: str | Promise
    signs: tuple[str | Promise, ...]
    partner: str | Promise = ""
    store: str | Promise = ""
    other_store: str | Promise = ""
    is_store_last: bool = False
    origin: str | Promise = ""
    remark: str | Promise = ""
    is_priced: bool = False


FORMS: dict[Kind, SheetForm] = {
    Kind.RECEIPT: SheetForm(
        title=_("Goods received note"),
        partner=_("Supplier"),
        signs=(_("Delivered by"), _("Received by")),
        is_priced=True,
    ),
    Kind.SALE: SheetForm(
        title=_("Invoice"),
        partner=_("Customer"),
        signs=(_("Seller"), _("Customer")),
        is_priced=True,
    ),
    Kind.CUSTOMER_RETURN: SheetForm(
        title=_("Customer return"),
        partner=_("Customer"),
        remark=_("Reason"),
        signs=(_("Customer"), _("Taken back by")),
        is_priced=True,
    ),
    Kind.EXCHANGE: SheetForm(
        title=_("Exchange"),
        partner=_("Customer"),
        remark=_("Reason"),
        signs=(_("Customer"), _("Seller")),
        is_priced=True,
    ),
    Kind.SUPPLIER_RETURN: SheetForm(
        title=_("Return note"),
        partner=_("Supplier"),
        remark=_("Reason"),
        signs=(_("Handed over by"), _("Received for the supplier by")),
    ),
    Kind.WRITE_OFF: SheetForm(title=_("Write-off act"), remark=_("Reason"), signs=()),
    Kind.TRANSFER: SheetForm(
        title=_("Transfer note"),
        store=_("From store"),
        other_store=_("To store"),
        signs=(_("Handed over by"), _("Received by")),
    ),
    Kind.ARRIVAL: SheetForm(
        title=_("Transfer received note"),
        store=_("To store"),
        other_store=_("From store"),
        is_store_last=True,
        origin=_("Receives transfer"),
        signs=(_("Handed over by"), _("Received by")),
    ),
    Kind.IDENTIFICATION: SheetForm(
        title=_("Serial numbers entered"),
        origin=_("Of document"),
        signs=(_("Entered by"), _("Checked by")),
    ),
    Kind.SHORTAGE: SheetForm(title=_("Shortage act"), remark=_("Reason"), signs=()),
    Kind.SURPLUS: SheetForm(title=_("Surplus act"), remark=_("Reason"), signs=()),
    Kind.SET_ASIDE: SheetForm(
        title=_("Set aside"),
        remark=_("Reason"),
        signs=(_("Set aside by"), _("Kept by")),
    ),
    Kind.PUT_BACK: SheetForm(
        title=_("Put back"),
        remark=_("Remark"),
        signs=(_("Handed over by"), _("Received by")),
    ),
    Kind.PARTS: SheetForm(
        title=_("Parts used"),
        remark=_("Used for"),
        signs=(_("Used by"), _("Checked by")),
    ),
    Kind.CORRECTION: SheetForm(
        title=_("Correction"),
        origin=_("Corrects document"),
        signs=(_("Corrected by"), _("Checked by")),
    ),
}
