"""Taking goods in: one page, from the scan to the repair order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from company.middleware import PersonRequest
from company.models import Store
from company.parameters import whole_number
from company.rights import Right
from partners.models import Customer
from partners.queries import find_customers
from serials.refusals import PostingRefused
from warranty.looking_up import look_up
from warranty.queries import CoverView, cover_of_card

from .finding import Found, find_read, found, read
from .forms import NEW, IntakeForm
from .models import Payer, Repair
from .pages import sees_unit
from .people import technicians_of
from .photos import add_photos, read_pictures
from .refusals import RepairRefused
from .subjects import Subject, SubjectKind
from .taking_in import take_in as take_in_goods
from .telling import Told, at_fields, told

PROMISED_DAYS = 14
"""What is promised unless somebody says otherwise: the term of article 8 of the Ukrainian law on
the protection of consumers, for repairs under warranty."""
MOST_PEOPLE = 8
LONGEST_SCAN = 400
PEOPLE = "people"


@require_http_methods(["GET", "POST"])
def take_in(request: PersonRequest) -> HttpResponseBase:
    """Find the goods, then say the rest; `scan` is what was scanned, `subject` what was chosen."""
    store = request.store
    if store is None or not request.access.can(Right.TAKE_IN_REPAIR, store.pk):
        raise PermissionDenied
    sent = request.POST if request.method == "POST" else request.GET
    text = sent.get("scan", "").replace("\0", "").strip()[:LONGEST_SCAN]
    today = store.date_of(timezone.now())
    subject = Subject.parse(sent.get("subject"))
    chosen = found(subject, store=store, access=request.access, today=today) if subject else None
    candidates: Sequence[Found] = ()
    note = ""
    if chosen is None and text:
        reading = read(text)
        candidates = find_read(reading, store=store, access=request.access, today=today)
        note = reading.wrong or (reading.note if candidates else "")
        chosen = candidates[0] if len(candidates) == 1 else None
    if chosen is None:
        return _looking_page(request, store, text, candidates, note, today=today)
    form = _form(request, store, chosen, today=today)
    things: list[Told] = []
    if request.method == "POST" and "find" not in request.POST and form.is_valid():
        try:
            taken = _taken_in(request, store, chosen, form)
        except (RepairRefused, PostingRefused) as refused:
            things = at_fields(form, told(refused, access=request.access))
        except ValidationError as wrong:
            form.add_error("photos", wrong)
        else:
            return redirect(reverse("repairs:repair", args=[taken.pk]) + "?taken=1")
    return _intake_page(request, store, chosen, form, things, text=text, note=note, today=today)


def _form(request: PersonRequest, store: Store, chosen: Found, *, today: dt.date) -> IntakeForm:
    is_sent = request.method == "POST"
    own = technicians_of(store).filter(pk=request.access.user.pk).first()
    customer = chosen.customer
    form = IntakeForm(
        request.POST if is_sent else None,
        request.FILES if is_sent else None,
        store=store,
        is_own=chosen.subject.is_own,
        has_card=chosen.card is not None,
        may_back_date=request.access.can(Right.BACK_DATE, store.pk),
        initial={
            "customer": str(customer.pk) if customer else NEW,
            "technician": own,
            "promised_on": today + dt.timedelta(days=PROMISED_DAYS),
        },
    )
    if is_sent and "find" in request.POST:
        form.errors.clear()  # nobody said yet that it is all
    return form


def _taken_in(request: PersonRequest, store: Store, chosen: Found, form: IntakeForm) -> Repair:
    """Take the goods in, with the photos: these are looked at before anything is written."""
    data, now = form.cleaned_data, timezone.now()
    pictures = read_pictures(data["photos"])
    taken = take_in_goods(
        store,
        subject=chosen.subject,
        complaint=data["complaint"],
        condition=data["condition"],
        contents=data["contents"],
        technician=data["technician"],
        promised_on=data["promised_on"],
        claimed_on=data.get("claimed_on"),
        decided=data.get("decided", ""),
        reason=data.get("reason", ""),
        by=request.access,
        now=now,
        **({} if chosen.subject.is_own else form.who()),
    )
    try:
        add_photos(taken.pk, pictures, by=request.access, now=now)
    except OSError:
        messages.error(request, _("The photos could not be kept: the disk may be full. Add them"
                                  " again on this page."))  # fmt: skip
    messages.success(request, _("%(number)s is taken in.") % {"number": taken.number})
    return taken


def _intake_page(
    request: PersonRequest,
    store: Store,
    chosen: Found,
    form: IntakeForm,
    things: Sequence[Told],
    *,
    text: str,
    note: str,
    today: dt.date,
) -> HttpResponse:
    cover = cover_of_card(chosen.card, today=today) if chosen.card else None
    if "decided" in form.fields:
        form.fields["decided"].widget.texts = _decision_texts(chosen, cover)
    in_the_way = told(RepairRefused(chosen.refusals), access=request.access)
    if request.method == "POST" and things:
        in_the_way = list(things)
    people, search = _people(request, chosen)
    context = {
        "store": store,
        "text": text,
        "note": note,
        "found": chosen,
        "cover": cover,
        "form": form,
        "in_the_way": in_the_way,
        "warns": not things,
        "sees_unit": sees_unit(request, chosen.serial.pk if chosen.serial else None),
        "sees_card": chosen.card is not None
        and request.access.sees(chosen.card.term.posting.store_id),
        "sale_is_own": chosen.sold_on is not None
        and request.access.sees(chosen.sold_on.document.store_id),
        "may_go_on": not chosen.refusals,
        "people": people,
        "search": search,
        "customer_choice": form["customer"].value() if "customer" in form.fields else None,
        "has_lost_photos": bool(request.FILES),
    }
    if request.htmx.target == PEOPLE:
        return render(request, "repairs/take_in.html#people-list", context)
    status = 422 if form.errors or things else 200
    return render(request, "repairs/take_in.html", context, status=status)


def _people(request: PersonRequest, chosen: Found) -> tuple[list[Customer], str]:
    """The customers to choose from: who bought it, who was chosen, and who was looked for."""
    sent = request.POST or request.GET
    search = sent.get("q", "").replace("\0", "").strip()[:100]
    people = [chosen.customer] if chosen.customer else []
    picked = whole_number(sent.get("customer"))
    if picked and (one := Customer.objects.kept().filter(pk=picked).first()):
        people.append(one)
    if search:
        people += find_customers(search, limit=MOST_PEOPLE)
    return list({person.pk: person for person in people}.values()), search


def _decision_texts(chosen: Found, cover: CoverView | None) -> dict[str, object]:
    """What speaks for each decision, in a sentence; the one that is proposed says so."""
    if chosen.card is None or cover is None:
        why = _("It has no warranty card.")
    elif cover.void_on:
        why = _("Its card is void.")
    elif cover.days_left < 0:
        why = _("The warranty ended on %(day)s.") % {"day": date_format(chosen.card.ends_on)}
    else:
        why = _("Covered until %(day)s.") % {"day": date_format(chosen.card.ends_on)}
    proposed = _("Proposed: %(why)s") % {"why": why}
    is_warranty = chosen.proposed == Payer.WARRANTY
    return {
        "": _("Somebody decides once the fault is known. Until then it counts as proposed."),
        Payer.WARRANTY: proposed if is_warranty else why,
        Payer.CUSTOMER: _("Damage, liquid, wear: what the warranty does not cover.")
        if is_warranty
        else proposed,
    }


def _looking_page(
    request: PersonRequest,
    store: Store,
    text: str,
    candidates: Sequence[Found],
    note: str,
    *,
    today: dt.date,
) -> HttpResponse:
    """The scan box, and what a text may mean when it is not one thing."""
    choices = [
        {"code": one.subject.code, "of": one, "customer": one.customer} for one in candidates
    ]
    if text and not candidates and not note:
        choices, note = _by_phone(request, text, today=today)
    context = {"store": store, "text": text, "note": note, "choices": choices}
    status = 422 if text and not choices else 200
    return render(request, "repairs/take_in.html", context, status=status)


def _by_phone(
    request: PersonRequest, text: str, *, today: dt.date
) -> tuple[list[dict[str, Any]], str]:
    """What else a text is: a customer's phone, the last characters of a serial; and how it was
    read.
    """
    choices: list[dict[str, Any]] = []
    looked_up = look_up(text, access=request.access, today=today)
    for piece in looked_up.pieces:
        if piece.card is not None:
            subject = Subject(SubjectKind.CARD, piece.card.pk)
        elif piece.serial is not None:
            subject = Subject(SubjectKind.SERIAL, piece.serial.pk)
        else:
            continue
        choices.append({"code": subject.code, "piece": piece, "customer": piece.customer})
    return choices, looked_up.note
