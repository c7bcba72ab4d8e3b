"""The unknown units of a count as cards: why each is unknown, and what can be done about it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from company.access import Access
from company.models import Store
from documents.models import Document
from products.models import Product
from products.modes import SERIAL_MODES
from serials.models import Place, Serial
from serials.states import UNKNOWN, State, state_of
from serials.stock import fetched
from serials.text import SerialText

from .candidates import Pairs, pairs
from .departures import NEVER_SEEN, Departure, departures, place_of
from .explaining import IN_REPAIR, Explanation, Loose, Unknown, explain_unknown, known_as
from .guess_words import reasons, what_is_done
from .models import Count, Scan
from .next_steps import NextStep, Situation, advice, next_steps
from .pairing import Guess, Sought, Way
from .standing import LIVE, STILL_UNKNOWN, in_scope

SHOWN = 100
"""Cards on a page: whoever works through them sees the next ones then."""

_UNKNOWN = f"""
    SELECT scan.id FROM inventory_scan scan
    JOIN inventory_count counting ON counting.id = scan.count_id
    WHERE scan.count_id = %(count)s AND {LIVE} AND {STILL_UNKNOWN}
      AND (%(scan)s::bigint IS NULL OR scan.id = %(scan)s)
    ORDER BY scan.id
"""  # noqa: S608 - constants


@dataclasses.dataclass(frozen=True, slots=True)
class Candidate:
    """A missing unit that an unknown one may change places with; `doing_it` is its button."""

    serial: Serial
    reasons: Sequence[str]
    doing_it: str


@dataclasses.dataclass(frozen=True, slots=True)
class UnknownUnit:
    """A scanned unit that is in no record of the store.

    `serial` is the unit in the ledger, when it has it. `state` and `reason` say where the records
    have it, `document` put it there, if the person may open it. `best` is the missing unit that
    may lie behind it. `elsewhere` is another store, whose manager is needed to swap the two.
    """

    scan: Scan
    product: Product | None
    serial: Serial | None
    state: State
    reason: str
    document: Document | None
    loose: Loose | None
    best: Candidate | None
    others: Sequence[Candidate]
    may_fix: bool
    can_be_swapped: bool
    elsewhere: Store | None
    steps: Sequence[NextStep]
    advice: str


@dataclasses.dataclass(frozen=True, slots=True)
class Unknowns:
    """The units shown, and how many `more` there are."""

    units: Sequence[UnknownUnit]
    more: int

    @property
    def total(self) -> int:
        return len(self.units) + self.more


@dataclasses.dataclass(frozen=True, slots=True)
class _Found:
    """A scan with the unit it means: of several products with this number none is meant yet."""

    scan: Scan
    serial: Serial | None
    product: Product | None
    of_several: Sequence[Product] = ()


def is_unknown(count: Count, scan_pk: int) -> bool:
    """Whether a live scan's unit is in no record of the store at this moment."""
    return bool(fetched(_UNKNOWN, {"count": count.pk, "scan": scan_pk}))


def unknown_units(count: Count, *, access: Access, only: int | None = None) -> Unknowns:
    """The unknown units in the order they were scanned: a constant number of statements.

    With `only` that one of a single scan, if it is unknown.
    """
    ids = [pk for (pk,) in fetched(_UNKNOWN, {"count": count.pk, "scan": only})]
    if not ids:
        return Unknowns((), 0)
    found = _found(count, ids[:SHOWN])
    left = departures([one.serial for one in found if one.serial], store=count.store)
    told = explain_unknown([_to_explain(one) for one in found], store=count.store, by=access)
    paired = _paired(count, found, left)
    units = _guessed_units(paired)
    return Unknowns(
        [
            _Card(one, _left_by(one, left), why, paired, units).read(count.store, access)
            for one, why in zip(found, told, strict=True)
        ],
        len(ids) - len(found),
    )


def _found(count: Count, ids: Sequence[int]) -> list[_Found]:
    scans = Scan.objects.filter(pk__in=ids).select_related("product__type", "scanned_by")
    by_key: dict[str, list[Serial]] = {}
    rows = list(scans.order_by("pk"))
    known = Serial.objects.filter(
        key__in={row.key for row in rows}, product__mode__in=SERIAL_MODES
    ).select_related("product", "place__store")
    for serial in known.order_by("product_id"):
        by_key.setdefault(serial.key, []).append(serial)
    nameless = {row.key for row in rows if row.product_id is None}
    in_doubt = [serial.product for key in nameless for serial in by_key.get(key, ())]
    counted = in_scope(count, in_doubt) if in_doubt else set()
    return [_meant(row, by_key.get(row.key, ()), counted) for row in rows]


