"""Putting the page of a repair order together."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from company.middleware import PersonRequest
from company.rights import Right
from documents.models import Document, LineSerial
from serials.models import Serial

from .flow import BUTTONS, steps_to_hand_back
from .forms import ChargeForm, DecisionForm, EditForm, HandBackForm, PhotosForm, ScanForm, StepForm
from .models import MOST_PHOTOS, Charge, Payer, Repair, Result, Status, Step
from .order import Order, order
from .pills import look_of, pill_of
from .previewing import results_for, what_it_does
from .sheets import Paper
from .telling import PUT_RIGHT_AT, Told

FORMS = ("edit_form", "step_form", "decision_form", "charge_form", "photos_form", "back_form")
ASKING = (Status.AGREED, Status.AT_SERVICE, Status.AT_SUPPLIER, Status.READY)
"""Statuses with a field of their own, and so with a form of their own."""


@dataclasses.dataclass(frozen=True, slots=True)
class StepView:
    """A step of the story with its look."""

    step: Step
    icon: str
    tone: str


@dataclasses.dataclass(frozen=True, slots=True)
class ChargeView:
    """A charge with the serials of its parts."""

    charge: Charge
    serials: Sequence[str]


def read_order(request: PersonRequest, pk: int) -> Order:
    """The order with all its page shows; Repair.DoesNotExist for another store's."""
    return order(pk, access=request.access, now=timezone.now())


def read_to_work(request: PersonRequest, pk: int) -> Order:
    """The order for who works on repairs in its store; PermissionDenied for others there."""
    found = read_order(request, pk)
    if not found.can_work:
        raise PermissionDenied
    return found


def read_at_desk(request: PersonRequest, pk: int) -> Order:
    """The order for who takes in, or works on, repairs in its store."""
    found = read_order(request, pk)
    if not (found.can_work or found.can_take_in):
        raise PermissionDenied
    return found


def repair_page(
    request: PersonRequest,
    pk: int,
    *,
    status: int = 200,
    things: Sequence[Told] = (),
    hands_back: bool = False,
    **more: Any,
) -> HttpResponse:
    """The whole page; `more` are forms that were refused, and what else the page shows."""
    found = read_order(request, pk)
    repair = found.repair
    today = repair.store.date_of(timezone.now())
    can_desk = found.can_take_in or found.can_work
    is_open = not repair.has_ended
    asked = request.GET.get("at", "")
    context = {
        "order": found,
        "repair": repair,
        "pill": pill_of(repair.status),
        "things": things,
        "today": today,
        "is_open": is_open,
        "can_work": found.can_work and is_open,
        "can_desk": can_desk and is_open,
        "at": asked,
        "steps": [StepView(step, *look_of(step.status)) for step in reversed(found.steps)],
        "charges": _charge_views(found.charges),
        "papers": _papers(repair, found.charges),
        "sees_unit": sees_unit(request, repair.serial_id),
        "sees_card": repair.claim.card is not None and request.access.sees(_store_of_card(repair)),
        "sale_is_own": repair.sold_on is not None
        and request.access.sees(repair.sold_on.document.store_id),
        "own_documents": _own_documents(request, repair),
        "may_add_photos": can_desk and is_open and len(found.photos) < MOST_PHOTOS,
        "most_photos": MOST_PHOTOS,
        "may_cancel": can_desk and Status.CANCELLED in found.next,
        **_forms(request, found, more),
        **_steps(found, more.get("step_form")),
        **_hand_back(request, found, today, more.get("back_form"), hands_back=hands_back),
        **{name: value for name, value in more.items() if name not in FORMS},
    }
    return render(request, "repairs/repair.html", context, status=status)


def sees_unit(request: PersonRequest, serial_id: int | None) -> bool:
    """Whether the person may open the page of a unit: it was in one of their stores."""
    units = Serial.objects.visible_to(request.access)
    return serial_id is not None and units.filter(pk=serial_id).exists()


def _store_of_card(repair: Repair) -> int | None:
    """The store whose people may open the card's page."""
    card = repair.claim.card
    return card.term.posting.store_id if card else None


def _charge_views(charges: Sequence[Charge]) -> list[ChargeView]:
    documents = [charge.document_id for charge in charges if charge.document_id]
    texts: dict[int | None, list[str]] = {}
    if documents:
        rows = LineSerial.objects.filter(document__in=documents).order_by("pk")
        for document_id, text in rows.values_list("document_id", "text"):
            texts.setdefault(document_id, []).append(text)
    return [ChargeView(charge, texts.get(charge.document_id, ())) for charge in charges]


def _papers(repair: Repair, charges: Sequence[Charge]) -> dict[str, Any]:
    """The papers there are, and the one that F8 prints: what is needed next."""
    papers = [Paper.INTAKE]
    if not repair.is_own and (charges or repair.agreed_amount is not None):
        papers.append(Paper.ESTIMATE)
    main = Paper.INTAKE
    if repair.status == Status.HANDED_BACK:
        papers.append(Paper.ACT)
        main = Paper.ACT
    elif repair.status == Status.ESTIMATE and Paper.ESTIMATE in papers:
        main = Paper.ESTIMATE
    return {"main": main, "others": [paper for paper in papers if paper != main]}


