"""`kill -9` in the middle of posting 10,000 serials: all or nothing, and once.

FAULT_ROUNDS in the environment makes each test try more often, FAULT_SEED elsewhere. What came of
it is printed for script/soak.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from functools import partial
from http.client import HTTPException

from django.db import DatabaseError, InterfaceError, connection

from documents.models import Document
from serials.models import LedgerEntry, Posting
from tests.at_once import at_once
from tests.books import books_agree
from tests.faults.conftest import Shop
from tests.faults.stage import Database, Web, eventually
from tests.shop import post

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "2"))
SEED = int(os.environ.get("FAULT_SEED", "7"))
SERIALS = int(os.environ.get("FAULT_SERIALS", "10000"))


def told(title: str, **counts: int) -> None:
    """A row of script/soak's table."""
    print(f"SOAK | {title} | {', '.join(f'{value} {name}' for name, value in counts.items())}")


def is_posted(document: Document) -> bool:
    """All of a document was written, or nothing of it; anything else fails."""
    document.refresh_from_db()
    lines = {(line.quantity, line.serials.count()) for line in document.lines.all()}
    assert lines == {(SERIALS, SERIALS)}
    if document.posting_id is None:
        assert document.status == "draft"
        assert not document.number
        return False
    assert LedgerEntry.objects.filter(posting=document.posting_id).count() == SERIALS
    return True


def posted_once(document: Document) -> None:
    """There is one posting of it, and the books agree."""
    assert is_posted(document)
    assert Posting.objects.filter(reference=document.number).count() == 1
    numbers = Posting.objects.filter(store=document.store, kind=document.kind)
    assert numbers.count() == Document.objects.filter(
        store=document.store, kind=document.kind
    ).exclude(status="draft").count()  # fmt: skip
    books_agree()


class KillAt:
    """Kills the database a moment after the nth statement of a posting was begun."""

    def __init__(self, database: Database, nth: int, pause: float) -> None:
        self.database, self.nth, self.pause = database, nth, pause
        self.killer: threading.Timer | None = None

    def __call__(self, execute, sql, params, many, context):
        self.nth -= 1
        if self.nth == 0:
            self.killer = threading.Timer(self.pause, self.database.kill)
            self.killer.start()
        return execute(sql, params, many, context)


def test_the_database_is_killed(database: Database, shop: Shop):
    rounds = random.Random(SEED)
    serials = [f"K{n:05}" for n in range(SERIALS)]
    seen = {"kills": 0, "nothing": 0, "all": 0}
    for nth in range(ROUNDS):
        # A receipt, then the sale of what it brought, then the next ones.
        keys = [f"{nth // 2}-{serial}" for serial in serials]
        document = shop.sale(keys) if nth % 2 else shop.receipt(keys)
        connection.close()
        kill = KillAt(database, rounds.randint(4, 24), rounds.uniform(0, 0.08))
        try:
            with connection.execute_wrapper(kill):
                post(document, shop.manager)
        except (DatabaseError, InterfaceError):
            pass
        if kill.killer is None:  # it has fewer statements: killed as soon as it is acknowledged
            database.kill()
        else:
            kill.killer.join()
        connection.close()
        database.start()
        seen["kills"] += 1
        seen["all" if is_posted(document) else "nothing"] += 1
        books_agree()
        post(document, shop.manager)  # the same again: done now, or found done
        post(document, shop.manager)
        posted_once(document)
    told("Database killed while 10,000 serials are posted", **seen)
    assert seen["kills"] == ROUNDS
    assert seen["nothing"], "none was killed in the middle"


def _in_transaction() -> bool:
    """Whether another connection is in the middle of a transaction that has written."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE backend_xid IS NOT NULL"
            " AND pid <> pg_backend_pid() AND datname = current_database()"
            " AND backend_type = 'client backend')"
        )
        return bool(cursor.fetchone()[0])


def test_the_web_server_is_killed(web: Web, shop: Shop):
    rounds = random.Random(SEED)
    seen = {"kills": 0, "nothing": 0, "all": 0}
    for nth in range(ROUNDS):
        document = shop.receipt([f"W{nth}-{n:05}" for n in range(SERIALS)])
        path = f"/documents/{document.pk}/post/"
        worker = web.worker
        asked = web.send(path)
        eventually(_in_transaction, "a posting under way")
        time.sleep(rounds.uniform(0, 0.05))
        os.kill(worker, signal.SIGKILL)
        with contextlib.suppress(OSError, HTTPException):  # the connection breaks off
            asked.getresponse()
        asked.close()
        eventually(partial(web.is_another_than, worker), "another worker")
        seen["kills"] += 1
        seen["all" if is_posted(document) else "nothing"] += 1
        assert web.post(path).status == 302
        posted_once(document)
    told("Web server killed while 10,000 serials are posted", **seen)
    assert seen["nothing"], "none was killed in the middle"


def test_an_answer_is_lost_and_the_same_is_sent_again_and_twice_at_once(web: Web, shop: Shop):
    document = shop.receipt([f"L{n:05}" for n in range(SERIALS)])
    path = f"/documents/{document.pk}/post/"
    asked = web.send(path)
    eventually(_in_transaction, "a posting under way")
    asked.close()  # the client is gone, the posting goes on
    statuses = at_once(lambda: web.post(path).status, lambda: web.post(path).status)
    assert set(statuses) == {302}
    eventually(lambda: is_posted(document), "the posting")
    posted_once(document)
    told("Answer lost, sent again twice at once", rounds=1, posted=1)
