"""Cashiers: sell, print, take back, exchange, look up; and scan what they should not."""

from __future__ import annotations

import random
import uuid

import gevent
from locust import task

from .answers import Answer
from .cast import CASHIER
from .diary import Did
from .shop import shop
from .worker import Worker

UNREADABLE = ("\u200b", "X" * 201, "NO-SUCH-UNIT-4711")
"""Codes nobody can take: nothing in it, too long, of no unit."""


class Cashier(Worker):
    """Sells to one customer after the other."""

    role = CASHIER

    @task(60)
    def sell(self) -> None:
        """One unit, or a few things; a hot one in one sale of eight, two presses in one of ten."""
        unit = shop.take(self.store)
        self.get("home", "/", holding='name="scan"')
        self.think()
        if not unit:
            return
        page = self.post(
            "start a sale by a scan", "/documents/new/sale/", self._scan_of(unit),
            scanned=["accepted"],
        )  # fmt: skip
        document = page.document
        units, risky, pieces = [unit], "", {}
        if random.random() < 0.3:
            self._scan_badly(document, unit)
        if random.random() < 0.3:
            pieces = self._scan_pieces(document)
        if random.random() < 0.125:
            risky = self._reach_for(document, shop.hot_unit(self.store))
        elif random.random() < 0.3:
            risky = self._reach_for(document, shop.of_counted(self.store))
        if random.random() < 0.2:
            self._name_customer(document)
        self.think()
        sale = self._post(document, units + ([risky] if risky else []), risky)
        if sale is None:
            return
        sold = [one for one in (*units, risky) if one and one in sale.text]
        did = Did("sale", sale.number, self.store, self.person.name, out=sold, pieces=pieces)
        self._was_sold(document, shop.note(did))
        if random.random() < 0.8:
            self._print(sale)

    def _was_sold(self, document: str, did: Did) -> None:
        for unit in did.out:
            shop.was_sold(self.store, unit)
        if random.random() < 0.06:
            shop.to_cancel.append((document, did))
            return
        for unit in did.out:
            if key := shop.product_counted(unit):
                shop.sold_counted[key].append(unit)
            else:
                shop.sold[self.store].append(unit)

    def _scan_of(self, text: str) -> dict[str, str]:
        return {"scan": text, "nonce": str(uuid.uuid4())}

    def _scan(self, document: str, fields: dict[str, str], *expected: str) -> Answer:
        """A scan by the page's script, and what would be refused now, as it asks after a while."""
        self.think(0.4, 1.2)
        page = self.post(
            "scan on a draft", f"/documents/{document}/scan/", fields,
            expect=[200, 422], scanned=expected, htmx=True,
        )  # fmt: skip
        self.get("what posting would refuse", f"/documents/{document}/refusals/", htmx=True)
        return page

    def _scan_badly(self, document: str, unit: str) -> None:
        """What goes wrong at a till: read twice, sent twice, sold long ago, no code at all."""
        shelf = shop.cast.shelf(self.store)
        chance = random.randrange(4)
        if chance == 0:
            self._scan(document, self._scan_of(unit), "repeated")
        elif chance == 1:
            self._scan(document, self._scan_of(random.choice(UNREADABLE)), "refused")
        elif chance == 2:
            self._scan(document, self._scan_of(random.choice(shelf.sold)), "refused")
        elif fresh := shop.take(self.store):
            # The answer is lost: the page's script sends the same scan once more.
            fields = self._scan_of(fresh)
            self._scan(document, fields, "accepted")
            again = self._scan(document, fields, "repeated")
            if fresh not in again.text:
                self.refuse("scan on a draft", "a repeated scan does not name its unit")
            self._take_off(document, fresh)
            shop.put_back(self.store, fresh)

    def _take_off(self, document: str, unit: str) -> None:
        """It isn't wanted after all, or somebody else has sold it."""
        page = self.get("a draft", f"/documents/{document}/", holding=unit)
        path = f"/documents/{document}/lines/{page.line_of(unit)}/serials/remove/"
        left = self.post("take a unit off", path, {"key": unit}, htmx=True)
        if left.line_of(unit):
            self.refuse("take a unit off", f"{unit} is still there")

    def _scan_pieces(self, document: str) -> dict[str, int]:
        sku = random.choice(shop.cast.shelf(self.store).pieces)
        count = random.randint(1, 3)
        for _ in range(count):
            self._scan(document, self._scan_of(sku), "accepted")
        return {sku: count}

    def _reach_for(self, document: str, unit: str) -> str:
        """Scan what somebody else may be selling: it is taken, or sold already."""
        if not unit:
            return ""
        page = self._scan(document, self._scan_of(unit), "accepted", "refused")
        return unit if page.scanned == "accepted" else ""

    def _name_customer(self, document: str) -> None:
        path = f"/documents/{document}/customer/"
        phone = random.choice(shop.cast.customers)
        page = self.get("find a customer", f"{path}?q={phone.replace('+', '%2B')}", holding=phone)
        chosen = page.find(r'name="customer" value="(\d+)"')
        self.think()
        self.post("choose a customer", path, {"customer": chosen}, expect=[302])
        self.get("a draft", f"/documents/{document}/", holding='name="scan"')

    def _post(self, document: str, units: list[str], risky: str) -> Answer | None:
        """Press the button, some people twice; only what others reached for may be refused."""
        path = f"/documents/{document}/post/"
        presses = [gevent.spawn(self._press, path) for _ in range(1 + (random.random() < 0.1))]
        gevent.joinall(presses)
        answers = [press.get() for press in presses]
        answer = answers[-1]
        if answer.status == 422:
            if not risky or answer.refused not in ([risky], [""]):
                self.refuse("post", f"refused {answer.refused}: {answer.told}")
            units.remove(risky)
            self.think()
            self._take_off(document, risky)
            answer = self._press(path, expect=[302])
        page = self.get("a posted document", answer.location, holding='data-state="posted"')
        missing = [unit for unit in units if unit not in page.text]
        if missing or not page.number or (risky and risky not in units and risky in page.text):
            self.refuse("a posted document", f"{page.number} lacks {missing} or has {risky}")
        return page

    def _press(self, path: str, expect: tuple[int, ...] = (302, 422)) -> Answer:
        return self.post("post", path, expect=expect)

    def _print(self, sale: Answer) -> None:
        """The warranty cards, as soon as the worker has made them."""
        self.think(0.3, 1)
        if not sale.posting:
            self.refuse("print cards", f"{sale.number} has no cards")
        run = self.post("print cards", f"/cards/print/{sale.posting}/", expect=[302]).location
        self.wait_for_job("cards", run.replace("?open=1", ""), "cards.pdf")
        pdf = self.get("cards as PDF", run.split("?")[0] + "cards.pdf")
        if not pdf.is_pdf:
            self.refuse("cards as PDF", "it is no PDF")

    @task(8)
    def take_back(self) -> None:
        """A unit comes back, good or defective."""
        self._bring_back("customer_return", "")

    @task(5)
    def exchange(self) -> None:
        """A unit comes back and another one is handed over."""
        if unit := shop.take(self.store):
            self._bring_back("exchange", unit)

    def _bring_back(self, kind: str, instead: str) -> None:
        if not shop.sold[self.store]:
            return
        unit = shop.sold[self.store].popleft()
        page = self.post(
            f"start: {kind}", f"/documents/new/{kind}/", self._scan_of(unit), scanned=["accepted"]
        )
        document, line = page.document, page.lines[0]
        is_defective = random.random() < 0.3
        fields = page.line_fields(line) | {f"line-{line}-remark": "Changed their mind"}
        if is_defective:
            fields[f"line-{line}-is_defective"] = "on"
        self.think()
        self.post("change a line", f"/documents/{document}/lines/{line}/", fields, htmx=True)
        if instead:
            self._scan(document, self._scan_of(instead), "accepted")
        self.think()
        done = self._post(document, [unit, instead] if instead else [unit], "")
        if done is None:
            return
        did = Did(
            kind, done.number, self.store, self.person.name,
            out=[instead] if instead else [],
            back=[] if is_defective else [unit],
            broken=[unit] if is_defective else [],
        )  # fmt: skip
        shop.note(did)
        if not is_defective:
            shop.put_back(self.store, unit)
        if instead:
            shop.sold[self.store].append(instead)
            self._print(done)

    @task(15)
    def look_up(self) -> None:
        """A serial by all of it or by its end, and whether it is in warranty."""
        unit = random.choice(shop.cast.shelf(self.store).sold)
        found = self.get("search by a serial", f"/search/?q={unit}", expect=[200, 302])
        if found.status == 302:
            self.get("a unit's life", found.location, holding=unit)
        elif unit not in found.text:
            self.refuse("search by a serial", f"{unit} is not found")
        self.think()
        self.get("search by an end", f"/search/?q={unit[-6:]}", expect=[200, 302])
        self.think()
        self.get("is it in warranty", f"/warranty/?q={unit}", holding=unit)
