"""All that is kept of one customer, for the customer: Art. 15 and 20 of the EU's Reg. 2016/679."""

from __future__ import annotations

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import OuterRef, Subquery

from documents.models import Document, Line, LineSerial, Status
from partners.models import Customer
from repairs.models import Charge, Photo, Repair, Step
from serials.models import SecondNumber
from warranty.models import Card


def data_of(customer: Customer) -> str:
    """One customer's data as JSON: a statement for each kind of thing, dates as in ISO 8601."""
    documents = Document.objects.filter(customer=customer).exclude(status=Status.DRAFT)
    repairs = Repair.objects.filter(customer=customer)
    told = {
        "customer": {
            "name": customer.name,
            "phone": customer.phone,
            "email": customer.email,
            "known_since": customer.created_at,
        },
        "documents": _with_parts(
            documents.order_by("id").values(
                "id", "number", "kind", "status", "effective_on", "store__name", "note"
            ),
            lines=_by(
                "document_id",
                _with_parts(
                    Line.objects.filter(document__in=documents).order_by("id").values(
                        "id", "document_id", "sku", "product_name", "quantity", "unit_price",
                        "remark",
                    ),
                    serials=_by(
                        "line_id",
                        LineSerial.objects.filter(document__in=documents)
                        .order_by("id")
                        .annotate(
                            second_number=_second(product="product", serial__key="key")
                        )
                        .values("line_id", "text", "second_number"),
                    ),
                ),
            ),
        ),
        "warranties": list(
            Card.objects.filter(term__customer=customer)
            .order_by("id")
            .annotate(second_number=_second(serial="term__serial"))
            .values(
                "number", "void_on", "ends_on", "term__starts_on", "term__sku",
                "term__product_name", "term__serial_text", "second_number",
            )
        ),
        "repairs": _with_parts(
            repairs.order_by("id")
            .annotate(second_number=_second(serial="serial"))
            .values(
                "id", "number", "status", "result", "store__name", "taken_in_at", "ended_at",
                "promised_on", "sku", "product_name", "serial_text", "second_number", "complaint",
                "condition", "contents", "diagnosis", "work_done", "decided", "decision_reason",
                "agreed_amount",
            ),
            steps=_by(
                "repair_id",
                Step.objects.filter(repair__in=repairs).values(
                    "repair_id", "status", "note", "made_at"
                ),
            ),
            charges=_by(
                "repair_id",
                Charge.objects.filter(repair__in=repairs).values(
                    "repair_id", "kind", "name", "quantity", "unit_price"
                ),
            ),
            photos=_by(
                "repair_id",
                Photo.objects.filter(repair__in=repairs).order_by("id").values(
                    "repair_id", "caption", "added_at"
                ),
            ),
        ),
    }  # fmt: skip
    return json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)


def _second(**unit: str) -> Subquery:
    """The second number that the unit of a row has, found by these columns of the row."""
    now = SecondNumber.objects.filter(removed_at=None)
    return Subquery(
        now.filter(**{name: OuterRef(column) for name, column in unit.items()}).values("text")[:1]
    )


def _by(owner: str, rows: Any) -> dict[int, list[dict[str, Any]]]:
    """The rows by what they belong to, without the number that says so."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.pop(owner), []).append(row)
    return found


def _with_parts(rows: Any, **parts: dict[int, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """The rows with what belongs to each, without their own numbers."""
    whole = []
    for row in rows:
        pk = row.pop("id")
        whole.append(row | {name: found.get(pk, []) for name, found in parts.items()})
    return whole
