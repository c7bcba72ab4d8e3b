"""Putting right which unit moved: one was written, another one was handed over.

The two change places. The unit that was written lies in the store after all and comes back into
its stock; the one that went takes its place on the very line where the first was written, with
its warranty. Where the first was never seen at all, its number was mistyped when the other was
received: then it takes the other's place in stock, and that number is unknown again.

A correction is a posted document like any other, and can be cancelled (decision 12).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from company.access import Access
from company.models import Store
from company.retrying import retried
from company.rights import Right
from partners.saving import hold_customer
from products.models import Product
from products.modes import SERIAL_MODES
from serials.checking import last_movements
from serials.models import IN_STORE, Movement, Place, PlaceKind
from serials.places import places_for
from serials.policies import POLICIES
from serials.refusals import PostingRefused
from serials.second_numbers import hand_on_second
from serials.stock import KnownSerial, LineToPost, known_serials, lock_stock
from serials.text import SerialText
from serials.writing import next_posting_id, write
from warranty.swapping import swap_term

from .in_repair import units_in_repair
from .models import BRINGS_IN, Document, Kind, Line, LineSerial, Status
from .posting import number_and_seal, refusal_of

TAKES_OUT = frozenset(
    {
        Kind.SALE,
        Kind.EXCHANGE,
        Kind.SUPPLIER_RETURN,
        Kind.WRITE_OFF,
        Kind.PARTS,
        Kind.TRANSFER,
        Kind.ARRIVAL,
    }
)
"""Kinds of documents on which one unit may have been written and another one moved."""


def place_of(known: KnownSerial, product: Product) -> Place | None:
    """Where a unit is, or is said to be; None when it is unknown."""
    place = known.trusted_place if POLICIES[product.mode].verifies else known.place
    return None if place is None or place.kind == PlaceKind.OUTSIDE else place


def sender_of(document: Document) -> Document | None:
    """The document by which goods left their store: of what arrived, the transfer."""
    return document.origin if document.kind == Kind.ARRIVAL else document


def took_out(document: Document, *, store: Store, place: Place) -> bool:
    """Whether a unit that is at `place` left the store by a document that may name the wrong one.

    `document` is what last moved it. What is missing was put there by a count.
    """
    sender = sender_of(document)
    left_here = sender is not None and sender.store_id == store.pk
    return left_here and document.kind in TAKES_OUT and place.kind != PlaceKind.MISSING


class CorrectionRefused(Exception):
    """Two units do not change places; the message says why, for people."""


@dataclasses.dataclass(frozen=True, slots=True)
class MixedUp:
    """Two units that may change places, as the ledger has them.

    `lies` is the unit that lies in the store although the records have it at `other`, `went` the
    one they have at `home`, in the store. `line` is where the first was written instead of the
    second, or, when the first was never seen, where the second was received under its number:
    that is a mistyped receipt. `written_by` is the (posting id, line) that put `lies` at `other`.
    """

    store: Store
    product: Product
    lies: SerialText
    went: SerialText
    known: KnownSerial | None
    gone: KnownSerial
    other: Place
    home: Place
    line: Line
    written_by: tuple[int, int] | None

    @property
    def is_mistyped_receipt(self) -> bool:
        """Whether nobody ever saw `lies`: its number was mistyped when it was received."""
        return self.written_by is None

    @property
    def seen(self) -> Seen:
        """What whoever confirms the correction has looked at."""
        return Seen(self.known.seq if self.known else 0, self.gone.seq)


@dataclasses.dataclass(frozen=True, slots=True)
class Seen:
    """How many movements the two units had when somebody looked: `lies` 0 if never seen."""

    lies: int
    went: int


def look_at(
    store: Store, product: Product, *, lies: SerialText, went: SerialText, by: Access
) -> MixedUp:
    """What putting these two right would change, read without locks: for the preview.

    Raises CorrectionRefused with the reason when they can't change places.
    """
    if not by.can(Right.CORRECT, store.pk):
        raise PermissionDenied
    return _read(store, product, lies, went, by=by)


def correct(
    store: Store,
    product: Product,
    *,
    lies: SerialText,
    went: SerialText,
    seen: Seen,
    by: Access,
    now: dt.datetime,
    note: str = "",
) -> Document:
    """Let the two change places, once, if neither moved since it was `seen`: the correction.

    Raises CorrectionRefused with the reason, or PermissionDenied; nothing was written then. The
    number of statements is the same whatever the documents are.
    """
    if not by.can(Right.CORRECT, store.pk):
        raise PermissionDenied
    try:
        return retried(
            lambda: _correct(store, product, lies, went, seen=seen, by=by, now=now, note=note)
        )
    except PostingRefused as refused:
        raise CorrectionRefused(str(refused)) from refused
    except IntegrityError as error:
        refusal = refusal_of(error)
        if refusal is error:
            raise
        raise CorrectionRefused(str(refusal)) from error


@transaction.atomic
def _correct(
    store: Store,
    product: Product,
    lies: SerialText,
    went: SerialText,
    *,
    seen: Seen,
    by: Access,
    now: dt.datetime,
    note: str,
) -> Document:
    mixed_up = _read(store, product, lies, went, by=by)
    _lock_document(mixed_up.line.document_id)
    to_post = _lines_to_post(mixed_up)
    stock = lock_stock(to_post, store=store, on=store.date_of(now))
    units = (product.pk, lies.key), (product.pk, went.key)
    locked = tuple(stock.serials.get(unit) for unit in units)
    if locked != (mixed_up.known, mixed_up.gone) or mixed_up.seen != seen:
        raise CorrectionRefused(
            _("%(lies)s or %(went)s moved since you looked. Look again.")
            % {"lies": lies.text, "went": went.text}
        )
    on = max(
        store.date_of(now), *(known.moved_on for known in (mixed_up.known, mixed_up.gone) if known)
    )
    posting_id = next_posting_id()
    write(stock, posting_id=posting_id, on=on)
    if mixed_up.other.kind == PlaceKind.OUTSIDE:  # one unit, that was written by a wrong number
        lies_id = mixed_up.known.id if mixed_up.known else stock.claimed[units[0]]
        hand_on_second(posting_id, from_id=mixed_up.gone.id, to_id=lies_id)
    document = _record(mixed_up, by=by, note=note)
    if mixed_up.known and mixed_up.written_by and mixed_up.other.kind == PlaceKind.CUSTOMER:
        swap_term(
            posting_id,
            store=store,
            written=mixed_up.known.id,
            gone=mixed_up.gone.id,
            sold_by=[mixed_up.written_by],
            on=on,
        )
    number_and_seal(document, posting_id=posting_id, by=by, on=on, now=now)
    return document


def _lock_document(pk: int) -> None:
    """Keep the document that is put right from being cancelled meanwhile."""
    locked = Document.objects.select_for_update(no_key=True).filter(pk=pk, status=Status.POSTED)
    if not locked.exists():
        raise CorrectionRefused(_("The document was cancelled meanwhile. Look again."))


def _lines_to_post(mixed_up: MixedUp) -> Sequence[LineToPost]:
    """One comes back from where it was written to be, the other takes its place there."""
    return [
        LineToPost(
            number=number,
            movement=Movement.CORRECTION,
            source=source,
            target=target,
            product_id=mixed_up.product.pk,
            quantity=1,
            serials=[serial],
        )
        for number, serial, source, target in (
            (1, mixed_up.lies, mixed_up.other, mixed_up.home),
            (2, mixed_up.went, mixed_up.home, mixed_up.other),
        )
    ]


def _record(mixed_up: MixedUp, *, by: Access, note: str) -> Document:
    """The correction's document, still to be numbered: both lines name the one put right."""
    origin = mixed_up.line
    document = Document.objects.create(
        kind=Kind.CORRECTION,
        store=mixed_up.store,
        author=by.user,
        origin_id=origin.document_id,
        customer=hold_customer(origin.document.customer_id),
        supplier_id=origin.document.supplier_id,
        note=note[:400],
    )
    product = mixed_up.product
    lines = Line.objects.bulk_create(
        Line(
            document=document,
            position=position,
            product=product,
            origin=origin,
            # The reason of a supplier return is that of the unit that went back in fact.
            remark=origin.remark if place == mixed_up.other else "",
            is_defective=place.kind == PlaceKind.DEFECTIVE,
            mode=product.mode,
            sku=product.sku,
            product_name=product.name,
        )
        for position, place in ((1, mixed_up.home), (2, mixed_up.other))
    )
    LineSerial.objects.bulk_create(
        LineSerial(line=line, document=document, product=product, text=serial.text, key=serial.key)
        for line, serial in zip(lines, (mixed_up.lies, mixed_up.went), strict=True)
    )
    return document


