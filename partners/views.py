"""Pages of suppliers and customers."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from company.decorators import needs
from company.exporting_lists import export_list, kept_filters
from company.middleware import PersonRequest
from company.rights import Right

from .forms import CustomerForm, SearchForm, SupplierForm
from .import_fields import FIELDS, Partner, cells_of, columns
from .models import Customer, Supplier
from .queries import customer_page, supplier_page
from .saving import save_customer, save_supplier


@require_safe
def supplier_list(request: PersonRequest) -> HttpResponse:
    """Suppliers by name."""
    form = SearchForm(request.GET)
    context = {
        "form": form,
        "page": supplier_page(
            form.text(), after=request.GET.get("after"), before=request.GET.get("before")
        ),
        "kept": kept_filters(request, form.fields),
        "may_edit": request.access.can_somewhere(Right.RECEIVE),
    }
    return render(request, "partners/suppliers.html", context)


@needs(Right.RECEIVE)
@require_safe
def export_suppliers(request: PersonRequest, file_format: str) -> HttpResponseBase:
    """The suppliers that fit the search in the URL, as XLSX or CSV; an import reads it back."""
    return _export(request, Supplier, file_format, back="partners:suppliers")


@needs(Right.REPORTS)
@require_safe
def export_customers(request: PersonRequest, file_format: str) -> HttpResponseBase:
    """The same of customers. Whole lists of people are a manager's to take away."""
    return _export(request, Customer, file_format, back="partners:customers")


def _export(
    request: PersonRequest, model: type[Partner], file_format: str, *, back: str
) -> HttpResponseBase:
    fields = FIELDS[model]
    found: QuerySet[Any] = model.objects.fitting(SearchForm(request.GET).text())
    return export_list(
        request,
        found.order_by("name", "pk"),
        file_format,
        name=back.partition(":")[2],
        columns=columns(fields),
        cells_of=lambda partner: cells_of(partner, fields),
        back=f"{reverse(back)}?{request.GET.urlencode()}",
    )


@needs(Right.RECEIVE)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_supplier(request: PersonRequest, pk: int | None = None) -> HttpResponse:
    """A new supplier, or a change of one."""
    found = get_object_or_404(Supplier, pk=pk) if pk is not None else None
    name = found.name if found else ""
    form = SupplierForm(request.POST if request.method == "POST" else None, instance=found)
    if form.is_bound and form.is_valid():
        try:
            saved = save_supplier(form.cleaned_data, by=request.access, pk=pk)
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": saved.name})
            return redirect("partners:suppliers")
    context = {"form": form, "name": name}
    status = 422 if form.is_bound else 200
    return render(request, "partners/edit_supplier.html", context, status=status)


@needs(Right.LOOK_UP)
@require_safe
def customer_list(request: PersonRequest) -> HttpResponse:
    """Customers by name, found by name, phone or e-mail."""
    form = SearchForm(request.GET)
    context = {
        "form": form,
        "page": customer_page(
            form.text(), after=request.GET.get("after"), before=request.GET.get("before")
        ),
        "kept": kept_filters(request, form.fields),
        "may_edit": request.access.can_somewhere(Right.SELL),
        "may_export": request.access.can_somewhere(Right.REPORTS),
    }
    return render(request, "partners/customers.html", context)


@needs(Right.SELL)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_customer(request: PersonRequest, pk: int | None = None) -> HttpResponse:
    """A new customer, or a change of one."""
    kept = Customer.objects.kept()
    found = get_object_or_404(kept, pk=pk) if pk is not None else None
    name = found.name if found else ""
    form = CustomerForm(request.POST if request.method == "POST" else None, instance=found)
    if form.is_bound and form.is_valid():
        saved = save_customer(form.cleaned_data, by=request.access, pk=pk)
        messages.success(request, _("%(name)s is saved.") % {"name": saved.name})
        return redirect("partners:customers")
    may_erase = request.access.can_somewhere(Right.ERASE_CUSTOMER)
    context = {"form": form, "name": name, "pk": pk, "may_erase": may_erase}
    status = 422 if form.is_bound else 200
    return render(request, "partners/edit_customer.html", context, status=status)
