"""The list of counts, and starting one."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from company.decorators import needs
from company.middleware import PersonRequest
from company.models import Store
from company.parameters import whole_number
from company.rights import Right
from products.models import Product

from .forms import StartForm
from .models import Count
from .pages import pill_of
from .queries import counts_page
from .starting import CountUnderWay, count_under_way, start_count

MOST_FOUND = 20
"""Products offered to choose from: with more the search wants another word."""
LONGEST_SEARCH = 100
PICKER = "picker"


@require_GET
@needs(Right.COUNT)
def count_list(request: PersonRequest) -> HttpResponse:
    """The counts of the person's stores, newest first."""
    before = whole_number(request.GET.get("before"))
    after = whole_number(request.GET.get("after"))
    page = counts_page(by=request.access, before=before, after=after)
    here = _store(request)
    context = {
        "page": page,
        "rows": [(count, pill_of(count)) for count in page.rows],
        "is_elsewhere": before is not None or after is not None,
        "several_stores": len(request.access.store_ids) > 1,
        "may_start": here is not None,
        "under_way": count_under_way(here) if here else None,
    }
    return render(request, "inventory/list.html", context)


def _store(request: PersonRequest) -> Store | None:
    """The store a count would start in: the one the person works in now, if they may."""
    if request.store and request.access.can(Right.COUNT, request.store.pk):
        return request.store
    return None


@require_http_methods(["GET", "POST"])
def start(request: PersonRequest) -> HttpResponseBase:
    """Choose what is counted, and start."""
    store = _store(request)
    if store is None:
        raise PermissionDenied
    is_start = request.method == "POST" and "find" not in request.POST
    form = StartForm(request.POST if is_start else None, initial=_kept(request))
    if is_start and form.is_valid():
        try:
            count = _started(request, store, form)
        except CountUnderWay as other:
            messages.warning(request, str(other))
            return redirect("inventory:count", pk=other.count.pk)
        except ValidationError as wrong:
            form.add_error(None, wrong)
        else:
            return redirect("inventory:count", pk=count.pk)
    return _start_page(request, store, form)


def _started(request: PersonRequest, store: Store, form: StartForm) -> Count:
    return start_count(
        store,
        scope=form.cleaned_data["scope"],
        product_type=form.cleaned_data["product_type"],
        products=form.cleaned_data["products"],
        note=form.cleaned_data["note"],
        by=request.access,
        now=timezone.now(),
    )


def _kept(request: PersonRequest) -> dict[str, str]:
    """What was chosen before products were looked for."""
    sent = request.POST or request.GET
    names = ("scope", "product_type", "search", "note")
    return {name: sent[name] for name in names if name in sent}


def _start_page(request: PersonRequest, store: Store, form: StartForm) -> HttpResponse:
    sent = request.POST or request.GET
    ids = [number for text in sent.getlist("products") if (number := whole_number(text))]
    search = sent.get("search", "")[:LONGEST_SEARCH]
    context = {
        "form": form,
        "store": store,
        "chosen": list(Product.objects.filter(pk__in=ids)),
        "found": _found(search, ids),
        "search": search,
        "most_found": MOST_FOUND,
        "under_way": count_under_way(store),
    }
    if request.htmx.target == PICKER:
        return render(request, "inventory/start.html#picker", context)
    return render(request, "inventory/start.html", context, status=422 if form.errors else 200)


def _found(search: str, chosen: list[int]) -> list[Product]:
    """The products in use that have every word of the search, but for those chosen already."""
    if not search.strip():
        return []
    found = Product.objects.filter(is_active=True).having_words(search).exclude(pk__in=chosen)
    return list(found[:MOST_FOUND])