def _read(
    store: Store, product: Product, lies: SerialText, went: SerialText, *, by: Access
) -> MixedUp:
    """The two as the ledger has them now; CorrectionRefused when they can't change places."""
    if product.mode not in SERIAL_MODES:
        raise CorrectionRefused(_("%(product)s has no serial numbers.") % {"product": product.name})
    units = known_serials([(product.pk, lies.key), (product.pk, went.key)])
    known, gone = units.get((product.pk, lies.key)), units.get((product.pk, went.key))
    if gone is None or not _lies_in(gone, product, store):
        raise CorrectionRefused(
            _("%(serial)s is not in this store's records any more.") % {"serial": went.text}
        )
    if gone.place.kind == PlaceKind.BLOCKED:
        raise CorrectionRefused(
            _("%(serial)s is set aside: put it back first.") % {"serial": went.text}
        )
    if known is not None and _lies_in(known, product, store):
        raise CorrectionRefused(
            _("%(serial)s is in this store's records already.") % {"serial": lies.text}
        )
    for unit, custody in units_in_repair(units.keys()).items():
        serial = lies if unit[1] == lies.key else went
        words = _("%(serial)s is in repair %(number)s: end it there.")
        raise CorrectionRefused(words % {"serial": serial.text, "number": custody.reference})
    last = last_movements([unit.id for unit in (known, gone) if unit])
    written_by = last.get(known.id) if known and place_of(known, product) else None
    if known is None or written_by is None:
        line = _receipt_of(gone, store=store, last=last.get(gone.id))
        other = places_for([PlaceKind.OUTSIDE], store_id=store.pk)[PlaceKind.OUTSIDE]
        return MixedUp(
            store, product, lies, went, known, gone, other, gone.place, line, None
        )  # fmt: skip
    line = _line_of(written_by)
    _require_took_out(line, known, store=store, by=by)
    _require_was_here(gone, lies, line, last=last.get(gone.id))
    return MixedUp(
        store, product, lies, went, known, gone, known.place, gone.place, line, written_by
    )


