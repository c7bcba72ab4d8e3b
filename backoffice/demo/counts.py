"""The phones are counted: in Lviv to the end, with a swap put right, in Kyiv not yet."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence

from company.access import Access
from documents.models import Kind
from inventory.closing import close_count
from inventory.counting import scan
from inventory.fixing import fix, preview
from inventory.models import Count, Scope
from inventory.starting import start_count
from serials.models import PlaceKind, Serial

from .catalogue import Goods
from .stage import DAYS, PlannedDocument, PlannedLine, PlannedStep, Stage

TYPE = "Phones"
A_SCAN = dt.timedelta(seconds=7)
SOLD, BEGUN = 0.131, 0.133
"""Parts of the day: before the sales of the day, which must not meet the same phones."""
MISREAD = "352099001761473"
"""A number that no phone here has: somebody read a label wrong."""


class Counts:
    """One count a store, each with a phone that was sold on paper while another was handed over."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._found_later: PlannedLine | None = None
        self._days: dict[tuple[str, int], Callable[[], None]] = {
            ("LV1", DAYS - 1): self._lviv,
            ("LV1", DAYS): self._lviv_found_again,
            ("KY1", DAYS): self._kyiv,
        }

    def happen(self, prefix: str, day: int) -> None:
        """Count in the store, if that is done on this day."""
        if counting := self._days.get((prefix, day)):
            counting()

    def _lviv(self) -> None:
        """Counted to the end: the swap is put right, one phone is missing."""
        goods, written, gone = self._mix_up("LV1", DAYS - 1, "danylo")
        shelf = self._stage.shelves["LV1"]
        other = next(one for one in self._phones() if one is not goods and shelf.count(one) > 1)
        (lost,) = shelf.take(other, 1, self._stage.chance)
        self._found_later = PlannedLine(other, 1, (lost,), remark="Behind the display case")
        at = self._stage.at("LV1", DAYS - 1, BEGUN)
        self._step(at, lambda: self._count_to_the_end(at, written, gone, lost))
        shelf.put(goods, 1, [written])

    def _count_to_the_end(self, at: dt.datetime, written: str, gone: str, lost: str) -> None:
        manager = self._stage.manager("LV1")
        count = self._start("LV1", manager, at, note="Before the phones move upstairs")
        found = [written, *(one for one in self._lying("LV1") if one not in {gone, lost})]
        ended = self._scan(count, found, [manager, self._stage.shop.staff["yulia"]], at)
        unknown = count.scans.get(key=written)
        unit = Serial.objects.get(key=gone)
        seen = preview(count.pk, unknown.pk, unit.pk, by=manager).seen
        fix(count.pk, unknown.pk, unit.pk, seen=seen, by=manager, now=ended)
        close_count(count.pk, by=manager, now=ended + A_SCAN)

    def _lviv_found_again(self) -> None:
        """The missing phone turns up the day after."""
        if (line := self._found_later) is None:
            raise RuntimeError("nothing was missing")
        self._stage.shelves["LV1"].put(line.goods, 1, list(line.serials))
        self._add(Kind.SURPLUS, "LV1", DAYS, self._stage.manager("LV1"), line)

    def _kyiv(self) -> None:
        """Under way: a phone sold on paper lies here, a label was misread, some are to be found."""
        goods, written, gone = self._mix_up("KY1", DAYS, "sofia")
        at = self._stage.at("KY1", DAYS, BEGUN)
        self._step(at, lambda: self._count_for_a_while(at, goods, written, gone))

    def _count_for_a_while(self, at: dt.datetime, goods: Goods, written: str, gone: str) -> None:
        keeper = self._stage.shop.staff["mykola"]
        count = self._start("KY1", keeper, at)
        lying = [one for one in self._lying("KY1") if one != gone]
        found = [*lying[: len(lying) * 2 // 3], written]
        ended = self._scan(count, found, [keeper, self._stage.manager("KY1")], at)
        scan(count.pk, MISREAD, by=keeper, now=ended, product_id=goods.product.pk)

    def _mix_up(self, prefix: str, day: int, who: str) -> tuple[Goods, str, str]:
        """A phone is sold on paper, another one of its kind over the counter: both serials."""
        shelf = self._stage.shelves[prefix]
        goods = max(self._phones(), key=shelf.count)
        written, gone = shelf.take(goods, 2, self._stage.chance)
        line = PlannedLine(goods, 1, (written,))
        self._add(Kind.SALE, prefix, day, self._stage.shop.staff[who], line)
        return goods, written, gone

    def _add(self, kind: Kind, prefix: str, day: int, by: Access, line: PlannedLine) -> None:
        stage = self._stage
        customer = stage.shop.persons[7] if kind == Kind.SALE else None
        at = stage.at(prefix, day, SOLD)
        store = stage.shop.stores[prefix]
        stage.planned.append(PlannedDocument(kind, store, by, at, [line], customer=customer))

    def _step(self, at: dt.datetime, do: Callable[[], object]) -> None:
        self._stage.planned.append(PlannedStep(at, do))

    def _phones(self) -> list[Goods]:
        return [goods for goods in self._stage.shop.goods if goods.type_name == TYPE]

    def _start(self, prefix: str, by: Access, at: dt.datetime, note: str = "") -> Count:
        return start_count(
            self._stage.shop.stores[prefix],
            scope=Scope.TYPE,
            product_type=self._phones()[0].product.type,
            note=note,
            by=by,
            now=at,
        )

    def _scan(
        self, count: Count, serials: Sequence[str], people: Sequence[Access], at: dt.datetime
    ) -> dt.datetime:
        """Scan them one after the other, the people taking turns; when that is done."""
        for nth, serial in enumerate(serials):
            at = min(at + A_SCAN, self._stage.now)
            scan(count.pk, serial, by=people[nth % len(people)], now=at, nonce=uuid.uuid4())
        return min(at + A_SCAN, self._stage.now)

    def _lying(self, prefix: str) -> list[str]:
        """The phones that lie in a store, as the records have it at this moment."""
        lying = Serial.objects.filter(
            place__store=self._stage.shop.stores[prefix],
            place__kind__in=[PlaceKind.SHELF, PlaceKind.DEFECTIVE],
            product__type__name=TYPE,
        )
        return list(lying.order_by("product_id", "key").values_list("text", flat=True))