def _own_documents(request: PersonRequest, repair: Repair) -> list[Document]:
    """The documents that the repair made, and the person may open."""
    own = (repair.set_aside_id, repair.put_back_id, repair.document_id)
    ids = {pk for pk in own if pk is not None}
    ids |= set(repair.loans.values_list("out", flat=True))
    ids |= set(repair.loans.exclude(back=None).values_list("back", flat=True))
    ids |= set(repair.charges.exclude(document=None).values_list("document", flat=True))
    if not ids:
        return []
    return list(Document.objects.visible_to(request.access).filter(pk__in=ids).order_by("pk"))


def _forms(request: PersonRequest, found: Order, refused: dict[str, Any]) -> dict[str, Any]:
    """The forms of the page, those that were refused as they were sent."""
    repair = found.repair
    has_card = repair.claim.card_id is not None
    decision = refused.get("decision_form") or DecisionForm(repair=repair, has_card=has_card)
    decision.fields["payer"].widget.texts = _payer_texts(repair)
    return {
        "edit_form": refused.get("edit_form") or EditForm(repair=repair, can_work=found.can_work),
        "step_form": refused.get("step_form") or step_form(found),
        "decision_form": decision,
        "charge_form": refused.get("charge_form")
        or ChargeForm(is_next=request.GET.get("at") == "charge"),
        "photos_form": refused.get("photos_form") or PhotosForm(),
        "scan_form": ScanForm(),
    }


def step_form(found: Order, data: Any = None) -> StepForm:
    """The form of the next step, with the sum of the charges as what may be agreed to."""
    amount = found.repair.agreed_amount
    initial: dict[str, Any] = {
        "agreed_amount": amount if amount is not None else found.totals.charged
    }
    if found.supplier and not found.repair.sent_to_id:
        initial["sent_to"] = found.supplier.supplier_id
    return StepForm(data, repair=found.repair, initial=initial)


def _payer_texts(repair: Repair) -> dict[str, object]:
    proposed = _("Proposed by the term on the day it came.")
    return {
        Payer.WARRANTY: proposed
        if repair.proposed == Payer.WARRANTY
        else _("The term says otherwise: give the reason."),
        Payer.CUSTOMER: proposed
        if repair.proposed == Payer.CUSTOMER
        else _("Damage, liquid, wear: what the warranty does not cover. Give the reason."),
    }


def _steps(found: Order, refused: StepForm | None) -> dict[str, Any]:
    """The statuses that may follow: those of one press, and those that ask for something."""
    if not found.can_work or found.repair.has_ended:
        return {"plain_steps": [], "next_step": None}
    follows = [one for one in found.next if one not in {Status.HANDED_BACK, Status.CANCELLED}]
    suggested = _suggested(found.repair, follows)
    return {
        "next_step": suggested,
        "plain_steps": [(one, BUTTONS[one]) for one in follows if one not in ASKING],
        "asking": {one.value for one in follows if one in ASKING},
        "step_open": refused.data.get("to") if refused is not None else suggested,
        "words": {one.value: BUTTONS[one] for one in follows},
    }


def _suggested(repair: Repair, follows: Sequence[Status]) -> Status | None:
    """The likeliest next status: what F9 does."""
    is_paid = (repair.decided or repair.proposed) == Payer.CUSTOMER and not repair.is_own
    after: dict[str, Status] = {
        Status.RECEIVED: Status.DIAGNOSED,
        Status.DIAGNOSED: Status.ESTIMATE if is_paid else Status.IN_WORK,
        Status.ESTIMATE: Status.AGREED,
        Status.AGREED: Status.IN_WORK,
        Status.IN_WORK: Status.READY,
        Status.WAITING_PARTS: Status.IN_WORK,
        Status.AT_SERVICE: Status.READY,
        Status.AT_SUPPLIER: Status.READY,
    }
    wanted = after.get(repair.status)
    return wanted if wanted in follows else None


def _hand_back(
    request: PersonRequest,
    found: Order,
    today: Any,
    refused: HandBackForm | None,
    *,
    hands_back: bool,
) -> dict[str, Any]:
    """The panel that hands back: when it is ready, or somebody wants to skip what is left."""
    repair = found.repair
    is_ready = repair.status == Status.READY
    may = bool(steps_to_hand_back(repair.status)) and not repair.has_ended
    if not may or not (found.can_work or (found.can_take_in and is_ready)):
        return {
            "back_form": None,
            "may_hand_back": False,
            "may_print_card": repair.result == Result.REPLACED
            and repair.document is not None
            and request.access.can(Right.PRINT_CARDS, repair.store_id),
        }
    shown = is_ready or hands_back or refused is not None
    return {
        "may_hand_back": True,
        "back_form": (refused or back_form(request, repair, today)) if shown else None,
        "obstacles": _obstacles(found) if shown else [],
        "asks_replacement": repair.product.asks_serials,
        "can_return": request.access.can(Right.RETURN_CUSTOMER, repair.store_id),
    }


def back_form(request: PersonRequest, repair: Repair, today: Any, data: Any = None) -> HandBackForm:
    """The form of the hand-back, each outcome with what it would do."""
    return HandBackForm(
        data,
        repair=repair,
        results=results_for(repair, access=request.access),
        texts=what_it_does(repair, today=today),
    )


def _obstacles(found: Order) -> list[Told]:
    """What is known to be in the way before anybody tries."""
    told = []
    if not found.repair.decided:
        told.append(
            Told(
                str(_("Decide first whether it is under warranty or the customer pays.")),
                at=PUT_RIGHT_AT["undecided"],
            )
        )
    if found.loan_out:
        told.append(
            Told(
                str(_("A unit is still lent to the customer: take it back first.")),
                at=PUT_RIGHT_AT["loan_out"],
            )
        )
    return told
