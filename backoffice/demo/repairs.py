"""Repairs at Iskra Electronics: each story told by the verbs that people use, at its moments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from company.access import Access
from documents.models import Kind
from partners.models import Customer
from products.models import Product
from repairs.charging import add_charge, add_stock_part
from repairs.handing_back import cancel_repair, hand_back
from repairs.lending import lend
from repairs.models import Repair, Result, Status
from repairs.photos import add_photos
from repairs.subjects import Subject, SubjectKind
from repairs.taking_in import take_in
from repairs.working import change_status, decide, edit
from serials.models import Serial
from warranty.models import Card

from .drawn_photos import drawn
from .repair_stories import STORIES, Does, Story
from .stage import PlannedDocument, PlannedLine, PlannedStep, Stage

BEGUN, APART = 0.1200, 0.0002
"""Parts of the day: when the first thing at the repair desk is done, and how far apart they are."""
WHO_SELLS = {"KY1": "sofia", "LV1": "danylo"}
WHO_MENDS = {"KY1": "andriy", "LV1": "iryna"}


class Repairs:
    """Sells what will break, takes it in, and does what was done."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._units: dict[Story, str] = {}
        self._taken: dict[Story, int] = {}
        self._today = 0

    def happen(self, prefix: str, day: int) -> None:
        """Whatever the stories of the store have on this day."""
        self._today = 0
        for story in STORIES:
            if story.prefix != prefix:
                continue
            if story.sold == day:
                self._sell(story)
            if story.came == day:
                self._take_in(story)
            for does in story.does:
                if does.day == day:
                    getattr(self, f"_{does.what}")(story, does)

    def draw_photos(self) -> None:
        """The photos of all of them, last of all: files are not taken back as rows are."""
        for number, story in enumerate(STORIES):
            if not story.photos:
                continue
            repair = Repair.objects.get(pk=self._taken[story])
            if repair.has_ended:
                continue
            pictures = [drawn(number * 10 + nth) for nth in range(story.photos)]
            add_photos(repair.pk, pictures, by=self._mender(story), now=repair.taken_in_at)

    def _at(self, story: Story, day: int) -> dt.datetime:
        self._today += 1
        return self._stage.at(story.prefix, day, BEGUN + APART * self._today)

    def _plan(self, at: dt.datetime, do: Callable[[], object]) -> None:
        self._stage.planned.append(PlannedStep(at, do))

    def _mender(self, story: Story) -> Access:
        return self._stage.shop.staff[WHO_MENDS[story.prefix]]

    def _manager(self, story: Story) -> Access:
        return self._stage.manager(story.prefix)

    def _customer(self, story: Story) -> Customer:
        return self._stage.shop.persons[story.person]

    def _off_the_shelf(self, story: Story, sku: str) -> str:
        """One of the goods leaves the shelf; its serial, if it has one."""
        shelf = self._stage.shelves[story.prefix]
        goods = self._stage.named(sku)
        if not shelf.count(goods):
            raise RuntimeError(f"{sku} has run out in {story.prefix}")
        return "".join(shelf.take(goods, 1, self._stage.chance))

    def _sell(self, story: Story) -> None:
        goods = self._stage.named(story.sku)
        unit = self._units[story] = self._off_the_shelf(story, story.sku)
        self._stage.planned.append(
            PlannedDocument(
                Kind.SALE,
                self._stage.shop.stores[story.prefix],
                self._stage.shop.staff[WHO_SELLS[story.prefix]],
                self._at(story, story.sold or 0),
                [PlannedLine(goods, 1, (unit,) if unit else ())],
                customer=self._customer(story),
            )
        )

    def _take_in(self, story: Story) -> None:
        if story.sold is None:
            self._units[story] = self._off_the_shelf(story, story.sku)
        at = self._at(story, story.came)
        self._plan(at, lambda: self._taken_in(story, at))

    def _taken_in(self, story: Story, at: dt.datetime) -> None:
        store = self._stage.shop.stores[story.prefix]
        is_own = story.sold is None
        mends = self._stage.shop.staff[story.technician].user if story.technician else None
        repair = take_in(
            store,
            subject=self._subject(story),
            complaint=story.complaint,
            condition=story.condition,
            contents=story.contents,
            customer=None if is_own else self._customer(story),
            technician=mends,
            promised_on=store.date_of(at) + dt.timedelta(days=story.promised),
            by=self._mender(story),
            now=at,
        )
        self._taken[story] = repair.pk

    def _subject(self, story: Story) -> Subject:
        unit = self._units[story]
        if not unit:  # goods without serial numbers have a card for each piece
            card = Card.objects.filter(
                term__customer=self._customer(story), term__sku=story.sku, void_on=None
            ).latest("pk")
            return Subject(SubjectKind.CARD, card.pk)
        serial = Serial.objects.get(text=unit, product__sku=story.sku)
        kind = SubjectKind.OWN_SERIAL if story.sold is None else SubjectKind.SERIAL
        return Subject(kind, serial.pk)

    def _verb(
        self, story: Story, does: Does, verb: Callable[..., object], by: Access, **said: Any
    ) -> None:
        """Plan a verb that wants the version of the repair as it is by then."""
        at = self._at(story, does.day)

        def do() -> None:
            repair = Repair.objects.get(pk=self._taken[story])
            verb(repair.pk, version=repair.version, by=by, now=at, **said)

        self._plan(at, do)

    def _step(self, story: Story, does: Does) -> None:
        said = dict(does.said)
        if "agreed_amount" in said:
            said["agreed_amount"] = Decimal(said["agreed_amount"])
        self._verb(story, does, change_status, self._mender(story), **said)

    def _send(self, story: Story, does: Does) -> None:
        supplier = self._stage.shop.wholesalers[does.said["supplier"]].supplier
        to = Status.AT_SUPPLIER
        self._verb(story, does, change_status, self._mender(story), to=to, sent_to=supplier)

    def _find(self, story: Story, does: Does) -> None:
        self._verb(story, does, edit, self._mender(story), changed=does.said)

    def _decide(self, story: Story, does: Does) -> None:
        self._verb(story, does, decide, self._mender(story), **does.said)

    def _cancel(self, story: Story, does: Does) -> None:
        self._verb(story, does, cancel_repair, self._mender(story), **does.said)

    def _work(self, story: Story, does: Does) -> None:
        at, price = self._at(story, does.day), Decimal(does.said["price"])
        by, name = self._mender(story), does.said["name"]
        self._plan(
            at,
            lambda: add_charge(
                self._taken[story], kind="work", name=name, unit_price=price, by=by, now=at
            ),
        )

    def _part(self, story: Story, does: Does) -> None:
        sku = does.said["sku"]
        serial = self._off_the_shelf(story, sku)
        at, by = self._at(story, does.day), self._mender(story)
        self._plan(
            at,
            lambda: add_stock_part(
                self._taken[story],
                product=Product.objects.get(sku=sku),
                serials=[serial] if serial else [],
                by=by,
                now=at,
            ),
        )

    def _lend(self, story: Story, does: Does) -> None:
        sku = does.said["sku"]
        serial = self._off_the_shelf(story, sku)
        at, by = self._at(story, does.day), self._mender(story)
        self._plan(
            at,
            lambda: lend(
                self._taken[story],
                product=Product.objects.get(sku=sku),
                serial=serial,
                note=does.said["note"],
                by=by,
                now=at,
            ),
        )

    def _hand_back(self, story: Story, does: Does) -> None:
        """Hand back; what comes back to the store lies among the defective goods from then on."""
        result = does.said["result"]
        returns = result in {Result.REPLACED, Result.REFUNDED}
        said: dict[str, Any] = {"result": result}
        if result == Result.REPLACED:
            said["replacement"] = self._off_the_shelf(story, story.sku)
        by = self._manager(story) if returns else self._mender(story)
        self._verb(story, does, hand_back, by, **said)
        goods, unit = self._stage.named(story.sku), self._units[story]
        if story.sold is None:
            self._stage.shelves[story.prefix].put(goods, 1, [unit])
        elif returns:
            self._stage.defective[story.prefix].put(goods, 1, [unit])
            self._stage.why[unit] = story.complaint
