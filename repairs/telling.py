"""What stands in the way of something, as pages show it: in words, with a link that explains it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from django import forms

from company.access import Access
from documents.cancelling import CancellingRefused
from documents.models import Document
from serials.refusals import PostingRefused

from .models import Repair
from .refusals import RepairRefused


@dataclasses.dataclass(frozen=True, slots=True)
class Told:
    """One thing in the way; `field` is the input it belongs to, if there is one.

    `at` is the part of the order's page where it is put right.
    """

    message: str
    field: str = ""
    document: Document | None = None
    repair: Repair | None = None
    at: str = ""


# Where on the order's page people put right what is in the way, by the code of the refusal.
PUT_RIGHT_AT = {"loan_out": "loaners", "undecided": "decision"}

Refusing = RepairRefused | PostingRefused | CancellingRefused
REFUSING = (RepairRefused, PostingRefused, CancellingRefused)


def told(refused: Refusing, *, access: Access) -> list[Told]:
    """Everything in the way, with documents only where the person may open them: one statement."""
    if isinstance(refused, CancellingRefused):
        return [Told(one.message, document=one.document) for one in refused.obstacles]
    wanted = {
        one.posting_id for one in refused.refusals if one.posting_id and access.sees(one.store_id)
    }
    documents = {}
    if wanted:
        found = Document.objects.visible_to(access).filter(posting_id__in=wanted)
        documents = {document.posting_id: document for document in found}
    return [
        Told(
            one.message,
            one.field or "",
            documents.get(one.posting_id),
            getattr(one, "repair", None),
            PUT_RIGHT_AT.get(one.code, ""),
        )
        for one in refused.refusals
    ]


def at_fields(form: forms.Form, things: Sequence[Told]) -> list[Told]:
    """Put what belongs to a field of the form there; what is left belongs to none of them."""
    left = []
    for one in things:
        if one.field in form.fields and not (one.document or one.repair):
            form.add_error(one.field, one.message)
        else:
            left.append(one)
    return left
