"""Pages that span the apps: home, search, and the life of a unit."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from company.middleware import PersonRequest
from documents.models import Document
from documents.supplier_cover import supplier_cover_of
from products.models import Product
from repairs.models import Repair
from serials.models import Serial
from serials.second_numbers import history_of, may_have_second
from warranty.models import Card

from .home import home_of
from .searching import search
from .second_number_views import may_change_second
from .serial_actions import actions_for, may_receive, repair_subject
from .serial_life import life_of
from .setting_up import steps_to_set_up
from .week_chart import chart_of, compared


@require_GET
def home(request: PersonRequest) -> HttpResponse:
    store = request.store
    if store is None:
        steps = steps_to_set_up(request.access)
        return render(request, "backoffice/no_store.html", {"steps": steps})
    found = home_of(store, access=request.access, now=timezone.now())
    context = {
        "home": found,
        "figures": found.week and compared(found.week),
        "chart": found.week and chart_of(found.week),
        "nonce": uuid.uuid4(),
    }
    return render(request, "backoffice/home.html", context)


@require_GET
def search_page(request: PersonRequest) -> HttpResponseBase:
    text = request.GET.get("q", "").strip()
    found = search(text, access=request.access)
    if found.note and found.exact is not None:
        messages.info(request, found.note)
    match found.exact:
        case Document(pk=pk):
            return redirect("documents:document", pk=pk)
        case Card(number=number):
            return redirect("warranty:card", number=number)
        case Repair(pk=pk):
            return redirect("repairs:repair", pk=pk)
        case Serial(pk=pk):
            return redirect("backoffice:serial", pk=pk)
        case Product(pk=pk):
            return redirect("products:product", pk=pk)
    context = {"found": found, "search_text": text.replace("\0", "")[:200]}
    return render(request, "backoffice/search.html", context)


@require_GET
def serial(request: PersonRequest, pk: int) -> HttpResponse:
    serials = Serial.objects.visible_to(request.access).select_related(
        "product__type", "place__store"
    )
    unit = get_object_or_404(serials, pk=pk)
    store = unit.place.store or request.store
    today = store.date_of(timezone.now()) if store else timezone.now().date()
    life = life_of(unit, access=request.access, today=today)
    cover = supplier_cover_of(unit)
    numbers = history_of(pk)
    context = {
        "numbers": numbers,
        "second": next((one for one in numbers if one.removed_at is None), None),
        "may_have_second": bool(numbers) or may_have_second(unit.product),
        "may_change": may_change_second(unit, store=request.store, access=request.access),
        "life": life,
        "today": today,
        "supplier_cover": cover and cover.as_told_to(request.access),
        "is_own_receipt": cover is not None and request.access.sees(cover.store_id),
        "actions": actions_for(life, store=request.store, access=request.access),
        "repair_subject": repair_subject(life, store=request.store, access=request.access),
        "may_receive": may_receive(life, store=request.store, access=request.access),
    }
    return render(request, "backoffice/serial.html", context)
