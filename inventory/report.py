"""What is told of a count that has ended: on its page, on paper and in a workbook.

Read from what closing kept, so it says the same whatever happens to the stock later. The number of
statements is constant; everything that was scanned is only read by the workbook.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from django.db.models import Count as CountOf
from django.db.models import Q

from company.access import Access
from company.models import User
from documents.models import Document, Line, LineSerial, Status
from products.models import Product
from serials.models import Movement

from .accuracy import Accuracy, accuracy_of
from .holding import find_count
from .models import Count, ProductResult, Scan, Scope

CHUNK = 2_000
"""Scans read from the database at a time."""


@dataclasses.dataclass(frozen=True, slots=True)
class MissingOfProduct:
    """Units of one product that went to missing."""

    product: str
    sku: str
    is_defective: bool
    serials: Sequence[str]


@dataclasses.dataclass(frozen=True, slots=True)
class Resolved:
    """A unit that was unknown when it was scanned, and what became of it.

    Explained by the posting `reference` of a `movement`, or taken back; by whom and when. Of a
    count that was abandoned it may be neither: then `by` is empty. `document` is the one to open.
    """

    text: str
    product: str
    scanned_by: str
    scanned_at: dt.datetime
    is_taken_back: bool
    movement: str = ""
    reference: str = ""
    document: Document | None = None
    by: str = ""
    at: dt.datetime | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Person:
    """Somebody who counted, and how many scans of theirs count."""

    name: str
    scans: int


@dataclasses.dataclass(frozen=True, slots=True)
class CountReport:
    """All that is told of a count. `chosen` are the products of a count of chosen products."""

    count: Count
    accuracy: Accuracy
    chosen: Sequence[Product]
    people: Sequence[Person]
    missing: Sequence[MissingOfProduct]
    unknown: Sequence[Resolved]
    results: Sequence[ProductResult]

    @property
    def differing_first(self) -> Sequence[ProductResult]:
        """What was found, by product: first where it was not what the records said."""
        return sorted(self.results, key=lambda found: not (found.short or found.over or found.left))

    @property
    def uncounted(self) -> Sequence[ProductResult]:
        """Stock that nobody counted: it stayed as it was."""
        return [found for found in self.results if found.counted is None]

    @property
    def uncounted_pieces(self) -> int:
        return sum(found.expected for found in self.uncounted)

    @property
    def left(self) -> int:
        """Units and pieces that were lacking too, but had left the records by then."""
        return sum(found.left for found in self.results)

    @property
    def loose(self) -> int:
        """Units without serial numbers."""
        return sum(found.loose for found in self.results)


def find_report(pk: int, *, by: Access) -> CountReport:
    """The report of a count the person may see; raises as `find_count` does."""
    return read_report(find_count(pk, by=by).pk)


def read_report(pk: int) -> CountReport:
    """The report of a count. Who may see it is for the caller to ask."""
    count = Count.objects.select_related(
        "store", "product_type", "started_by", "ended_by", "shortage", "surplus"
    ).get(pk=pk)
    results = count.results.select_related("product").order_by(
        "product__name", "product_id", "is_defective"
    )
    return CountReport(
        count=count,
        accuracy=accuracy_of(count),
        chosen=list(count.products.order_by("name")) if count.scope == Scope.PRODUCTS else [],
        people=_people(count),
        missing=_missing(count),
        unknown=_unknown(count),
        results=list(results),
    )


def _people(count: Count) -> list[Person]:
    """Who scanned, the busiest first: two statements."""
    scans = CountOf("pk", filter=Q(taken_back_at=None))
    by_id = dict(count.scans.order_by().values_list("scanned_by").annotate(scans=scans))
    people = User.objects.in_bulk(by_id)
    named = [Person(str(people[pk]), number) for pk, number in by_id.items()]
    return sorted(named, key=lambda person: (-person.scans, person.name))


def _missing(count: Count) -> list[MissingOfProduct]:
    """The units on the shortage document, line by line."""
    if count.shortage_id is None:
        return []
    serials: defaultdict[int, list[str]] = defaultdict(list)
    entered = LineSerial.objects.filter(document=count.shortage_id).order_by("id")
    for line_id, text in entered.values_list("line_id", "text"):
        serials[line_id].append(text)
    lines = Line.objects.filter(pk__in=serials).order_by("position")
    return [
        MissingOfProduct(line.product_name, line.sku, line.is_defective, serials[line.pk])
        for line in lines
    ]


def _unknown(count: Count) -> list[Resolved]:
    scans = list(
        count.scans.filter(was_here=False)
        .exclude(key="")
        .select_related("product", "scanned_by", "taken_back_by", "explained_by__posted_by")
        .order_by("taken_back_at", "pk")
    )
    documents = _documents({scan.explained_by_id for scan in scans if scan.explained_by_id})
    return [_resolved(scan, documents) for scan in scans]


def _documents(posting_ids: set[int]) -> Mapping[int, Document]:
    """The documents of postings, of those too that cancel one."""
    of_posting = Q(posting__in=posting_ids) | Q(cancellation__in=posting_ids)
    found: dict[int, Document] = {}
    for document in Document.objects.filter(of_posting).exclude(status=Status.DRAFT):
        if document.cancellation_id in posting_ids and document.cancellation_id:
            found[document.cancellation_id] = document
        if document.posting_id in posting_ids and document.posting_id:
            found[document.posting_id] = document
    return found


def _resolved(scan: Scan, documents: Mapping[int, Document]) -> Resolved:
    posting = scan.explained_by
    resolved = Resolved(
        text=scan.text,
        product=scan.product.name if scan.product else "",
        scanned_by=str(scan.scanned_by),
        scanned_at=scan.scanned_at,
        is_taken_back=scan.taken_back_at is not None,
    )
    if scan.taken_back_at is not None:
        return dataclasses.replace(resolved, by=str(scan.taken_back_by), at=scan.taken_back_at)
    if posting is None:
        return resolved
    return dataclasses.replace(
        resolved,
        movement=str(Movement(posting.kind).label),
        reference=posting.reference,
        document=documents.get(posting.pk),
        by=str(posting.posted_by),
        at=posting.posted_at,
    )


def everything_scanned(count: Count) -> Iterator[Scan]:
    """Every scan of a count, those taken back too, in the order they were made."""
    scans = count.scans.select_related("product", "scanned_by", "taken_back_by").order_by("pk")
    return scans.iterator(chunk_size=CHUNK)
