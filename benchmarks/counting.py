"""Counting 10,000 units: five people scanning at once, and closing with a fifth of them missing."""

from __future__ import annotations

import dataclasses
import multiprocessing
import statistics
import time
import uuid
from collections.abc import Sequence

from django.db import connection
from django.test import Client
from django.utils import timezone

from company.access import access_of
from company.models import Membership, User
from company.rights import Role
from documents.models import Kind
from documents.posting import post_document
from inventory.closing import close_count
from inventory.models import Count, Scan, Scope
from inventory.pausing import abandon_count
from inventory.starting import start_count
from products.models import Product

from .figures import UNITS, draft_of
from .limits import CopyLimit, run, seconds
from .stage import Stage

PEOPLE = 5
SCANNED = UNITS * 4 // 5
"""Units found of those that are closed about: the others are missing."""
EACH, SHARED = 80, 20
"""Units that each person scans alone, and those that all of them scan at the same time."""
PAUSE = 0.25
"""Seconds from one scan to the next of a person: faster than anybody takes up the next box."""
COUNT_LIMIT_MS = 50.0
CLOSE_BAR = 15.0
"""Of COPY of the missing fifth: all the others are compared and locked as well."""


def _goods(stage: Stage) -> tuple[Stage, list[str]]:
    """A new product with so many units on the shelf, and their serials."""
    tag = uuid.uuid4().hex[:6].upper()
    product = Product.objects.create(
        sku=f"C-{tag}", name=f"Counted {tag}", type=stage.product.type, price=100
    )
    of_product = dataclasses.replace(stage, product=product)
    texts = [f"CT{tag}{nth:06d}" for nth in range(UNITS)]
    receipt = draft_of(of_product, Kind.RECEIPT, texts)
    post_document(receipt.pk, by=access_of(stage.manager), now=timezone.now())
    return of_product, texts


def _start(stage: Stage) -> Count:
    return start_count(
        stage.store,
        scope=Scope.PRODUCTS,
        products=[stage.product],
        by=access_of(stage.manager),
        now=timezone.now(),
    )


def counting_figures(stage: Stage) -> dict[str, float]:
    """Milliseconds of a scan by the whole server side, five processes at once: the median and 99 %.

    Raises RuntimeError when a scan was lost or counted twice.
    """
    of_product, texts = _goods(stage)
    count = _start(of_product)
    people = [User.objects.create_user(f"counter {nth}") for nth in range(PEOPLE)]
    Membership.objects.bulk_create(
        Membership(user=person, store=stage.store, role=Role.STOREKEEPER) for person in people
    )
    works = [
        (person.pk, count.pk, _of_person(texts, nth)) for nth, person in enumerate(people)
    ]  # fmt: skip
    connection.close()  # none is shared between processes
    with multiprocessing.get_context("fork").Pool(PEOPLE) as pool:
        times = sorted(took for part in pool.starmap(_scan_all, works) for took in part)
    _nothing_lost(count, {text for *_rest, of_person in works for text in of_person})
    abandon_count(count.pk, by=access_of(stage.manager), now=timezone.now())
    return {"median": statistics.median(times), "99 %": times[int(len(times) * 0.99)]}


def _of_person(texts: Sequence[str], nth: int) -> list[str]:
    """What one of the people scans: their own shelf, and one that all of them do."""
    own = texts[SHARED + nth * EACH : SHARED + (nth + 1) * EACH]
    return [*texts[:SHARED], *own]


def _scan_all(person_pk: int, count_pk: int, texts: Sequence[str]) -> list[float]:
    """Scan these one after the other, as a person's browser does; milliseconds of each."""
    client = Client(headers={"hx-request": "true"})
    client.force_login(User.objects.get(pk=person_pk))
    times = []
    for text in texts:
        start = time.perf_counter()
        response = client.post(
            f"/counts/{count_pk}/scan/", {"scan": text, "nonce": str(uuid.uuid4())}
        )
        times.append((time.perf_counter() - start) * 1000)
        if response.status_code != 200:
            raise RuntimeError(f"scan of {text} was answered by {response.status_code}")
        time.sleep(max(0, PAUSE - (time.perf_counter() - start)))
    connection.close()
    return times


def _nothing_lost(count: Count, texts: set[str]) -> None:
    live = list(Scan.objects.filter(count=count, taken_back_at=None).values_list("text", flat=True))
    if len(live) != len(set(live)) or set(live) != texts:
        raise RuntimeError(f"{len(texts)} units were scanned, {len(live)} scans count")


def closing_figures(stage: Stage, limit: CopyLimit, rounds: int) -> tuple[float, float]:
    """Closing as a ratio to COPY of the rows that it writes, and its seconds: medians."""
    ratios, spent = [], []
    for _round in range(rounds):
        of_product, _texts = _goods(stage)
        count = _start(of_product)
        run(
            """
            INSERT INTO inventory_scan (nonce, count_id, product_id, serial_id, text, key, was_here,
                quantity, is_defective, source, scanned_at, scanned_by_id)
            SELECT gen_random_uuid(), %s, product_id, id, text, key, true, 1, false, 'scan', now(),
                   %s
            FROM serials_serial WHERE product_id = %s ORDER BY key LIMIT %s
            """,
            count.pk,
            stage.manager.pk,
            of_product.product.pk,
            SCANNED,
        )
        by, now = access_of(stage.manager), timezone.now()
        took = seconds(lambda pk=count.pk, by=by, now=now: close_count(pk, by=by, now=now))  # type: ignore[misc]
        shortage = Count.objects.select_related("shortage").get(pk=count.pk).shortage
        assert shortage is not None
        entries = f"posting_id = {shortage.posting_id}"
        moved = f"SELECT serial_id FROM serials_ledgerentry WHERE {entries}"
        rows = {
            "serials_serial": f"id IN ({moved})",
            "serials_ledgerentry": entries,
            "documents_lineserial": f"document_id = {shortage.pk}",
        }
        ratios.append(took / limit.seconds(rows))
        spent.append(took)
    return statistics.median(ratios), statistics.median(spent)
