"""Those who count: all scan into one count, one of them starts it, puts right and closes."""

from __future__ import annotations

import random
import uuid

import gevent
from locust import task

from .cast import COUNTER
from .diary import Did
from .shop import shop
from .worker import Worker

LEFT_OUT = 0.05
"""So many of the units nobody finds."""
ROUND_SECONDS = 120


class Round:
    """One count: what is still to be scanned, by whom it is known."""

    def __init__(self) -> None:
        self.pk = ""
        self.product = ""
        self.to_scan: list[str] = []
        self.scanning = 0

    @property
    def is_scanned(self) -> bool:
        return bool(self.pk) and not self.to_scan and not self.scanning


now = Round()
keys = list(shop.counted)


class Counter(Worker):
    """Scans what lies on the shelf; the first of them starts and closes each count."""

    role = COUNTER

    @property
    def is_closer(self) -> bool:
        return self.person.name == f"{COUNTER} 0"

    @task
    def count(self) -> None:
        if self.is_closer and not now.pk:
            self._start()
        elif self.is_closer and now.is_scanned:
            self._close()
        elif now.pk and now.to_scan:
            self._scan_some()
        else:
            gevent.sleep(0.5)

    def _start(self) -> None:
        """Count the next product: most of its units, some sold ones, some scanned by two."""
        product = keys.pop(0)
        keys.append(product)
        self.get("page to start a count", "/counts/start/", holding='name="scope"')
        self.think()
        fields = {"scope": "products", "products": product, "note": "counted amid sales"}
        at = self.post("start a count", "/counts/start/", fields, expect=[302]).location
        now.pk = at.strip("/").split("/")[-1]
        self.get("a count", at, holding='name="scan"')
        found = [unit for unit in shop.counted[product] if random.random() >= LEFT_OUT]
        sold = [
            shop.sold_counted[product].popleft()
            for _ in range(min(2, len(shop.sold_counted[product])))
        ]
        twice = random.sample(found, min(3, len(found)))
        strange = [f"STRANGE-{uuid.uuid4().hex[:6].upper()}"]
        now.to_scan = [*found, *sold, *twice, *strange]
        now.product = product
        random.shuffle(now.to_scan)

    def _scan_some(self) -> None:
        """A handful, quickly one after the other, and a look at what the others found."""
        pk = now.pk
        now.scanning += 1
        try:
            for _ in range(min(5, len(now.to_scan))):
                if not now.to_scan:
                    break
                unit = now.to_scan.pop()
                fields = {"scan": unit, "nonce": str(uuid.uuid4())}
                page = self.post(
                    "scan into a count", f"/counts/{pk}/scan/", fields, expect=[200],
                    scanned=["accepted", "repeated", "unknown"], htmx=True,
                )  # fmt: skip
                if page.scanned == "unknown" and unit in shop.counted[now.product]:
                    self.refuse("scan into a count", f"{unit} lies here and is unknown")
                self.think(0.4, 1.2)
        finally:
            now.scanning -= 1
        self.get(
            "what the others scanned", f"/counts/{pk}/live/?version=0", expect=[200, 204], htmx=True
        )

    def _close(self) -> None:
        """Put right what can be, take back the other unknown scans, and close."""
        pk, product = now.pk, now.product
        for _ in range(20):
            page = self.get("unknown units", f"/counts/{pk}/?list=unknown", holding="lists")
            scans = page.all(r'id="card-(\d+)"')
            if not scans:
                break
            self.think()
            fix = page.find(rf'id="fix-{scans[0]}" href="([^"]+)"')
            if not fix or not self._fix(fix):
                path = f"/counts/{pk}/scans/{scans[0]}/take-back/"
                self.post("take a scan back", path, {"list": "unknown"}, expect=[302])
        path = f"/counts/{pk}/close/"
        self.get("what closing does", path, holding="Close the count")
        self.think()
        done = self.post("close a count", path, expect=[302, 422])
        if done.status == 422:  # a unit was sold after it was scanned: look again
            return
        now.pk = ""
        report = self.get("report of a count", done.location, holding='data-state="closed"')
        missing = report.all(r'data-state="missing">.*?<a class="serial"[^>]*>([^<]+)</a>')
        if missing:
            number = report.find(
                r'Written to missing by</dt><dd><a class="serial"[^>]*>([^<]+)</a>'
            )
            shop.note(Did("shortage", number, self.store, self.person.name, out=missing))
        for unit in missing:
            if unit in shop.counted[product]:
                shop.counted[product].remove(unit)

    def _fix(self, path: str) -> bool:
        """Swap two units that were mixed up, unless one of them moved meanwhile."""
        page = self.get("what a fix does", path, expect=[200, 422])
        if page.status == 422:
            return False
        lies, went = page.all(r'<strong class="serial">([^<]+)</strong>')[:2]
        seen = {name: page.find(rf'name="{name}" value="(\d+)"') for name in ("lies", "went")}
        self.think()
        done = self.post("fix what was mixed up", path, seen, expect=[302, 422])
        if done.status == 422:
            return False
        fixed = self.get("after a fix", done.location, holding="Put right by correction")
        number = fixed.find(r'Put right by correction <a class="serial"[^>]*>([^<]+)</a>')
        what = "rename" if "Rename it" in page.text else "fix"
        shop.note(Did(what, number, self.store, self.person.name, out=[went], back=[lies]))
        key = shop.product_counted(went)
        if key and went in shop.counted[key]:
            shop.counted[key].remove(went)
        shop.put_back(self.store, lies)
        return True
