"""What an admin sets up: the company's policies and its stores."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from .decorators import admin_only, confirmed
from .forms import PoliciesForm, StoreForm
from .middleware import PersonRequest
from .models import Company, Store
from .queries import stores
from .setup import save_policies, save_sign_in_policies, save_store
from .sign_in_forms import SignInPoliciesForm

_GET_AND_POST = ["GET", "HEAD", "POST"]


@admin_only
@require_http_methods(_GET_AND_POST)
def policies(request: PersonRequest) -> HttpResponse:
    """The company's name, currency, lock date and policies."""
    data = request.POST if request.method == "POST" else None
    form = PoliciesForm(data, instance=Company.current())
    if form.is_bound and form.is_valid():
        save_policies(form.cleaned_data, by=request.access)
        messages.success(request, _("The company's settings are saved."))
        return redirect("company:settings")
    status = 422 if form.is_bound else 200
    return render(request, "company/policies.html", {"form": form}, status=status)


@admin_only
@require_safe
def store_list(request: PersonRequest) -> HttpResponse:
    """Every store."""
    return render(request, "company/stores.html", {"rows": stores()})


@admin_only
@require_http_methods(_GET_AND_POST)
def edit_store(request: PersonRequest, pk: int | None = None) -> HttpResponse:
    """A new store, or a change of one."""
    found = get_object_or_404(Store, pk=pk) if pk is not None else None
    name = found.name if found else ""
    form = StoreForm(request.POST if request.method == "POST" else None, instance=found)
    if form.is_bound and form.is_valid():
        try:
            store = save_store(form.cleaned_data, by=request.access, pk=pk)
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            messages.success(request, _("The store %(name)s is saved.") % {"name": store.name})
            return redirect("company:stores")
    status = 422 if form.is_bound else 200
    return render(request, "company/edit_store.html", {"form": form, "name": name}, status=status)


@admin_only
@confirmed
@require_http_methods(_GET_AND_POST)
def sign_in_policies(request: PersonRequest) -> HttpResponse:
    """What the company asks of every sign-in."""
    data = request.POST if request.method == "POST" else None
    form = SignInPoliciesForm(data, instance=Company.current())
    if form.is_bound and form.is_valid():
        save_sign_in_policies(form.cleaned_data, by=request.access)
        messages.success(request, _("The company's settings are saved."))
        return redirect("company:sign_in_policies")
    status = 422 if form.is_bound else 200
    return render(request, "company/sign_in_policies.html", {"form": form}, status=status)