def _meant(scan: Scan, serials: Sequence[Serial], counted: set[int]) -> _Found:
    if scan.product is not None:
        own = next((one for one in serials if one.product_id == scan.product_id), None)
        return _Found(scan, own, scan.product)
    fitting = [one for one in serials if one.product_id in counted]
    if len(fitting) == 1:
        return _Found(scan, fitting[0], fitting[0].product)
    return _Found(scan, None, None, [one.product for one in fitting])


def _to_explain(one: _Found) -> Unknown:
    serial = SerialText(one.scan.text, one.scan.key)
    product_id = one.product.pk if one.product else None
    return Unknown(serial, product_id, known_as(one.serial) if one.serial else None)


def _left_by(one: _Found, left: Mapping[int, Departure]) -> Departure:
    if one.of_several:
        return Departure(Way.NONE)
    return left[one.serial.pk] if one.serial else NEVER_SEEN


def _paired(count: Count, found: Sequence[_Found], left: Mapping[int, Departure]) -> Pairs:
    sought = []
    for one in found:
        departure = _left_by(one, left)
        product_id = one.product.pk if one.product else None
        if departure.way != Way.NONE:
            sought.append(
                Sought(one.scan.pk, one.scan.key, product_id, departure.way, departure.left_at)
            )
    return pairs(count, sought, serials={one.scan.pk: one.serial.pk for one in found if one.serial})


def _guessed_units(paired: Pairs) -> Mapping[int, Serial]:
    """The units that are guessed, by id."""
    ids = {
        guess.missing.serial_id
        for guesses in paired.guesses.values()
        for guess in (guesses.best, *guesses.others)
        if guess
    }
    return Serial.objects.select_related("product").in_bulk(ids) if ids else {}


def _state(place: Place | None) -> State:
    """Where a unit is by the records, in the words of its pill: of another store which one."""
    if place is None:
        return UNKNOWN
    state = state_of(place.kind)
    return dataclasses.replace(state, label=str(place.store)) if place.store else state


@dataclasses.dataclass(frozen=True, slots=True)
class _Card:
    """Everything that was read of one unknown unit, to be put together."""

    found: _Found
    departure: Departure
    told: Explanation
    paired: Pairs
    units: Mapping[int, Serial]

    @property
    def place(self) -> Place | None:
        """Where the unit is by the records; None where no document that stands says so."""
        serial = self.found.serial
        if serial is None or self.told.code == "never_seen":
            return None
        return place_of(serial)

    def read(self, store: Store, by: Access) -> UnknownUnit:
        found, departure = self.found, self.departure
        serial, place = found.serial, self.place
        is_claimed = self.told.code == IN_REPAIR
        guesses = None if is_claimed else self.paired.guesses.get(found.scan.pk)
        unit = Situation(
            text=found.scan.text,
            product=found.product,
            place=place,
            document=departure.document,
            posted_in=departure.document.store_id if departure.document else None,
            loose=self.told.loose,
        )
        return UnknownUnit(
            scan=found.scan,
            product=found.product,
            serial=serial,
            state=_state(place),
            reason=self._several() or self.told.message,
            document=self.told.document,
            loose=self.told.loose,
            best=self._candidate(guesses.best) if guesses and guesses.best else None,
            others=[self._candidate(guess) for guess in guesses.others] if guesses else (),
            may_fix=not is_claimed and departure.may_be_mended(by, store=store),
            can_be_swapped=not is_claimed and departure.way != Way.NONE,
            elsewhere=departure.elsewhere(by, store=store),
            steps=() if found.of_several or is_claimed else next_steps(unit, store=store, by=by),
            advice="" if is_claimed else advice(unit, store=store, by=by),
        )

    def _several(self) -> str:
        """What to do about a number that units of several products have."""
        if not self.found.of_several:
            return ""
        words = _(
            "Several products have a unit with this number: %(names)s. Take the scan back, scan "
            "the product, then the number again."
        )
        return words % {"names": ", ".join(product.name for product in self.found.of_several)}

    def _candidate(self, guess: Guess) -> Candidate:
        serial = self.units[guess.missing.serial_id]
        return Candidate(
            serial,
            reasons(guess, self.departure, self.paired.receipts),
            what_is_done(self.found.scan.text, serial.text, self.place),
        )
