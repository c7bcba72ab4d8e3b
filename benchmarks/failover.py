"""`script/failover`: the primary is killed while tills post; is every acknowledged posting there?

Clients receive and sell through the product's own verbs, and note outside of the database what
was acknowledged to them. A round kills the primary with `kill -9`, promotes the replica, and makes
the killed one a replica again. In every other round the replica is cut off half a second before:
a primary that did not wait for it would acknowledge what nobody else has.
"""

from __future__ import annotations

import argparse
import os
import random
import secrets
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from benchmarks.pair import NotInTime, Pair, wait_for

CUT_SECONDS = 0.5


@dataclass(frozen=True)
class Acknowledged:
    """A posting that a client was told of."""

    document: int
    number: str
    pieces: int


@dataclass
class Load:
    """Clients that go on posting until told to stop, whatever happens to the servers."""

    client: Callable[[int, Load], None]
    count: int
    name: str = field(default_factory=lambda: secrets.token_hex(3).upper())
    book: list[tuple[float, Acknowledged]] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    """What a client was told is kept, and could not go on with."""
    failures: list[BaseException] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        for nth in range(self.count):
            self.threads.append(threading.Thread(target=self._run, args=(nth,), daemon=True))
            self.threads[-1].start()

    def _run(self, nth: int) -> None:
        try:
            self.client(nth, self)
        except BaseException as failure:
            self.failures.append(failure)

    def note(self, acknowledged: Acknowledged) -> None:
        self.book.append((time.monotonic(), acknowledged))

    def wait_for_more(self, count: int) -> None:
        wanted = len(self.book) + count
        wait_for(lambda: self.failures or len(self.book) >= wanted, "postings go on")
        if self.failures:
            raise self.failures[0]

    def stop(self) -> None:
        self.is_over.set()
        for thread in self.threads:
            thread.join(60)
        if self.failures:
            raise self.failures[0]


@dataclass(frozen=True)
class Round:
    """What one failover came to."""

    was_cut: bool
    acknowledged: int
    seconds_away: float


def play(pair: Pair, load: Load, *, was_cut: bool, waits: bool, chance: random.Random) -> Round:
    """One failover under load, from two servers in step to two servers in step."""
    before = len(load.book)
    load.wait_for_more(4 * load.count)
    time.sleep(chance.uniform(0, 0.3))
    if was_cut:
        pair.replica.lose_the_other()
        time.sleep(CUT_SECONDS)
    pair.primary.kill()
    killed = time.monotonic()
    pair.fail_over()
    load.wait_for_more(2 * load.count)
    back = next(at for at, _posting in load.book if at > killed + 0.001)
    pair.follow(waits=waits)
    load.wait_for_more(load.count)
    return Round(was_cut, len(load.book) - before, back - killed)


def lost(book: Sequence[tuple[float, Acknowledged]]) -> list[str]:
    """What is wrong with the acknowledged postings; nothing when each is there exactly once."""
    from django.db.models import Count

    from documents.models import Document
    from serials.models import Posting

    found = {
        document.pk: document
        for document in Document.objects.filter(pk__in=[told.document for _at, told in book])
        .annotate(entries=Count("posting__entries"))
        .exclude(posting=None)
    }
    postings = dict(Posting.objects.values_list("reference").annotate(count=Count("pk")).order_by())
    wrong = []
    for _at, told in book:
        document = found.get(told.document)
        if document is None or document.number != told.number:
            wrong.append(f"{told.number} is lost")
        elif document.entries != told.pieces:
            wrong.append(f"{told.number} has {document.entries} pieces, not {told.pieces}")
        elif postings[told.number] != 1:
            wrong.append(f"{told.number} is there {postings[told.number]} times")
    return wrong


