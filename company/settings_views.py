"""What an admin sets up: the company's policies, its stores, its people."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from .decorators import admin_only
from .forms import NewPasswordForm, PersonForm, PoliciesForm, StoreForm
from .middleware import PersonRequest
from .models import Company, Store, User
from .people import save_person, set_password
from .queries import people, stores
from .setup import save_policies, save_store

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
@require_safe
def person_list(request: PersonRequest) -> HttpResponse:
    """Everybody, and what they are where."""
    return render(request, "company/people.html", {"rows": people()})


@sensitive_post_parameters("password")
@admin_only
@require_http_methods(_GET_AND_POST)
def edit_person(request: PersonRequest, pk: int | None = None) -> HttpResponse:
    """A new person, or a change of one; roles as a grid of stores."""
    found = get_object_or_404(User, pk=pk) if pk is not None else None
    name = str(found) if found else ""
    form = PersonForm(request.POST if request.method == "POST" else None, instance=found)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        try:
            person = save_person(data, roles=data["roles"], by=request.access, pk=pk)
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": person})
            return redirect("company:people")
    context = {"form": form, "name": name, "pk": pk}
    status = 422 if form.is_bound else 200
    return render(request, "company/edit_person.html", context, status=status)


@sensitive_post_parameters("password")
@admin_only
@require_http_methods(_GET_AND_POST)
def person_password(request: PersonRequest, pk: int) -> HttpResponse:
    """Give a person a new password; one's own is changed where the old one is asked."""
    person = get_object_or_404(User, pk=pk)
    if person == request.access.user:
        return redirect("company:password")
    form = NewPasswordForm(request.POST if request.method == "POST" else None, person=person)
    if form.is_bound and form.is_valid():
        set_password(pk, form.cleaned_data["password"], by=request.access)
        messages.success(request, _("%(name)s has a new password.") % {"name": person})
        return redirect("company:edit_person", pk)
    context = {"form": form, "person": person}
    status = 422 if form.is_bound else 200
    return render(request, "company/person_password.html", context, status=status)
