"""Putting an unknown unit of a count right in one action: a swap, or a mistyped receipt."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from company.access import Access
from company.retrying import retried
from company.rights import Right
from documents.correcting import CorrectionRefused, MixedUp, Seen, correct, look_at
from documents.models import Document
from documents.posting import refusal_of
from serials.models import PlaceKind, Serial
from serials.states import State, state_of
from serials.text import SerialText
from warranty.models import Card, Term

from .guess_words import what_is_done
from .holding import find_count, lock_count
from .models import Count, Scan
from .standing import in_scope
from .unknowns import is_unknown


@dataclasses.dataclass(frozen=True, slots=True)
class Preview:
    """What a fix would change: which units, on which document, and the warranty that moves.

    `term` moves from the unit that lies here to the other one, whose new card replaces `cards`.
    """

    count: Count
    scan: Scan
    serial: Serial
    mixed_up: MixedUp
    term: Term | None
    cards: Sequence[Card]

    @property
    def doing_it(self) -> str:
        """The words of the button."""
        place = None if self.mixed_up.is_mistyped_receipt else self.mixed_up.other
        return what_is_done(self.scan.text, self.serial.text, place)

    @property
    def ends_on(self) -> dt.date | None:
        """The last covered day that moves to the other unit."""
        return max((card.ends_on for card in self.cards), default=None)

    @property
    def seen(self) -> Seen:
        return self.mixed_up.seen

    @property
    def here(self) -> State:
        """Where the unit that lies here is after it, and the other one before."""
        return state_of(self.mixed_up.home.kind)

    @property
    def gone(self) -> State:
        """Where the records have the unit that lies here before it, and the other one after."""
        return state_of(self.mixed_up.other.kind)


def preview(count_pk: int, scan_pk: int, serial_pk: int, *, by: Access) -> Preview:
    """What the fix would change if it was done now: read without locks.

    Raises CorrectionRefused with the reason when it can't be done, and what isn't there or not
    the person's as `Count.DoesNotExist`, `Scan.DoesNotExist`, `Serial.DoesNotExist` and
    PermissionDenied.
    """
    count = find_count(count_pk, by=by)
    _require_right(count, by)
    scan, serial = _checked(count, scan_pk, serial_pk, by=by)
    mixed_up = look_at(
        count.store, serial.product, lies=_text_of(scan), went=_text_of(serial), by=by
    )
    term = _term_of(mixed_up)
    cards = list(Card.objects.filter(term=term, void_on=None).order_by("pk")) if term else []
    return Preview(count, scan, serial, mixed_up, term, cards)


def fix(
    count_pk: int, scan_pk: int, serial_pk: int, *, seen: Seen, by: Access, now: dt.datetime
) -> Document:
    """Let the two units change places, once, if neither moved since it was `seen`.

    The correction names the count in its note. Nothing is scanned into the count meanwhile, and
    it is not closed. Raises as `preview` does, and Busy when the goods are held by somebody else.
    """
    try:
        return retried(lambda: _fix(count_pk, scan_pk, serial_pk, seen=seen, by=by, now=now))
    except IntegrityError as error:  # of a rule that is judged when the transaction ends
        refusal = refusal_of(error)
        if refusal is error:
            raise
        raise CorrectionRefused(str(refusal)) from error


@transaction.atomic
def _fix(
    count_pk: int, scan_pk: int, serial_pk: int, *, seen: Seen, by: Access, now: dt.datetime
) -> Document:
    # Locked against scans too: of a unit that somebody scans at this moment we must not say that
    # it went.
    count = lock_count(count_pk, by=by, right=Right.CORRECT)
    scan, serial = _checked(count, scan_pk, serial_pk, by=by)
    correction = correct(
        count.store,
        serial.product,
        lies=_text_of(scan),
        went=_text_of(serial),
        seen=seen,
        by=by,
        now=now,
        note=_("Count %(number)s") % {"number": count.number},
    )
    _say_what_it_is(scan, serial.product_id)
    return correction


def _require_right(count: Count, by: Access) -> None:
    if not by.can(Right.CORRECT, count.store_id):
        raise PermissionDenied


def _text_of(unit: Scan | Serial) -> SerialText:
    return SerialText(unit.text, unit.key)


def _checked(count: Count, scan_pk: int, serial_pk: int, *, by: Access) -> tuple[Scan, Serial]:
    """The scan and the missing unit, when the count itself has nothing against it."""
    scan = Scan.objects.select_related("product").exclude(key="").get(pk=scan_pk, count=count)
    serial = Serial.objects.visible_to(by).select_related("product__type").get(pk=serial_pk)
    if not count.is_under_way:
        words = _("Count %(number)s has ended: nothing is put right in it any more.")
        raise CorrectionRefused(words % {"number": count.number})
    if scan.taken_back_at is not None:
        words = _("The scan of %(serial)s was taken back meanwhile.")
        raise CorrectionRefused(words % {"serial": scan.text})
    if not is_unknown(count, scan.pk):
        words = _("%(serial)s is in the records of the store by now: nothing is to be put right.")
        raise CorrectionRefused(words % {"serial": scan.text})
    _require_other_unit(count, scan, serial)
    return scan, serial


def _require_other_unit(count: Count, scan: Scan, serial: Serial) -> None:
    """Refuse a unit of another product, and one that was scanned: it lies here as well."""
    facts = {"lies": scan.text, "went": serial.text, "product": serial.product.name}
    if scan.product_id not in (None, serial.product_id):
        words = _("%(went)s is a unit of another product: %(product)s.")
        raise CorrectionRefused(words % facts)
    if scan.product_id is None and not in_scope(count, [serial.product]):
        words = _("%(went)s is not part of this count: %(product)s.")
        raise CorrectionRefused(words % facts)
    # By its number: a scan of a unit that was received only later names no serial, or no product.
    live = Scan.objects.filter(count=count, taken_back_at=None, key=serial.key)
    if live.filter(Q(product=serial.product_id) | Q(product=None)).exists():
        raise CorrectionRefused(_("%(went)s was scanned in this count: it lies here too.") % facts)


def _say_what_it_is(scan: Scan, product_id: int) -> None:
    """Name the product and the unit of a scan that had none, unless another scan has them."""
    rows = Scan.objects.filter(count=scan.count_id, key=scan.key, taken_back_at=None)
    if rows.filter(product=product_id).exclude(pk=scan.pk).exists():
        return
    unit = Serial.objects.get(product=product_id, key=scan.key)
    Scan.objects.filter(pk=scan.pk).update(product=product_id, serial=unit)


def _term_of(mixed_up: MixedUp) -> Term | None:
    """The warranty that would move: of the unit that was written, by the line it is written on."""
    if mixed_up.known is None or mixed_up.written_by is None:
        return None
    if mixed_up.other.kind != PlaceKind.CUSTOMER:
        return None
    posting_id, line = mixed_up.written_by
    terms = Term.objects.filter(
        serial=mixed_up.known.id, posting=posting_id, line=line, void_on=None
    )
    return terms.select_related("customer").first()
