"""The lines of a document as the ledger takes them, with what the earlier documents say."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.db.models import Max, QuerySet

from company.models import Store
from products.modes import SERIAL_MODES
from serials.counted import counted_until
from serials.models import Balance, Movement
from serials.places import LEAVES_EITHER_SIDE, Route, Routes
from serials.stock import LineToPost
from serials.text import SerialText

from .kinds import KindSpec, spec_of
from .models import Document, Kind, Line, LineSerial, Status

PostedLine = tuple[int, int]
"""A line of a posting: (posting id, line number)."""


@dataclasses.dataclass(frozen=True, slots=True)
class DocumentLines:
    """What a draft is about to post.

    `to_post` are its lines for the ledger, `lines` the same as rows, each with its origin;
    `sold_by` says by origin's id which (posting id, line) moved its units: the origin itself, and
    the documents that entered serial numbers for it later.
    """

    to_post: Sequence[LineToPost]
    lines: Sequence[Line]
    sold_by: Mapping[int, Sequence[PostedLine]]
    serials: Mapping[int, Sequence[SerialText]]

    def closed_until(self, document: Document) -> dt.date | None:
        """The day until which the books are closed for it, as far as it is not the lock date.

        Stock of what is on it was counted in its store; or its serial numbers had been entered
        before, and that was cancelled on a later day because the books were closed by then.
        """
        days = [counted_until(document.store_id, {line.product_id for line in self.lines})]
        if document.kind == Kind.IDENTIFICATION:
            entered = Document.objects.filter(kind=Kind.IDENTIFICATION, origin=document.origin_id)
            days.append(entered.aggregate(day=Max("cancellation__effective_on"))["day"])
        return max((day for day in days if day), default=None)


def read_lines(document: Document, spec: KindSpec, *, may_lack_serials: bool) -> DocumentLines:
    """Read a draft's lines: a constant number of statements, whatever is on it."""
    serials, acknowledged, seconds = _serials(document)
    lines = list(origins_of(document.lines.all()).order_by("position"))
    if spec.kind == Kind.IDENTIFICATION:
        lines = _with_serials(lines, serials)
    reader = LineReader(document, spec, lines)
    to_post = [
        part
        for line in lines
        for part in reader.read(
            line,
            serials[line.pk],
            acknowledged=acknowledged[line.pk],
            may_lack_serials=may_lack_serials,
            seconds=seconds.get(line.pk),
        )
    ]
    return DocumentLines(to_post, lines, reader.moved_by, serials)


def origins_of(lines: QuerySet[Line]) -> QuerySet[Line]:
    """Lines with the earlier ones they settle."""
    return lines.select_related("product", "origin__document__store", "origin__origin")


class LineReader:
    """Turns lines of a draft, read with `origins_of`, into what the ledger takes."""

    def __init__(self, document: Document, spec: KindSpec, lines: Sequence[Line]) -> None:
        self.spec = spec
        self.moved_by = _moved_by(lines)
        self._ways = _Ways(document.store)
        self._lying: dict[tuple[int, int], int] = {}
        if spec.movement in LEAVES_EITHER_SIDE:
            self._lying = _lying(document.store, lines)

    def read(
        self,
        line: Line,
        serials: Sequence[SerialText],
        *,
        acknowledged: Mapping[str, int],
        may_lack_serials: bool = False,
        seconds: Mapping[str, SerialText] | None = None,
    ) -> list[LineToPost]:
        """One line with these serials: one movement, or two when it is an identification."""
        spec = self.spec
        if spec.kind == Kind.IDENTIFICATION:
            return _identified(line, serials, acknowledged, self.moved_by, self._ways)
        back = line.origin_id is not None and spec.movement_back
        movement = spec.movement_back if back and spec.movement_back else spec.movement
        way = self._side(line, self._ways.of(movement, defective=line.is_defective))
        return [
            LineToPost(
                number=line.position,
                movement=movement,
                source=way.source,
                target=way.target,
                product_id=line.product_id,
                quantity=line.quantity,
                serials=serials,
                others=way.others,
                put_there_by=_allowed(line.origin_id, self.moved_by),
                acknowledged=acknowledged,
                sold_unseen=line.origin is not None
                and spec.takes_back
                and line.origin.mode not in SERIAL_MODES,
                may_lack_serials=may_lack_serials,
                seconds=seconds or {},
            )
        ]

    def _side(self, line: Line, way: Route) -> Route:
        """The way a line goes, from where enough pieces lie.

        A shop finds a defect when it sends goods back, or forgets to say so: what is marked is
        the goods, not the place. Verified units leave from where they are in any case.
        """
        for other in way.others:
            here = self._lying.get((line.product_id, way.source.pk), 0)
            there = self._lying.get((line.product_id, other.pk), 0)
            if here < line.quantity <= there:
                return Route(other, way.target, (way.source,))
        return way


