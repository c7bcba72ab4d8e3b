"""Pages of products and product types. Everybody looks; an admin changes."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from company.decorators import admin_only
from company.exporting_lists import export_list, kept_filters
from company.middleware import PersonRequest

from . import import_fields
from .filters import ProductFilter
from .forms import ProductForm, ProductTypeForm
from .models import Product, ProductType
from .queries import (
    currency,
    product_facts,
    product_page,
    product_type,
    type_period,
    type_rows,
    type_supplier_period,
)
from .saving import ChangedMeanwhile, save_product, save_type, stock_in_words
from .stock import states_of, stock_of, waiting_for_serials


@require_safe
def product_list(request: PersonRequest) -> HttpResponse:
    """Products by name, fifty at a time, narrowed by the filters in the URL."""
    narrowed = ProductFilter(request.GET, queryset=Product.objects.all())
    page = product_page(
        narrowed.qs, after=request.GET.get("after"), before=request.GET.get("before")
    )
    context = {
        "form": narrowed.form,
        "page": page,
        "kept": kept_filters(request, narrowed.filters),
        "currency": currency(),
        "narrowed": any(request.GET.get(name) for name in narrowed.filters),
    }
    return render(request, "products/list.html", context)


@admin_only
@require_safe
def export_products(request: PersonRequest, file_format: str) -> HttpResponseBase:
    """The products that fit the filters in the URL, as XLSX or CSV; an import reads it back."""
    narrowed = ProductFilter(request.GET, queryset=Product.objects.all())
    return export_list(
        request,
        narrowed.qs.select_related("type").order_by("name", "pk"),
        file_format,
        name="products",
        columns=import_fields.columns(),
        cells_of=import_fields.cells_of,
        back=f"{reverse('products:list')}?{request.GET.urlencode()}",
    )


@require_safe
def product_detail(request: PersonRequest, pk: int) -> HttpResponse:
    """One product: its facts, what its accounting asks, the warranty a sale would start."""
    product = get_object_or_404(Product.objects.select_related("type"), pk=pk)
    own = request.access.store_ids
    context = {
        "facts": product_facts(product),
        "stock": states_of(pk, store_ids=own),
        "has_stores": bool(own),
    }
    return render(request, "products/product.html", context)


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def new_product(request: PersonRequest) -> HttpResponse:
    """A new product; `?type=` brings the accounting that its type proposes."""
    asked = request.POST if request.method == "POST" else request.GET
    chosen = product_type(asked.get("type"))
    if request.method == "POST":
        form = ProductForm(request.POST)
        if product := _saved_product(request, form):
            return redirect("products:product", product.pk)
        return _product_form(request, form, chosen, status=422)
    if chosen is None:
        return render(request, "products/choose_type.html", {"types": type_rows()})
    form = ProductForm(initial={"type": chosen, "mode": chosen.default_mode})
    return _product_form(request, form, chosen)


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def edit_product(request: PersonRequest, pk: int) -> HttpResponse:
    """Change a product; somebody else's change meanwhile is shown before it is saved over."""
    product = get_object_or_404(Product.objects.select_related("type"), pk=pk)
    kind, stock, waiting = product.type, stock_of(pk), waiting_for_serials(pk)
    in_the_way = (stock_in_words(stock), stock_in_words(waiting))
    if request.method == "POST":
        form = ProductForm(request.POST, instance=product, mode_stays=bool(stock or waiting))
        if _saved_product(request, form, pk=pk):
            return redirect("products:product", pk)
        return _product_form(request, form, kind, in_the_way=in_the_way, status=422)
    form = ProductForm(instance=product, mode_stays=bool(stock or waiting))
    return _product_form(request, form, kind, in_the_way=in_the_way)


def _saved_product(
    request: PersonRequest, form: ProductForm, *, pk: int | None = None
) -> Product | None:
    """Save a valid form; None when it is not, or was refused, with the reasons in the form."""
    if not form.is_valid():
        return None
    version = form.cleaned_data.get("version")
    try:
        product = save_product(form.cleaned_data, by=request.access, pk=pk, version=version)
    except ValidationError as refused:
        form.add_error(None, refused)
    except ChangedMeanwhile as changed:
        form.show_meanwhile(changed.current)
    else:
        messages.success(request, _("%(name)s is saved.") % {"name": product.name})
        return product
    return None


def _product_form(
    request: PersonRequest,
    form: ProductForm,
    kind: ProductType | None,
    *,
    in_the_way: tuple[str, str] = ("", ""),
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "kind": kind,
        "kind_period": type_period(kind) if kind else None,
        "kind_supplier_period": type_supplier_period(kind) if kind else None,
        "stock": in_the_way[0],
        "waiting": in_the_way[1],
        "currency": currency(),
    }
    return render(request, "products/edit.html", context, status=status)


@admin_only
@require_safe
def type_list(request: PersonRequest) -> HttpResponse:
    """Every product type with its defaults."""
    return render(request, "products/types.html", {"types": type_rows()})


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def edit_type(request: PersonRequest, pk: int | None = None) -> HttpResponse:
    """A new product type, or a change of one."""
    found = get_object_or_404(ProductType, pk=pk) if pk is not None else None
    name = found.name if found else ""
    form = ProductTypeForm(request.POST if request.method == "POST" else None, instance=found)
    if form.is_bound and _saved_type(request, form, pk=pk):
        return redirect("products:types")
    status = 422 if form.is_bound else 200
    return render(request, "products/edit_type.html", {"form": form, "name": name}, status=status)


def _saved_type(request: PersonRequest, form: ProductTypeForm, *, pk: int | None) -> bool:
    if not form.is_valid():
        return False
    try:
        found = save_type(form.cleaned_data, by=request.access, pk=pk)
    except ValidationError as refused:
        form.add_error(None, refused)
        return False
    messages.success(request, _("The type %(name)s is saved.") % {"name": found.name})
    return True
