"""The assistant that changes the accounting of goods in stock: enter, look, do."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from company.decorators import admin_only
from company.middleware import PersonRequest
from company.parameters import whole_number
from products.models import Product
from products.modes import WHAT_IT_ASKS, Mode

from .accounting import MovedMeanwhile, change_accounting
from .accounting_forms import AccountingForm, store_steps
from .accounting_plan import (
    AccountingRefused,
    Plan,
    asks_serials,
    is_prefilled,
    make_plan,
    modes_to_choose,
)
from .accounting_stock import Problem, Situation, read_situation
from .models import Document


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def accounting(request: PersonRequest, pk: int) -> HttpResponse:
    """Choose the accounting (`?mode=`), enter what lies where, look at the plan, do it."""
    product = get_object_or_404(Product.objects.select_related("type"), pk=pk)
    mode = request.GET.get("mode", "")
    if mode == product.mode:
        words = _("The accounting of %(product)s is “%(mode)s”.")
        facts = {"product": product.name, "mode": product.get_mode_display()}
        messages.info(request, words % facts)
        return redirect("products:product", pk)
    situation = read_situation(product)
    if mode not in modes_to_choose(product.mode):
        return _choose(request, situation)
    if request.method != "POST":
        form = AccountingForm(situation=situation, mode=mode)
        return _page(request, situation, mode, form)
    return _answer(request, situation, mode)


def _answer(request: PersonRequest, situation: Situation, mode: str) -> HttpResponse:
    form = AccountingForm(request.POST, situation=situation, mode=mode)
    if "count" in request.POST:
        return _count(request, form)
    step, seen = request.POST.get("step"), request.POST.get("seen", "")
    if step == "back":
        return _page(request, situation, mode, form)
    texts, pk = form.texts(), situation.product.pk
    try:
        if seen != situation.seen:
            raise MovedMeanwhile
        if step == "do":
            done = change_accounting(
                pk, mode=mode, texts=texts, seen=seen, by=request.access, now=timezone.now()
            )
            return _to_documents(pk, done)
        plan = make_plan(situation, mode, texts)
    except MovedMeanwhile:
        return _moved(request, pk, mode)
    except AccountingRefused as refused:
        return _page(request, situation, mode, form, problems=refused.problems, status=422)
    return _preview(request, plan, form)


def _choose(request: PersonRequest, situation: Situation) -> HttpResponse:
    modes = [(one, WHAT_IT_ASKS[one]) for one in modes_to_choose(situation.product.mode)]
    context = {"situation": situation, "product": situation.product, "modes": modes}
    return render(request, "documents/accounting.html", context)


def _page(
    request: PersonRequest,
    situation: Situation,
    mode: str,
    form: AccountingForm,
    *,
    problems: Sequence[Problem] = (),
    moved: bool = False,
    status: int = 200,
) -> HttpResponse:
    # What is in the way is told before anything is typed; what is typed already stays.
    rows = form.rows(problems) if form.is_bound or not situation.obstacles else []
    shown = {row.pile.place.pk for row in rows}
    elsewhere = [one for one in problems if one.place_id not in shown]
    before = situation.product.mode
    context = {
        "situation": situation,
        "product": situation.product,
        "mode": Mode(mode),
        "asks": asks_serials(before, mode),
        "prefilled": is_prefilled(before, mode),
        "rows": rows,
        "problems": problems,
        "of_all": [one for one in elsewhere if one not in situation.obstacles],
        "moved": moved,
    }
    return render(request, "documents/accounting.html", context, status=status)


def _moved(request: PersonRequest, pk: int, mode: str) -> HttpResponse:
    """What was entered, beside the numbers of now."""
    product = get_object_or_404(Product.objects.select_related("type"), pk=pk)
    if mode not in modes_to_choose(product.mode):
        return redirect(f"{reverse('documents:accounting', args=[pk])}?{urlencode({'mode': mode})}")
    situation = read_situation(product)
    form = AccountingForm(request.POST, situation=situation, mode=mode)
    return _page(request, situation, mode, form, moved=True, status=422)


def _count(request: PersonRequest, form: AccountingForm) -> HttpResponse:
    count = form.count(request.POST["count"])
    if count is None:
        raise Http404
    return render(request, "documents/accounting.html#count", {"count": count})


def _preview(request: PersonRequest, plan: Plan, form: AccountingForm) -> HttpResponse:
    context = {
        "plan": plan,
        "product": plan.situation.product,
        "asks": WHAT_IT_ASKS[plan.mode],
        "stores": store_steps(plan),
        "form": form,
    }
    return render(request, "documents/accounting_preview.html", context)


def _to_documents(pk: int, done: Sequence[Document]) -> HttpResponse:
    query = urlencode({"document": [one.pk for one in done]}, doseq=True)
    return redirect(f"{reverse('documents:accounting_done', args=[pk])}?{query}")


@admin_only
@require_safe
def accounting_done(request: PersonRequest, pk: int) -> HttpResponse:
    """What the assistant did: the documents that `?document=` names."""
    product = get_object_or_404(Product, pk=pk)
    ids = [whole_number(asked) for asked in request.GET.getlist("document")]
    documents = (
        Document.objects.visible_to(request.access)
        .filter(pk__in=[one for one in ids if one], lines__product=product)
        .select_related("store")
        .distinct()
        .order_by("pk")
    )
    context = {"product": product, "documents": documents}
    return render(request, "documents/accounting_done.html", context)
