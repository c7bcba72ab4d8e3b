"""What the pages of documents show, read in a constant number of statements."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.db.models import Count

from company.access import Access
from products.modes import SERIAL_MODES, Mode
from serials import stock
from serials.look_alikes import alike_known
from serials.models import Serial
from serials.refusals import Refusal
from serials.states import State, state_of

from .corrected import Corrected, corrections_of
from .kinds import asks_reason, may_be_defective, spec_of, takes_seconds
from .models import Document, Kind, Line, LineSerial, ReturnedCard
from .supplier_cover import supplier_ends_on

SHOWN_SERIALS = 60
"""How many serials of a line its page shows; the rest is one click away."""

PENDING = frozenset(
    {
        "serials_missing", "supplier_missing", "supplier_to_name", "customer_missing", "no_lines",
        "to_store_missing", "reason_missing", "nothing_comes_back", "nothing_handed_over",
    }
)  # fmt: skip
"""Codes of refusals that say what is still to be done, not what is wrong."""


@dataclasses.dataclass(frozen=True, slots=True)
class RefusalView:
    """A refusal with what it points at: its line, and the document that explains it."""

    refusal: Refusal
    line_id: int | None = None
    product_name: str = ""
    document: Document | None = None

    @property
    def is_pending(self) -> bool:
        """Whether it only says that the document is not finished yet."""
        return self.refusal.code in PENDING

    @property
    def message(self) -> str:
        return self.refusal.message

    @property
    def serial(self) -> str | None:
        return self.refusal.serial

    @property
    def field(self) -> str | None:
        return self.refusal.field

    @property
    def field_id(self) -> str:
        """The id of the field on the page that it asks to fill in, "" without one."""
        if not self.field:
            return ""
        return f"id_line-{self.line_id}-{self.field}" if self.line_id else f"id_{self.field}"


def field_to_fill(refusals: Sequence[RefusalView]) -> str:
    """The id of the first field to fill in, when that is all a document waits for."""
    ids = [view.field_id for view in refusals if view.is_pending]
    return ids[0] if ids and all(ids) and len(ids) == len(refusals) else ""


@dataclasses.dataclass(frozen=True, slots=True)
class Chip:
    """One serial on a line, with where the ledger has it now.

    `serial_id` leads to the unit's page when the person may open it. `corrected` says that
    another unit moved in its place, `alike` is the known serial that a new one looks like.
    """

    text: str
    key: str
    state: State
    serial_id: int | None
    refused: RefusalView | None = None
    corrected: Corrected | None = None
    alike: str = ""
    second: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class LineView:
    """One line as its page shows it; `hidden` serials are entered but not shown."""

    line: Line
    product_name: str
    sku: str
    mode: str
    entered: int
    chips: Sequence[Chip]
    refusals: Sequence[RefusalView]
    cards: Sequence[str]
    may_be_defective: bool
    asks_reason: bool
    may_be_in_pairs: bool = False
    """Whether its units may have two numbers, and a receipt enters them."""
    supplier_ends_on: dt.date | None = None
    """The last day on which the supplier stands for what was received on it."""

    @property
    def comes_back(self) -> bool:
        """Whether its pieces were sold before."""
        return self.line.origin_id is not None

    @property
    def asks_serials(self) -> bool:
        return self.mode in SERIAL_MODES or self.entered > 0

    @property
    def hidden(self) -> int:
        return max(0, self.entered - len(self.chips))

    @property
    def lacking(self) -> int:
        """How many pieces have no serial yet."""
        return max(0, self.line.quantity - self.entered)

    @property
    def mode_name(self) -> str:
        return str(Mode(self.mode).label)

    @property
    def is_refused(self) -> bool:
        """Whether something on the line is wrong, not merely unfinished."""
        return any(not view.is_pending for view in self.refusals)

    @property
    def refused_serials(self) -> int:
        return len({view.serial for view in self.refusals if view.serial})


@dataclasses.dataclass(frozen=True, slots=True)
class Totals:
    """What the foot of a document says; of an exchange also what `back` and `handed_over` cost.

    Its amount is the difference: what the customer pays, or is given back when it is negative.
    """

    pieces: int
    amount: Decimal
    back: Decimal = Decimal("0.00")
    handed_over: Decimal = Decimal("0.00")

    @property
    def given_back(self) -> Decimal:
        """What is to be paid out."""
        return max(-self.amount, Decimal("0.00"))


def refusal_views(
    document: Document, refusals: Sequence[Refusal], *, access: Access
) -> list[RefusalView]:
    """Refusals with their lines and the documents they link to, where the person may see them."""
    if not refusals:
        return []
    lines = {line.position: line for line in document.lines.select_related("product")}
    wanted = {link for refusal in refusals if (link := refusal.link_for(access))}
    explaining = {
        found.posting_id: found
        for found in Document.objects.visible_to(access).filter(posting_id__in=wanted)
    }
    views = []
    for refusal in refusals:
        line = lines.get(refusal.line) if refusal.line else None
        views.append(
            RefusalView(
                refusal,
                line.pk if line else None,
                line.product.name if line else "",
                explaining.get(refusal.posting_id),
            )
        )
    return views


def line_views(
    document: Document,
    *,
    access: Access,
    refused: Sequence[RefusalView] = (),
    only: int | None = None,
) -> list[LineView]:
    """The lines of a document, or `only` one of them, each with its newest serials."""
    lines = document.lines.select_related("product__type", "origin__document").annotate(
        entered=Count("serials")
    )
    if only is not None:
        lines = lines.filter(pk=only)
    found = list(lines.order_by("position"))
    by_line: defaultdict[int | None, list[RefusalView]] = defaultdict(list)
    for view in refused:
        by_line[view.line_id].append(view)
    chips = _chips(found, refused, access=access)
    spec = spec_of(document.kind)
    cards: defaultdict[int, list[str]] = defaultdict(list)
    if spec.takes_back:
        named = ReturnedCard.objects.filter(line__in=found).order_by("pk")
        for line_id, number in named.values_list("line_id", "card__number"):
            cards[line_id].append(number)
    return [
        LineView(
            line=line,
            product_name=line.product_name or line.product.name,
            sku=line.sku or line.product.sku,
            mode=line.mode or line.product.mode,
            entered=line.entered,
            chips=chips.get(line.pk, ()),
            refusals=by_line.get(line.pk, ()),
            cards=cards[line.pk],
            may_be_defective=may_be_defective(spec, line),
            asks_reason=asks_reason(spec, line.origin),
            may_be_in_pairs=takes_seconds(spec, line.product),
            supplier_ends_on=supplier_ends_on(line.supplier_period, document.effective_on),
        )
        for line in found
    ]


def _chips(
    lines: Sequence[Line], refused: Sequence[RefusalView], *, access: Access
) -> Mapping[int, list[Chip]]:
    """The newest serials of each line, the refused ones first."""
    reasons = {(view.line_id, view.refusal.key): view for view in refused if view.refusal.key}
    rows = _newest_serials([line.pk for line in lines])
    if reasons:
        shown = {(row.line_id, row.key) for row in rows}
        hidden = [unit for unit in reasons if unit not in shown][:SHOWN_SERIALS]
        bad = LineSerial.objects.filter(
            line__in={line_id for line_id, _ in hidden}, key__in={key for _, key in hidden}
        )
        rows += [row for row in bad.order_by("line_id", "-id") if (row.line_id, row.key) in hidden]
    known = stock.known_serials([(row.product_id, row.key) for row in rows])
    units = {(row.product_id, row.key) for row in rows}
    alike = alike_known([unit for unit in units if unit not in known])
    ids = [unit.id for unit in known.values()]
    linked = set(Serial.objects.visible_to(access).filter(pk__in=ids).values_list("pk", flat=True))
    corrected = {
        (line_id, one.written_key): one
        for line_id, all_of_line in corrections_of(lines).items()
        for one in all_of_line
    }
    chips: defaultdict[int, list[Chip]] = defaultdict(list)
    for row in rows:
        unit = known.get((row.product_id, row.key))
        chip = Chip(
            row.text,
            row.key,
            state_of(unit.place.kind if unit else None),
            unit.id if unit and unit.id in linked else None,
            reasons.get((row.line_id, row.key)),
            corrected.get((row.line_id, row.key)),
            alike.get((row.product_id, row.key), ""),
            row.second_text,
        )
        chips[row.line_id].append(chip)
    for of_line in chips.values():
        of_line.sort(key=lambda chip: chip.refused is None)
    return chips


def _newest_serials(line_ids: Sequence[int]) -> list[LineSerial]:
    """The newest serials of each line, by the index: the cost does not grow with the line."""
    return list(
        LineSerial.objects.raw(
            """
            SELECT newest.* FROM unnest(%s::bigint[]) AS line (id)
            CROSS JOIN LATERAL (
                SELECT * FROM documents_lineserial serial
                WHERE serial.line_id = line.id ORDER BY serial.id DESC LIMIT %s
            ) newest
            ORDER BY newest.line_id, newest.id DESC
            """,
            [list(line_ids), SHOWN_SERIALS],
        )
    )


def totals(document: Document) -> Totals:
    """Pieces and money of a document."""
    lines = document.lines.all()
    pieces = sum(lines.values_list("quantity", flat=True))
    amount = lines.total()
    if document.kind != Kind.EXCHANGE:
        return Totals(pieces, amount)
    back = lines.filter(origin__isnull=False).total()
    return Totals(pieces, amount - 2 * back, back, amount - back)


def serials_of_line(line: Line, *, after: int = 0, limit: int = 500) -> list[LineSerial]:
    """A page of all serials of a line, in the order they were entered; `after` is the last id."""
    return list(line.serials.filter(pk__gt=after).order_by("pk")[:limit])


def document_of_scan(nonce: uuid.UUID | None, *, access: Access) -> Document | None:
    """The document that took the scan of this name already, when the person may see it."""
    if nonce is None:
        return None
    return Document.objects.visible_to(access).filter(taken_scans=nonce).first()
