"""Managers: look at everything, write files, cancel sales, send goods from store to store."""

from __future__ import annotations

import datetime as dt
import random
import uuid

from locust import task

from .cast import MANAGER
from .diary import Did
from .shop import shop
from .worker import Worker

SINCE = dt.date.today() - dt.timedelta(days=30)  # noqa: DTZ011 - any day will do


class Manager(Worker):
    """Works in one store and sees all."""

    role = MANAGER

    def on_start(self) -> None:
        super().on_start()
        self.post("change the store", "/store/", {"store": str(self.store)}, expect=[302])

    @task(6)
    def look_at_home(self) -> None:
        self.get("a manager's home", "/", holding="<h1")

    @task(6)
    def look_at_stock(self) -> None:
        """Some pages of it, then as it was."""
        path = "/stock/"
        page = self.get("stock by serial", path, holding="<table")
        for _ in range(2):
            if not (onward := page.find(r'rel="next" href="(\?[^"]+)"')):
                break
            self.think()
            page = self.get("stock by serial, further", path + onward, holding="<table")
        self.think()
        self.get("stock as of a day", f"{path}?on={SINCE}", holding="<table")
        self.get("totals of stock", "/stock/totals/")

    @task(4)
    def look_at_reports(self) -> None:
        self.get("under warranty", "/reports/under-warranty/", holding="<table")
        self.think()
        self.get("claims", f"/reports/claims/?since={SINCE}")
        self.think()
        self.get("list of documents", "/documents/", holding="<table")

    @task(1)
    def write_a_file(self) -> None:
        """All units anywhere, made by a job."""
        sent = self.post(
            "ask for a file", "/stock/export/?state=anywhere", {"format": "csv"}, expect=[302]
        )
        if "/files/" not in sent.location:
            return  # three files of this person are being made: the page says so
        self.wait_for_job("file", sent.location, "content/")
        known = shop.cast.shelf(self.store).sold[0]
        file = self.get("a file", sent.location + "content/", holding=known)
        rows = file.text.count("\n")
        if rows < 1_000:
            self.refuse("a file", f"it has {rows} rows")

    @task(3)
    def cancel(self) -> None:
        """A sale of a moment ago: everything on it lies on the shelf again."""
        if not shop.to_cancel:
            return
        document, sale = shop.to_cancel.popleft()
        path = f"/documents/{document}/cancel/"
        self.get("what cancelling does", path, holding='name="reason"')
        self.think()
        self.post("cancel a sale", path, {"reason": "Wrong till"}, expect=[302])
        self.get("a cancelled sale", f"/documents/{document}/", holding='data-state="cancelled"')
        shop.note(
            Did("cancelled", sale.number, sale.store, self.person.name,
                out=sale.out, pieces=sale.pieces)
        )  # fmt: skip
        for unit in sale.out:
            shop.put_back(sale.store, unit)

    @task(3)
    def send(self) -> None:
        """Some units to another store, dispatched and received in one go."""
        units = [unit for _ in range(3) if (unit := shop.take(self.store))]
        if not units:
            return
        fields = {"scan": units[0], "nonce": str(uuid.uuid4())}
        page = self.post(
            "start: transfer", "/documents/new/transfer/", fields, scanned=["accepted"]
        )
        document = page.document
        for unit in units[1:]:
            self.think(0.4, 1.2)
            fields = {"scan": unit, "nonce": str(uuid.uuid4())}
            self.post(
                "scan on a draft", f"/documents/{document}/scan/", fields,
                scanned=["accepted"], htmx=True,
            )  # fmt: skip
        to = random.choice([one.store for one in shop.cast.shelves if one.store != self.store])
        header = {"to_store": str(to), "effective_on": "", "note": ""}
        self.post("save a header", f"/documents/{document}/header/", header, htmx=True)
        self.think()
        done = self.post(
            "dispatch and receive", f"/documents/{document}/receive-at-once/", expect=[302]
        )
        arrival = self.get("a posted document", done.location, holding='data-state="posted"')
        sent = self.get(
            "a posted document", f"/documents/{document}/", holding='data-state="posted"'
        )
        missing = [unit for unit in units if unit not in arrival.text or unit not in sent.text]
        if missing:
            self.refuse("a posted document", f"{sent.number} or {arrival.number} lack {missing}")
        did = Did("transfer", sent.number, self.store, self.person.name, out=units, to=to)
        shop.note(did)
        shop.note(Did("arrival", arrival.number, to, self.person.name))
        for unit in units:
            shop.put_back(to, unit)