def _lies_in(known: KnownSerial, product: Product, store: Store) -> bool:
    place = place_of(known, product)
    return place is not None and place.kind in IN_STORE and place.store_id == store.pk


def _line_of(posted: tuple[int, int] | None) -> Line:
    """The line of a posting; the one whose serials it entered or put right, when it did that."""
    if posted is None:
        raise CorrectionRefused(_("No document says how it came here."))
    posting_id, position = posted
    lines = Line.objects.select_related(
        "document__store", "document__posting", "document__origin__posting"
    )
    line = lines.get(document__posting_id=posting_id, position=position)
    if line.document.kind in {Kind.IDENTIFICATION, Kind.CORRECTION} and line.origin_id:
        return lines.get(pk=line.origin_id)
    return line


def _receipt_of(gone: KnownSerial, *, store: Store, last: tuple[int, int] | None) -> Line:
    """The line that brought a unit: of the receipt, or of what stands for one."""
    line = _line_of(last)
    if line.document.kind not in BRINGS_IN:
        raise CorrectionRefused(
            _("%(serial)s came by %(kind)s %(number)s, so its number was known before.")
            % {
                "serial": gone.text,
                "kind": line.document.get_kind_display(),
                "number": line.document.number,
            }
        )
    return line


def _require_took_out(line: Line, known: KnownSerial, *, store: Store, by: Access) -> None:
    """Refuse what another kind of document explains: nothing was swapped there."""
    document = line.document
    if not took_out(document, store=store, place=known.place):
        raise CorrectionRefused(
            _("%(serial)s did not leave this store by %(kind)s %(number)s.")
            % {
                "serial": known.text,
                "kind": document.get_kind_display(),
                "number": document.number,
            }
        )
    if not by.can(Right.CORRECT, document.store_id):
        raise CorrectionRefused(
            _("%(number)s is of %(store)s: somebody who may correct there too has to do it.")
            % {"number": document.number, "store": document.store.name}
        )


def _require_was_here(
    gone: KnownSerial, lies: SerialText, line: Line, *, last: tuple[int, int] | None
) -> None:
    """Refuse a unit that came here only after the other had left: it can't have gone instead."""
    sender = sender_of(line.document)
    left, came = sender and sender.posting, _line_of(last).document.posting
    if left and came and came.posted_at > left.posted_at:
        raise CorrectionRefused(
            _("%(went)s came here by %(reference)s, after %(lies)s had left.")
            % {"went": gone.text, "reference": came.reference, "lies": lies.text}
        )
