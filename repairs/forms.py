"""What people type into repairs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from company.models import Store
from documents.forms import AnyText
from partners.models import Customer, Supplier

from .form_fields import (
    Cards,
    Money,
    PhotosField,
    TechnicianField,
    date_field,
    look_among,
    offer,
    text_of,
)
from .models import Charge, Payer, Repair, Result
from .people import technicians_of

NEW = "new"
"""The choice of a customer who is not known yet."""
DECIDED_LATER = ("", _("Decide after the diagnosis"))


class IntakeForm(forms.Form):
    """What is said when goods are taken in; of our own stock there is no customer."""

    complaint = text_of(
        "complaint",
        rows=3,
        required=True,
        help_text=_("In the customer's words: what is wrong, and since when."),
        error_messages={"required": _("Say what is wrong with it, in the customer's words.")},
    )
    condition = text_of(
        "condition", rows=2, help_text=_("Scratches, dents, what is broken already.")
    )
    contents = text_of("contents", rows=2, help_text=_("Charger, case, box, SIM card…"))
    customer = forms.CharField(required=False)
    name = forms.CharField(label=_("Name"), max_length=160, required=False)
    phone = forms.CharField(
        label=_("Phone"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "class": "input--medium"}),
    )
    email = forms.EmailField(label=_("E-mail"), required=False)
    technician = TechnicianField()
    promised_on = date_field(label=_("Promised for"))
    claimed_on = date_field(
        label=_("Came on"), help_text=_("Empty: today. A manager may choose an earlier day.")
    )
    decided = forms.ChoiceField(
        label=_("Who pays"),
        required=False,
        choices=[DECIDED_LATER, *Payer.choices],
        widget=Cards,
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        required=False,
        help_text=_("Needed when it is decided otherwise than proposed; the customer is told."),
    )
    photos = PhotosField(label=_("Photos"), required=False)

    def __init__(
        self, *args: Any, store: Store, is_own: bool, may_back_date: bool, has_card: bool,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        look_among(self, "technician", technicians_of(store))
        for name in ("name", "phone", "email"):
            self.fields[name].widget.attrs["autocomplete"] = "off"
        self.fields["photos"].help_text = _(
            "JPEG, PNG or WebP, up to 12, 10 MB each. Place and time stored in them are removed."
        )
        self.fields["complaint"].widget.attrs["data-autofocus"] = True
        if is_own:
            for name in ("customer", "name", "phone", "email", "decided", "reason"):
                del self.fields[name]
        elif not has_card:
            offer(self, "decided", [DECIDED_LATER, (Payer.CUSTOMER, Payer.CUSTOMER.label)])
        if not may_back_date:
            del self.fields["claimed_on"]

    def who(self) -> dict[str, Any]:
        """The customer as the verb takes it: one there is, a new one, or neither."""
        chosen = self.cleaned_data.get("customer", "")
        if chosen.isascii() and chosen.isdigit() and len(chosen) <= 18:
            return {"customer": Customer.objects.filter(pk=int(chosen)).first()}
        new = {name: self.cleaned_data.get(name, "") for name in ("name", "phone", "email")}
        return {"new_customer": new} if chosen == NEW or any(new.values()) else {}


class EditForm(forms.Form):
    """What is written about a repair; who may only take in changes what was said at the intake."""

    diagnosis = text_of("diagnosis", rows=3)
    work_done = text_of("work_done", rows=3)
    complaint = text_of("complaint", rows=2, required=True)
    condition = text_of("condition", rows=2)
    contents = text_of("contents", rows=2)
    technician = TechnicianField()
    promised_on = date_field(label=_("Promised for"))

    WORK = ("diagnosis", "work_done", "technician")

    def __init__(self, *args: Any, repair: Repair, can_work: bool, **kwargs: Any) -> None:
        names = [*self.base_fields]
        kwargs.setdefault("initial", {name: getattr(repair, name) for name in names})
        kwargs["auto_id"] = "edit-%s"
        super().__init__(*args, **kwargs)
        look_among(self, "technician", technicians_of(repair.store))
        if not can_work:
            for name in self.WORK:
                del self.fields[name]
        for field in self.fields.values():
            field.show_hidden_initial = True

    def changes(self) -> dict[str, Any]:
        """What the person changed: what somebody else wrote meanwhile stays."""
        return {name: self.cleaned_data[name] for name in self.changed_data}


class StepForm(forms.Form):
    """A step of the repair, with what its status asks for."""

    to = forms.CharField(max_length=13)
    note = forms.CharField(label=_("Note"), max_length=400, required=False)
    agreed_amount = Money(label=_("Agreed amount"), min_value=0, required=False)
    sent_to = forms.ModelChoiceField(
        Supplier.objects.filter(is_active=True),
        label=_("Supplier"),
        required=False,
        empty_label=_("Choose…"),
    )
    sent_to_name = forms.CharField(label=_("Service centre"), max_length=160, required=False)
    result = forms.ChoiceField(
        label=_("How it ended"),
        required=False,
        choices=[("", _("Said at the hand-back")), *Result.choices],
    )

    def __init__(self, *args: Any, repair: Repair, **kwargs: Any) -> None:
        kwargs["auto_id"] = "step-%s"
        super().__init__(*args, **kwargs)
        if repair.is_own:
            chosen = (Result.REPAIRED, Result.NO_FAULT, Result.REFUSED)
            shown = [(one.value, one.label) for one in chosen]
            offer(self, "result", [("", _("Said at the end")), *shown])
        self.initial.setdefault("sent_to", repair.sent_to_id)
        self.initial.setdefault("sent_to_name", repair.sent_to_name)
        self.initial.setdefault("result", repair.result)


class DecisionForm(forms.Form):
    """Who pays, and why it is not what the term says."""

    payer = forms.ChoiceField(
        label=_("Who pays"),
        choices=Payer.choices,
        widget=Cards,
        error_messages={"required": _("Choose who pays.")},
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        required=False,
        help_text=_("Needed when it is decided otherwise than proposed; the customer is told."),
    )

    def __init__(self, *args: Any, repair: Repair, has_card: bool, **kwargs: Any) -> None:
        initial = {"payer": repair.decided or repair.proposed, "reason": repair.decision_reason}
        kwargs["initial"] = initial
        kwargs["auto_id"] = "decide-%s"
        super().__init__(*args, **kwargs)
        self._decided = repair.decided
        if not has_card:
            offer(self, "payer", [(Payer.CUSTOMER, Payer.CUSTOMER.label)])

    def clean(self) -> dict[str, Any]:
        """Decided the other way, the reason that was there before says nothing any more."""
        cleaned = super().clean() or self.cleaned_data
        is_reversed = self._decided and cleaned.get("payer") != self._decided
        if is_reversed and cleaned.get("reason") == self.initial["reason"]:
            cleaned["reason"] = ""
        return cleaned


class ChargeForm(forms.Form):
    """Work, or a part that is not of our stock."""

    kind = forms.ChoiceField(label=_("What"), choices=Charge.Kind.choices, initial=Charge.Kind.WORK)
    name = forms.CharField(
        label=pgettext_lazy("of work or a part", "Name"),
        max_length=160,
        error_messages={"required": _("Enter what was done, or the part.")},
    )
    quantity = forms.IntegerField(
        label=_("Quantity"),
        min_value=1,
        max_value=10_000,
        initial=1,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "num"}),
        error_messages={
            "required": _("Enter the quantity."),
            "invalid": _("Write the quantity as a whole number."),
            "min_value": _("Enter a quantity of 1 to 10,000."),
            "max_value": _("Enter a quantity of 1 to 10,000."),
        },
    )
    unit_price = Money(label=_("Price"), min_value=0)

    def __init__(self, *args: Any, is_next: bool = False, **kwargs: Any) -> None:
        kwargs["auto_id"] = "charge-%s"
        super().__init__(*args, **kwargs)
        attrs = self.fields["name"].widget.attrs
        attrs["autocomplete"] = "off"
        if is_next:
            attrs["data-autofocus"] = True


class PriceForm(forms.Form):
    """The price of a charge that stands."""

    unit_price = Money(label=_("Price"), min_value=0)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["auto_id"] = "price-%s"
        super().__init__(*args, **kwargs)


class ScanForm(forms.Form):
    """A scan of a part, or of a unit to lend."""

    scan = AnyText(required=False)
    product = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    note = forms.CharField(
        label=_("Condition and what came with it"), max_length=400, required=False
    )


class PhotosForm(forms.Form):
    """More photos of a repair."""

    photos = PhotosField(
        label=_("Photos"), error_messages={"required": _("Choose the photos first.")}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["auto_id"] = "photos-%s"
        super().__init__(*args, **kwargs)


class HandBackForm(forms.Form):
    """How it ended, and the unit that is handed over instead."""

    result = forms.ChoiceField(
        label=_("How it ended"),
        choices=Result.choices,
        widget=Cards,
        error_messages={"required": _("Say how the repair ended.")},
    )
    replacement = forms.CharField(
        label=_("The new unit: scan its serial number"),
        max_length=200,
        required=False,
        widget=forms.TextInput(
            attrs={"class": "serial", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    note = forms.CharField(label=_("Note"), max_length=400, required=False)

    def __init__(
        self,
        *args: Any,
        repair: Repair,
        results: Iterable[str],
        texts: dict[str, object],
        **kwargs: Any,
    ) -> None:
        initial = {"result": repair.result or Result.REPAIRED}
        kwargs["initial"] = initial
        kwargs["auto_id"] = "back-%s"
        super().__init__(*args, **kwargs)
        shown = list(results)
        offer(self, "result", [one for one in Result.choices if one[0] in shown])
        cast(Cards, self.fields["result"].widget).texts = texts


class CancelForm(forms.Form):
    """Why an intake was a mistake."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        error_messages={"required": _("Give the reason.")},
    )


class BoardForm(forms.Form):
    """The filters of the board."""

    q = forms.CharField(
        label=_("Search"),
        max_length=100,
        required=False,
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "placeholder": _("Number, serial, product, customer"),
                "autocomplete": "off",
                "spellcheck": "false",
            }
        ),
    )
    technician = forms.TypedChoiceField(
        label=_("Technician"), required=False, coerce=int, empty_value=None
    )
    whose = forms.ChoiceField(
        label=_("Goods"),
        required=False,
        choices=[("", _("All")), ("customers", _("Customers'")), ("own", _("Our own stock"))],
    )
    store = forms.ModelChoiceField(
        Store.objects.none(), label=_("Store"), required=False, empty_label=_("All")
    )

    def __init__(self, *args: Any, stores: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("status", "overdue", "ended"):
            if self.data.get(name):
                self.fields[name] = forms.CharField(
                    required=False, max_length=20, widget=forms.HiddenInput
                )
        look_among(self, "store", stores)
        names = [(one.pk, str(one)) for one in people]
        offer(self, "technician", [("", _("All")), (0, _("Nobody yet")), *names])
        if len(stores) < 2:
            del self.fields["store"]
