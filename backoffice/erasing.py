"""Erasing a customer: who it was goes from everywhere, what was traded stays.

Documents, postings, cards and repairs name a customer by its row and copy nothing of it. So the
row loses name, phone and e-mail; what people typed and what was drawn goes too: notes, what a
customer said of a fault, any text of theirs with a word of the name, the phone or the e-mail in
it, photos, PDFs that are kept. A text that is erased is `***`. PostgreSQL lets what is frozen
change in this way and no other (migration backoffice 0001).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import logging
import re
from collections.abc import Callable, Sequence

from django.core.exceptions import PermissionDenied
from django.core.files.storage import Storage
from django.db import connection, transaction
from django.utils.translation import gettext as _

from audit.forgetting import forget_customer
from company.access import Access
from company.rights import Right
from documents.models import Document, DocumentPrint, Status, Upload
from partners.models import SAME_NUMBER, Customer, CustomerImport
from repairs.models import Photo, Repair
from warranty.models import PrintRun, Term

ERASED = "***"
"""What is left of a text; migration backoffice 0001 knows it too."""
SHORTEST_WORD = 3
"""A word of a name with fewer letters is in too many other words."""
logger = logging.getLogger(__name__)


class StillInRepair(Exception):
    """Things of the customer are in repair: they have to be told when these are ready."""


@dataclasses.dataclass(frozen=True, slots=True)
class Reach:
    """What there is of a customer: shown before anything is erased.

    `in_repair` are the numbers of open repairs, those of all stores.
    """

    documents: int
    drafts: int
    warranties: int
    repairs: int
    photos: int
    in_repair: Sequence[str]


@dataclasses.dataclass(frozen=True, slots=True)
class Traces:
    """By what a text is known to be about a customer, as patterns of PostgreSQL."""

    customer: int
    words: str
    digits: str

    @classmethod
    def of(cls, customer: Customer) -> Traces:
        words = [
            *(word for word in re.split(r"\W+", customer.name) if len(word) >= SHORTEST_WORD),
            customer.name, customer.email, customer.phone,
        ]  # fmt: skip
        known = "|".join(re.escape(word) for word in words if word.strip())
        digits = customer.phone_digits
        ends = digits[-SAME_NUMBER:] if len(digits) >= SAME_NUMBER else digits
        return cls(customer.pk, known, ends)


def reach_of(pk: int) -> Reach:
    """What erasing a customer would touch: a constant number of statements."""
    theirs = Document.objects.filter(customer=pk)
    open_ones = Repair.objects.filter(customer=pk).open().order_by("id")
    return Reach(
        documents=theirs.exclude(status=Status.DRAFT).count(),
        drafts=theirs.filter(status=Status.DRAFT).count(),
        warranties=Term.objects.filter(customer=pk).count(),
        repairs=Repair.objects.filter(customer=pk).count(),
        photos=Photo.objects.filter(repair__customer=pk).count(),
        in_repair=list(open_ones.values_list("number", flat=True)),
    )


@transaction.atomic
def erase_customer(
    pk: int, *, by: Access, now: dt.datetime, despite_repairs: bool = False
) -> Customer:
    """Erase a customer for good; who and when is kept. Twice is once.

    Raises Customer.DoesNotExist, PermissionDenied, and StillInRepair unless that was confirmed.
    """
    if not by.can_somewhere(Right.ERASE_CUSTOMER):
        raise PermissionDenied
    customer = Customer.objects.select_for_update().get(pk=pk)
    if customer.erased_at:
        return customer
    if not despite_repairs and Repair.objects.filter(customer=pk).open().exists():
        raise StillInRepair
    traces = Traces.of(customer)
    customer.name = _("Erased customer %(number)s") % {"number": pk}
    customer.phone, customer.email = "", ""
    customer.erased_at, customer.erased_by = now, by.user
    customer.save(update_fields=["name", "phone", "email", "erased_at", "erased_by"])
    for erase in COPIES:
        erase(traces)
    logger.warning("customer %s was erased by person %s", pk, by.user.pk)
    return customer


_WHOLLY = (
    ("documents_document", "note", "customer_id = %(customer)s"),
    ("repairs_repair", "complaint", "customer_id = %(customer)s"),
    ("repairs_repair", "condition", "customer_id = %(customer)s"),
    ("repairs_repair", "contents", "customer_id = %(customer)s"),
)
"""Texts that are about a person as they are: (table, column, whose)."""

_OF_REPAIR = "repair_id IN (SELECT id FROM repairs_repair WHERE customer_id = %(customer)s)"
_OF_TERM = """card_id IN (SELECT id FROM warranty_card WHERE term_id IN
    (SELECT id FROM warranty_term WHERE customer_id = %(customer)s))"""
_WHERE_NAMED = (
    ("documents_document", "without_serials", "customer_id = %(customer)s"),
    ("documents_document", "cancel_reason", "customer_id = %(customer)s"),
    (
        "documents_line", "remark",
        "document_id IN (SELECT id FROM documents_document WHERE customer_id = %(customer)s)",
    ),
    ("repairs_repair", "diagnosis", "customer_id = %(customer)s"),
    ("repairs_repair", "work_done", "customer_id = %(customer)s"),
    ("repairs_repair", "decision_reason", "customer_id = %(customer)s"),
    ("repairs_repair", "sent_to_name", "customer_id = %(customer)s"),
    ("repairs_step", "note", _OF_REPAIR),
    ("repairs_charge", "name", _OF_REPAIR),
    ("repairs_loan", "note", _OF_REPAIR),
    (
        "warranty_adjustment", "reason",
        _OF_TERM,
    ),
)  # fmt: skip
"""Texts about goods and work, which stay unless they name the person."""


def _texts(traces: Traces) -> None:
    """Erase what was typed about a person: a statement for each kind of text."""
    values = dataclasses.asdict(traces) | {"erased": ERASED}
    named = (
        "({column} ~* %(words)s OR (%(digits)s <> ''"
        " AND regexp_replace({column}, '[^0-9]', '', 'g') LIKE '%%' || %(digits)s || '%%'))"
    )
    statements = [
        *((table, column, f"{whose} AND {column} <> ''") for table, column, whose in _WHOLLY),
        *(
            (table, column, f"{whose} AND {named.format(column=column)}")
            for table, column, whose in _WHERE_NAMED
        ),
    ]
    with connection.cursor() as cursor:
        for table, column, condition in statements:
            cursor.execute(
                f"UPDATE {table} SET {column} = %(erased)s WHERE {condition}",  # noqa: S608 - the names above
                values,
            )


def _drafts(traces: Traces) -> None:
    """A draft is for somebody else from now on, or for nobody; its texts are erased by now."""
    drafts = Document.objects.filter(customer=traces.customer, status=Status.DRAFT)
    Upload.objects.filter(document__in=drafts).delete()
    drafts.update(customer=None, note="")


def _photos(traces: Traces) -> None:
    """Photos go from the books at once, their files when that is kept."""
    photos = list(Photo.objects.filter(repair__customer=traces.customer))
    Photo.objects.filter(pk__in=[photo.pk for photo in photos]).delete()
    files = [(photo.file.storage, photo.file.name) for photo in photos if photo.file.name]
    transaction.on_commit(lambda: _forget_files(files))


def _forget_files(files: Sequence[tuple[Storage, str]]) -> None:
    for storage, name in files:
        storage.delete(name)


def _prints(traces: Traces) -> None:
    """PDFs that are kept for some days; they can be made again, without the name."""
    DocumentPrint.objects.filter(document__customer=traces.customer).delete()
    runs = PrintRun.objects.filter(posting__document__customer=traces.customer)
    runs.filter(pdf__isnull=False).update(pdf=None)


def _imports(traces: Traces) -> None:
    """Files of customers on their way in, of the last day: whoever brought one brings it again."""
    CustomerImport.objects.all().delete()


def _history(traces: Traces) -> None:
    """What the row was, in the history of changes; the erasure itself is among them."""
    forget_customer(traces.customer)


COPIES: tuple[Callable[[Traces], None], ...] = (
    _texts, _drafts, _photos, _prints, _imports, _history,
)  # fmt: skip
"""All that knows more of a customer than its row; the history of changes is the last."""
