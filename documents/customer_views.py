"""Choosing the customer of a sale."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from company.middleware import PersonRequest
from company.parameters import whole_number
from partners.forms import CustomerForm
from partners.models import Customer
from partners.queries import find_customers

from . import drafting
from .guarding import of_document
from .kinds import spec_of
from .pages import read_document

MOST_PEOPLE = 20
"""How many customers the choice shows."""


@require_http_methods(["GET", "POST"])
@of_document
def customer(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Find the customer of a sale, or enter a new one."""
    found = read_document(request, pk)
    if spec_of(found.kind).partner != "customer":
        raise Http404
    drafting.require_right(found, request.access)
    if not found.is_draft:
        raise drafting.NotADraft
    problems: list[str] = []
    text = request.GET.get("q", "").replace("\0", "").strip()
    form = CustomerForm(request.POST if "new" in request.POST else None, initial=_as_typed(text))
    if request.method == "POST" and "new" not in request.POST:
        chosen = whole_number(request.POST.get("customer"))
        person = get_object_or_404(Customer, pk=chosen) if chosen else None
        try:
            drafting.choose_customer(pk, by=request.access, customer=person)
            return redirect("documents:document", pk=pk)
        except ValidationError as wrong:
            problems = wrong.messages
    elif form.is_valid():
        drafting.choose_new_customer(pk, form.cleaned_data, by=request.access)
        return redirect("documents:document", pk=pk)
    people = find_customers(text, limit=MOST_PEOPLE) if text else []
    context = {
        "document": found,
        "section": found.kind,
        "form": form,
        "people": people,
        "is_cut": len(people) == MOST_PEOPLE,
        "text": text,
        "problems": problems,
    }
    status = 422 if form.is_bound or problems else 200
    return render(request, "documents/customer.html", context, status=status)


def _as_typed(text: str) -> dict[str, str]:
    """What was looked for, as the beginning of a new customer: nobody types it twice."""
    if "@" in text:
        return {"email": text}
    if any(character.isalpha() for character in text):
        return {"name": text}
    return {"phone": text}
