"""The second number of a unit: entered, corrected or taken off by hand, with a reason."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from company.access import Access
from company.middleware import PersonRequest
from company.models import Store
from company.rights import Right
from serials.models import Serial
from serials.second_numbers import change_second, second_of


class SecondNumberForm(forms.Form):
    """The number that has to stand there, and why."""

    second = forms.CharField(
        label=gettext_lazy("Second number"),
        required=False,
        help_text=gettext_lazy("Leave it empty to take the number off."),
        widget=forms.TextInput(
            attrs={"class": "serial", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)


def may_change_second(unit: Serial, *, store: Store | None, access: Access) -> bool:
    """Whether the person may: where the unit lies, or where they work when it lies in no store."""
    at = unit.place.store_id or (store.pk if store else None)
    return at is not None and access.can(Right.RECEIVE, at)


@require_http_methods(["GET", "POST"])
def second_number(request: PersonRequest, pk: int) -> HttpResponseBase:
    units = Serial.objects.visible_to(request.access).select_related("product__type", "place")
    unit = get_object_or_404(units, pk=pk)
    if not may_change_second(unit, store=request.store, access=request.access):
        raise PermissionDenied
    now = second_of(pk)
    form = SecondNumberForm(request.POST or None, initial={"second": now.text if now else ""})
    if form.is_bound and form.is_valid():
        entered, reason = form.cleaned_data["second"], form.cleaned_data["reason"]
        try:
            changed = change_second(
                pk, entered, reason=reason, by=request.access.user, now=timezone.now()
            )
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            said = _("The second number is saved.") if changed else _("The number is taken off.")
            messages.success(request, said)
            return redirect("backoffice:serial", pk=pk)
    status = 422 if form.errors else 200
    context = {"unit": unit, "form": form, "has": now}
    return render(request, "backoffice/second_number.html", context, status=status)