def till(nth: int, load: Load) -> None:
    """A till that receives three units and sells them, over and over."""
    from django.db import InterfaceError, OperationalError, connection

    from company.access import access_of
    from company.models import Membership, Store, User
    from company.rights import Role
    from documents import drafting
    from documents.models import Document
    from documents.pasting import paste_serials
    from documents.posting import post_document
    from products.models import Product, ProductType
    from serials.refusals import PostingRefused

    def until_done(work: Callable[[], Any]) -> Any:
        """The same again until it is answered."""
        while not load.is_over.is_set():
            try:
                return work()
            except (OperationalError, InterfaceError):
                connection.close()
                time.sleep(0.02)
        return None

    def shop() -> tuple[Store, User, Product]:
        store, _ = Store.objects.get_or_create(prefix=f"F{nth}", defaults={"name": f"Till {nth}"})
        user, _ = User.objects.get_or_create(username=f"till-{nth}", defaults={"language": "en"})
        Membership.objects.get_or_create(user=user, store=store, role=Role.MANAGER)
        kind, _ = ProductType.objects.get_or_create(name="Phones")
        product, _ = Product.objects.get_or_create(
            sku="PHONE", defaults={"name": "Phone", "type": kind, "mode": "strict", "price": 100}
        )
        return store, user, product

    def draft(kind: str, serials: Sequence[str]) -> Document:
        document = Document.objects.create(
            kind=kind, store=store, author=user, is_opening=kind == "receipt"
        )
        line, _ = drafting.line_for(document, product)
        paste_serials(document.pk, line.pk, "\n".join(serials), by=access_of(user))
        return document

    def post(document: Document) -> Document:
        from django.utils import timezone

        return post_document(document.pk, by=access_of(user), now=timezone.now())

    store, user, product = until_done(shop)
    turn = 0
    while not load.is_over.is_set():
        turn += 1
        serials = [f"{load.name}-{nth}-{turn:06}-{piece}" for piece in range(3)]
        for kind in ("receipt", "sale"):
            # A draft whose answer was lost stays a draft; a posting whose answer was lost is asked
            # for again by the same draft, and is answered with what is there.
            drafted = until_done(partial(draft, kind, serials))
            try:
                posted = drafted and until_done(partial(post, drafted))
            except (Document.DoesNotExist, PostingRefused) as reason:
                load.gone.append(f"The draft of a {kind}, or the goods on it, is lost: {reason}")
                break
            if posted:
                load.note(Acknowledged(posted.pk, posted.number, len(serials)))
    connection.close()


def main(arguments: Sequence[str]) -> int:
    """Exit status 1 when anything acknowledged was lost."""
    parser = argparse.ArgumentParser(prog="script/failover")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--tills", type=int, default=4)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--asynchronous", action="store_true", help="commits wait for no replica: see what is lost"
    )
    given = parser.parse_args(arguments)
    pair = Pair()
    try:
        return _run(pair, given)
    except NotInTime as reason:
        print(reason, file=sys.stderr)
        return 1
    finally:
        pair.remove()


def _run(pair: Pair, given: argparse.Namespace) -> int:
    pair.primary.create()
    os.environ.update(DATABASE_URL=pair.url, LOCK_TIMEOUT="5s")
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    waits = not given.asynchronous
    pair.follow(waits=waits)
    load = Load(till, given.tills)
    load.start()
    chance = random.Random(given.seed)
    print("| round | the replica | acknowledged | seconds without service |\n|---:|---|---:|---:|")
    for nth in range(given.rounds):
        done = play(pair, load, was_cut=nth % 2 == 1, waits=waits, chance=chance)
        cut = "cut off before" if done.was_cut else "in step"
        print(f"| {nth + 1} | {cut} | {done.acknowledged} | {done.seconds_away:.1f} |", flush=True)
    load.stop()
    connection.close()  # it is the one of the first primary
    wrong = lost(load.book) + load.gone
    print(f"\n{len(load.book)} postings acknowledged, {len(wrong)} things lost.")
    for line in wrong[:20]:
        print(line)
    call_command("check_ledger")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
