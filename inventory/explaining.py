"""Why a counted unit is in no record of the store, in words and with the document behind it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from django.db.models import Count as CountOf
from django.db.models import F, Min, QuerySet, Sum
from django.utils.translation import gettext as _

from company.access import Access
from company.models import Store
from documents.in_repair import Custody, units_in_repair
from documents.models import Document, LineSerial, Outstanding
from products.modes import Mode
from serials.checking import explain, last_postings
from serials.models import Movement, PlaceKind, Posting, Serial
from serials.places import where
from serials.policies import POLICIES, WRITE_OFF
from serials.refusals import Refusal
from serials.stock import KnownSerial
from serials.text import SerialText

from .models import Count, Scope

IN_REPAIR = "in_repair"
"""The code of what is here for a repair only."""


@dataclasses.dataclass(frozen=True, slots=True)
class Loose:
    """Units of a product that moved in the store without serial numbers, which still wait.

    `document` is the document to enter them on when it is a single one.
    """

    units: int
    document: Document | None


@dataclasses.dataclass(frozen=True, slots=True)
class Explanation:
    """Why a unit is unknown here: the sentence, and the document to open where one may be opened.

    `code` is that of `serials.refusals`, "never_seen" for what no document has, or IN_REPAIR.
    """

    code: str
    message: str
    document: Document | None = None
    loose: Loose | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Unknown:
    """A counted unit that the store's records don't have: its text, and what the ledger knows."""

    serial: SerialText
    product_id: int | None
    known: KnownSerial | None


def known_as(serial: Serial) -> KnownSerial:
    """A serial that was read with its place, as the rules of the ledger look at it."""
    return KnownSerial(
        serial.pk,
        serial.text,
        serial.seq,
        serial.place,
        serial.moved_on,
        serial.is_verified,
        serial.key,
    )


def explain_unknown(units: Sequence[Unknown], *, store: Store, by: Access) -> Sequence[Explanation]:
    """Why each of these is not in the store's records: five statements, however many they are."""
    postings = last_postings([unit.known for unit in units if unit.known])
    custody = units_in_repair(
        {(unit.product_id, unit.serial.key) for unit in units if unit.product_id and unit.known}
    )
    found = [
        _here_for_repair(unit, custody.get((unit.product_id or 0, unit.serial.key)), store)
        or _reason(unit, store, postings.get(unit.known.id) if unit.known else None)
        for unit in units
    ]
    documents = _documents(found, by=by)
    loose = loose_units({unit.product_id for unit in units if unit.product_id}, store=store)
    return [
        Explanation(
            refusal.code,
            refusal.message,
            documents.get(refusal.posting_id),
            loose.get(unit.product_id),
        )
        for unit, refusal in zip(units, found, strict=True)
    ]


def _here_for_repair(unit: Unknown, custody: Custody | None, store: Store) -> Refusal | None:
    """What is said of a customer's unit that the store has in its hands for a repair."""
    if custody is None or custody.store_id != store.pk:
        return None
    words = _("%(serial)s is a customer's: it is here for repair %(number)s. Take the scan back.")
    message = words % {"serial": unit.serial.text, "number": custody.reference}
    return Refusal(None, unit.serial.text, IN_REPAIR, message, key=unit.serial.key)


def why_set_aside(serial: Serial) -> str:
    """What is said of a counted unit that is set aside, read with its place: three statements."""
    posting = last_postings([known_as(serial)]).get(serial.pk)
    if posting is None:
        return _("It is here, as the records say: set aside.")
    written = LineSerial.objects.filter(
        document__posting=posting, product=serial.product_id, key=serial.key
    )
    reason = written.values_list("line__remark", flat=True).first() or ""
    words = _("It is here, set aside by %(reference)s: %(reason)s.")
    return words % {"reference": posting.reference, "reason": reason.rstrip(".")}


def _reason(unit: Unknown, store: Store, posting: Posting | None) -> Refusal:
    known = unit.known
    place = known.place if known else None
    # Of a unit that was only recorded the ledger keeps where it was said to lie, even when no
    # document says so any more.
    if known is None or place is None or place.kind == PlaceKind.OUTSIDE or posting is None:
        return _never_seen(unit, posting)
    policy = POLICIES[Mode.STRICT]
    finding = policy.check_serial(WRITE_OFF, where(place), store_id=store.pk)
    code = finding.code if finding else "never_received"  # it is only said to lie here
    return explain(code, unit.serial, known, posting)


def _never_seen(unit: Unknown, posting: Posting | None) -> Refusal:
    """No unit has this number; `posting` was the last word on it, if any that stands."""
    if posting and posting.kind == Movement.CORRECTION:
        words = _("No unit has this number: it was mistyped, and put right by %(reference)s.")
        message = words % {"reference": posting.reference}
    elif unit.known:
        message = _("Never seen: the documents with this serial number were cancelled.")
    else:
        message = _("Never seen: no document has this serial number.")
    return Refusal(
        None,
        unit.serial.text,
        "never_seen",
        message,
        posting_id=posting.pk if posting else None,
        store_id=posting.store_id if posting else None,
        key=unit.serial.key,
    )


def _documents(found: Sequence[Refusal], *, by: Access) -> Mapping[int | None, Document]:
    """The documents behind the reasons, by posting, where the person may open them."""
    wanted = {link for refusal in found if (link := refusal.link_for(by))}
    if not wanted:
        return {}
    documents = Document.objects.visible_to(by).filter(posting_id__in=wanted)
    return {document.posting_id: document for document in documents}


def loose_units(product_ids: set[int], *, store: Store) -> Mapping[int | None, Loose]:
    """Units without serial numbers of these products and this store, by product."""
    if not product_ids:
        return {}
    rows = list(
        _waiting(store)
        .filter(line__product_id__in=product_ids)
        .values("line__product_id")
        .annotate(
            units=Sum(F("quantity") - F("settled")),
            documents=CountOf("line__document", distinct=True),
            document=Min("line__document"),
        )
    )
    single = Document.objects.in_bulk([row["document"] for row in rows if row["documents"] == 1])
    return {
        row["line__product_id"]: Loose(row["units"], single.get(row["document"])) for row in rows
    }


def loose_in(count: Count) -> int:
    """Units of the count's products that moved in its store without serial numbers."""
    waiting = _waiting(count.store)
    if count.scope == Scope.TYPE:
        waiting = waiting.filter(line__product__type=count.product_type_id)
    elif count.scope == Scope.PRODUCTS:
        waiting = waiting.filter(line__product__in=count.products.all())
    return int(waiting.aggregate(units=Sum(F("quantity") - F("settled")))["units"] or 0)


def _waiting(store: Store) -> QuerySet[Outstanding]:
    return Outstanding.objects.filter(
        purpose=Outstanding.Purpose.IDENTIFY,
        settled__lt=F("quantity"),
        line__document__store=store,
    )
