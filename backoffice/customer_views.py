"""Pages about a customer as a person: what is kept of them, and how that ends."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from company.decorators import needs
from company.middleware import PersonRequest
from company.rights import Right
from partners.models import Customer

from .customer_data import data_of
from .erasing import Reach, StillInRepair, erase_customer, reach_of

KEPT = Customer.objects.kept()


class EraseForm(forms.Form):
    """Said on purpose: there is no way back. Open repairs are a second thing to say."""

    is_sure = forms.BooleanField(
        label=gettext_lazy("I know that this can't be undone"),
        error_messages={"required": gettext_lazy("Tick this to erase the customer.")},
    )
    despite_repairs = forms.BooleanField(
        label=gettext_lazy("Erase although something of theirs is in repair"), required=False
    )

    def __init__(self, *args: Any, reach: Reach) -> None:
        super().__init__(*args)
        if not reach.in_repair:
            del self.fields["despite_repairs"]


@needs(Right.ERASE_CUSTOMER)
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: PersonRequest, pk: int) -> HttpResponse:
    """What erasing a customer takes away and what stays, and the button that does it."""
    customer = get_object_or_404(KEPT.all(), pk=pk)
    reach = reach_of(pk)
    form = EraseForm(request.POST if request.method == "POST" else None, reach=reach)
    if form.is_bound and form.is_valid():
        despite = form.cleaned_data.get("despite_repairs", False)
        try:
            erase_customer(pk, by=request.access, now=timezone.now(), despite_repairs=despite)
        except StillInRepair:
            field = "despite_repairs" if "despite_repairs" in form.fields else None
            form.add_error(field, _("They must get their things back first, or be told now."))
        else:
            messages.success(request, _("The customer is erased."))
            return redirect("partners:customers")
    context = {"customer": customer, "reach": reach, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "backoffice/erase_customer.html", context, status=status)


@needs(Right.ERASE_CUSTOMER)
@require_safe
def data(request: PersonRequest, pk: int) -> HttpResponse:
    """One customer's data, to be handed to them."""
    customer = get_object_or_404(KEPT.all(), pk=pk)
    name = f'attachment; filename="customer-{pk}.json"'
    return HttpResponse(
        data_of(customer),
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": name},
    )