def _lying(store: Store, lines: Sequence[Line]) -> dict[tuple[int, int], int]:
    """Pieces by (product id, place id) in a store: one query."""
    balances = Balance.objects.filter(
        place__store=store, product__in={line.product_id for line in lines}
    )
    return {
        (product_id, place_id): pieces
        for product_id, place_id, pieces in balances.values_list(
            "product_id", "place_id", "quantity"
        )
    }


def _serials(
    document: Document,
) -> tuple[
    defaultdict[int, list[SerialText]],
    defaultdict[int, dict[str, int]],
    defaultdict[int, dict[str, SerialText]],
]:
    """By line: the serials in the order they were entered, the acknowledged ones' returns, and
    the second numbers.
    """
    serials: defaultdict[int, list[SerialText]] = defaultdict(list)
    acknowledged: defaultdict[int, dict[str, int]] = defaultdict(dict)
    seconds: defaultdict[int, dict[str, SerialText]] = defaultdict(dict)
    entered = LineSerial.objects.filter(document=document).order_by("id")
    for line_id, text, key, earlier, second_text, second_key in entered.values_list(
        "line_id", "text", "key", "acknowledged_id", "second_text", "second_key"
    ):
        serials[line_id].append(SerialText(text, key))
        if earlier is not None:
            acknowledged[line_id][key] = earlier
        if second_key:
            seconds[line_id][key] = SerialText(second_text, second_key)
    return serials, acknowledged, seconds


def _with_serials(lines: Sequence[Line], serials: Mapping[int, Sequence[SerialText]]) -> list[Line]:
    """The lines that some serials were entered on, with as many pieces."""
    entered = [line for line in lines if serials.get(line.pk)]
    for line in entered:
        line.quantity = len(serials[line.pk])
    return entered


def _moved_by(lines: Sequence[Line]) -> dict[int, list[PostedLine]]:
    """By origin's id, and by its own origin's, the posted lines that moved its units.

    Besides the line itself: those that entered serials for it later, or put them right.
    """
    origins = [line.origin for line in lines if line.origin is not None]
    ids = {origin.pk for origin in origins}
    ids |= {origin.origin_id for origin in origins if origin.origin_id is not None}
    if not ids:
        return {}
    posted = Line.objects.filter(document__status=Status.POSTED)
    identified = posted.filter(
        document__kind__in=[Kind.IDENTIFICATION, Kind.CORRECTION], origin_id__in=ids
    )
    moved: dict[int, list[PostedLine]] = {pk: [] for pk in ids}
    for queryset, key in ((posted.filter(pk__in=ids), "pk"), (identified, "origin_id")):
        rows = queryset.values_list(key, "document__posting_id", "position")
        for pk, posting_id, position in rows:
            moved[pk].append((posting_id, position))
    return moved


def _allowed(
    origin_id: int | None, sold_by: Mapping[int, Sequence[PostedLine]]
) -> frozenset[PostedLine] | None:
    return None if origin_id is None else frozenset(sold_by.get(origin_id, ()))


class _Ways:
    """The routes of a store's movements, and of others' when they are asked for."""

    def __init__(self, store: Store) -> None:
        self._own = store.pk
        self._routes: dict[int, Routes] = {}

    def of(self, movement: str, *, defective: bool, store_id: int | None = None) -> Route:
        of_store = store_id or self._own
        if of_store not in self._routes:
            self._routes[of_store] = Routes(_ROUTED, store_id=of_store)
        return self._routes[of_store].of(movement, defective=defective)


_ROUTED = [
    Movement.RECEIPT, Movement.SALE, Movement.CUSTOMER_RETURN, Movement.SUPPLIER_RETURN,
    Movement.WRITE_OFF, Movement.TRANSFER, Movement.ARRIVAL, Movement.SHORTAGE, Movement.SURPLUS,
    Movement.SET_ASIDE, Movement.PUT_BACK, Movement.PARTS,
]  # fmt: skip


def _identified(
    line: Line,
    serials: Sequence[SerialText],
    acknowledged: Mapping[str, int],
    sold_by: Mapping[int, Sequence[PostedLine]],
    ways: _Ways,
) -> list[LineToPost]:
    """Serials that move as their line's origin did, and as many pieces back that moved without."""
    origin = line.origin
    if origin is None:
        return []
    movement = spec_of(origin.document.kind).movement
    way = ways.of(movement, defective=origin.is_defective, store_id=origin.document.store_id)
    back = way.back()
    return [
        LineToPost(
            number=line.position,
            movement=movement,
            source=way.source,
            target=way.target,
            product_id=line.product_id,
            quantity=line.quantity,
            serials=serials,
            put_there_by=_allowed(origin.origin_id, sold_by),
            acknowledged=acknowledged,
            from_source=True,
        ),
        LineToPost(
            number=line.position,
            movement=Movement.IDENTIFICATION,
            source=back.source,
            target=back.target,
            product_id=line.product_id,
            quantity=line.quantity,
            is_counterpart=True,
        ),
    ]
