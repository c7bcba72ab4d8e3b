"""The shelves are counted: once to the end, with a swap put right, and once not yet."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence

from company.access import Access
from company.models import Store
from documents.models import Kind
from inventory.closing import close_count
from inventory.counting import scan
from inventory.fixing import fix, preview
from inventory.models import Count, Scope
from inventory.starting import start_count
from serials.models import PlaceKind, Serial

from .catalogue import Goods
from .stage import PlannedDocument, PlannedLine, Shop
from .writing import Writer

COUNTED_TYPE = "Phones"
A_SCAN = dt.timedelta(seconds=7)
NEVER_SEEN = "352099001761473"
"""A number that no phone here has, though one may: somebody misread a label."""


@dataclasses.dataclass(frozen=True, slots=True)
class MixUp:
    """One unit was sold on paper, another one of its kind over the counter."""

    sold: Serial
    gone: Serial


class Counting:
    """Counts phones in both stores, through the verbs that people use."""

    def __init__(self, shop: Shop, writer: Writer, *, now: dt.datetime) -> None:
        self._shop = shop
        self._writer = writer
        self._now = now

    def lviv_yesterday(self) -> None:
        """A count that was closed: a swap was put right, a missing phone turned up since."""
        store, manager = self._shop.stores["LV1"], self._shop.staff["iryna"]
        begun = self._now - dt.timedelta(hours=26)
        mixed_up = self._mix_up(store, self._shop.staff["danylo"], begun - dt.timedelta(hours=2))
        lying = [unit for unit in _on_the_shelf(store) if unit.pk != mixed_up.gone.pk]
        *found, lost = mixed_up.sold, *lying
        count = self._start(store, manager, begun, note="Before the phones are moved upstairs")
        self._scan(count, found, [manager, self._shop.staff["yulia"]], begun)
        done = begun + A_SCAN * (len(found) + 20)
        taken = count.scans.get(key=mixed_up.sold.key)
        told = preview(count.pk, taken.pk, mixed_up.gone.pk, by=manager)
        fix(count.pk, taken.pk, mixed_up.gone.pk, seen=told.seen, by=manager, now=done)
        close_count(count.pk, by=manager, now=done + dt.timedelta(minutes=3))
        back = PlannedLine(self._goods(lost), 1, (lost.text,), remark="Behind the display case")
        at = self._now - dt.timedelta(hours=3)
        self._writer.write(PlannedDocument(Kind.SURPLUS, store, manager, at, [back]))

    def kyiv_now(self) -> None:
        """A count under way: one phone here was sold on paper, one label was misread."""
        store, keeper = self._shop.stores["KY1"], self._shop.staff["mykola"]
        begun = self._now - dt.timedelta(minutes=25)
        mixed_up = self._mix_up(store, self._shop.staff["sofia"], begun - dt.timedelta(hours=1))
        lying = [unit for unit in _on_the_shelf(store) if unit.pk != mixed_up.gone.pk]
        done = [mixed_up.sold, *lying[: len(lying) * 2 // 3]]
        count = self._start(store, keeper, begun)
        self._scan(count, done, [keeper, self._shop.staff["taras"]], begun)
        at = begun + A_SCAN * (len(done) + 2)
        context = mixed_up.sold.product_id
        scan(count.pk, NEVER_SEEN, by=keeper, now=at, nonce=uuid.uuid4(), product_id=context)

    def _start(self, store: Store, by: Access, at: dt.datetime, note: str = "") -> Count:
        of_type = next(goods for goods in self._shop.goods if goods.type_name == COUNTED_TYPE)
        return start_count(
            store,
            scope=Scope.TYPE,
            product_type=of_type.product.type,
            note=note,
            by=by,
            now=at,
        )

    def _scan(
        self, count: Count, units: Sequence[Serial], people: Sequence[Access], at: dt.datetime
    ) -> None:
        for nth, unit in enumerate(units, 1):
            by = people[nth % len(people)]
            scan(count.pk, unit.text, by=by, now=at + A_SCAN * nth, nonce=uuid.uuid4())

    def _mix_up(self, store: Store, by: Access, at: dt.datetime) -> MixUp:
        """Sell a phone on paper while one of the same kind stays unmoved."""
        settled = store.date_of(at) - dt.timedelta(days=2)
        kinds: dict[int, list[Serial]] = {}
        for unit in _on_the_shelf(store):
            if unit.moved_on <= settled:
                kinds.setdefault(unit.product_id, []).append(unit)
        sold, gone = next(units for units in kinds.values() if len(units) > 1)[:2]
        line = PlannedLine(self._goods(sold), 1, (sold.text,))
        customer = self._shop.persons[7]
        self._writer.write(PlannedDocument(Kind.SALE, store, by, at, [line], customer=customer))
        return MixUp(Serial.objects.get(pk=sold.pk), gone)

    def _goods(self, unit: Serial) -> Goods:
        return next(goods for goods in self._shop.goods if goods.product.pk == unit.product_id)


def _on_the_shelf(store: Store) -> list[Serial]:
    """The phones that lie in a store, in the order of their numbers."""
    lying = Serial.objects.filter(
        place__store=store,
        place__kind__in=[PlaceKind.SHELF, PlaceKind.DEFECTIVE],
        product__type__name=COUNTED_TYPE,
    )
    return list(lying.order_by("product_id", "key"))
