"""How postings move goods, kept by PostgreSQL whoever writes: tried with SQL, past our verbs."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from company.constraints import broken_constraint
from serials.models import IN_STORE, Movement, Place, PlaceKind, Posting, Serial
from serials.writing import next_posting_id
from tests.books import books_agree
from tests.lasting import lasting
from tests.shop import cancel, draft, give_back, post, receive, sell, set_aside, transfer

pytestmark = pytest.mark.django_db

MOVES = "serials_posting_moves_as_its_kind"
ROUTES = {
    "receipt": {("outside", "shelf"), ("outside", "defective"),
                ("supplier", "shelf"), ("supplier", "defective")},
    "sale": {("shelf", "customer")},
    "customer_return": {("customer", "shelf"), ("customer", "defective")},
    "exchange": {("customer", "shelf"), ("customer", "defective"), ("shelf", "customer")},
    "supplier_return": {("shelf", "supplier"), ("defective", "supplier")},
    "write_off": {("shelf", "written_off"), ("defective", "written_off")},
    "transfer": {("shelf", "transit")},
    "arrival": {("transit", "shelf"), ("transit", "defective")},
    "shortage": {("shelf", "missing"), ("defective", "missing")},
    "surplus": {("missing", "shelf"), ("missing", "defective")},
    "set_aside": {("shelf", "blocked"), ("defective", "blocked")},
    "put_back": {("blocked", "shelf"), ("blocked", "defective")},
    "parts": {("shelf", "written_off")},
    "identification": set(),
    "correction": set(),
    "cancellation": set(),
}  # fmt: skip
"""From where to where a posting of its own store may move a piece."""

POSTING = """
    INSERT INTO serials_posting (id, kind, store_id, effective_on, reference, posted_at,
        posted_by_id, reverses_id)
    VALUES (%(posting)s, %(kind)s, %(store)s, '2026-07-01', 'X' || %(posting)s, now(), %(by)s,
        %(reverses)s)
"""
ENTRY = """
    INSERT INTO serials_ledgerentry (posting_id, line, product_id, quantity, from_place_id,
        to_place_id, verified, unidentified)
    VALUES (%(posting)s, %(line)s, %(product)s, %(quantity)s, %(source)s, %(target)s, false,
        %(bare)s)
"""


def refused_by(*statements: str, **fact: Any) -> str:
    """Run statements as a transaction of their own; the rule that refused them, or nothing."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement, fact or None)
            connection.check_constraints()
    except IntegrityError as error:
        return broken_constraint(error)
    return ""


class Books:
    """Writes postings as a careless program would."""

    def __init__(self, store, manager) -> None:
        self.store, self.manager = store, manager

    def write(
        self, kind: str, *moves: tuple[Any, ...], reverses: Posting | None = None, store=None
    ) -> str:
        """Write a posting of (product, source, target, pieces) in a transaction of its own; the
        rule that refused it, or an empty string.
        """
        fact = {
            "posting": next_posting_id(),
            "kind": kind,
            "store": (store or self.store).pk,
            "by": self.manager.pk,
            "reverses": reverses and reverses.pk,
        }
        statements = []
        for line, (product, source, target, quantity) in enumerate(moves, start=1):
            entry = {
                f"line{line}": line,
                f"product{line}": product.pk,
                f"quantity{line}": quantity,
                f"source{line}": source.pk,
                f"target{line}": target.pk,
                f"bare{line}": product.asks_serials,
            }
            fact |= entry
            own = ENTRY
            for name in ("line", "product", "quantity", "source", "target", "bare"):
                own = own.replace(f"%({name})s", f"%({name}{line})s")
            statements.append(own)
        return refused_by(*statements, POSTING, **fact)


@pytest.fixture
def books(store, manager) -> Books:
    return Books(store, manager)


@lasting
def at(store, other_store, admin, goods) -> dict[str, Place]:
    """Every place, some of them with pieces; those of the other store begin with `other_`."""
    receive(store, admin, (goods.plain, 9))
    receive(other_store, admin, (goods.plain, 9))
    for shop in (store, other_store):
        post(draft("receipt", shop, admin, [(goods.plain, 9)], defective=True), admin)
        set_aside(shop, admin, (goods.plain, 2))
    transfer(store, other_store, admin, (goods.plain, 3))
    for kind in set(PlaceKind.values) - IN_STORE:
        Place.objects.get_or_create(kind=kind, store=None)
    found = Place.objects.select_related("store")
    return {
        f"{'other_' if place.store == other_store else ''}{place.kind}": place for place in found
    }


@pytest.mark.parametrize("kind", ROUTES)
def test_a_posting_moves_goods_only_the_ways_of_its_kind_and_store(books, at, goods, kind):
    ends = list(at)
    gone = set()
    for source, target in [(one, two) for one in ends for two in ends if one != two]:
        with transaction.atomic():
            if kind == "cancellation":
                receipt = Posting.objects.filter(kind="receipt").first()
                rule = books.write(kind, (goods.plain, at[source], at[target], 1), reverses=receipt)
            else:
                rule = books.write(kind, (goods.plain, at[source], at[target], 1))
            transaction.set_rollback(True)
        if rule:
            assert rule == MOVES, (source, target)
        else:
            gone.add((source, target))
    if kind == "identification":
        # It may do what changes nothing that lies with us.
        gone = {(source, target) for source, target in gone if at[source].store or at[target].store}
    assert gone == ROUTES[kind]


def test_every_kind_of_posting_has_its_ways():
    assert set(ROUTES) == set(Movement.values)


def test_an_identification_leaves_as_much_everywhere_as_before(books, at, goods):
    post(draft("receipt", books.store, books.manager, [(goods.strict, ["A"])]), books.manager)
    shelf, customer = at["shelf"], at["customer"]
    out, back = (goods.strict, shelf, customer, 1), (goods.strict, customer, shelf, 1)
    assert books.write("identification", out) == MOVES
    assert books.write("identification", out, (*back[:3], 2)) == MOVES
    assert books.write("identification", out, back) == ""


# Cancelling


@pytest.fixture
def receipt(books, goods) -> Posting:
    """Five plain pieces and four under warranty."""
    document = receive(books.store, books.manager, (goods.plain, 5), (goods.period, 4))
    connection.check_constraints()
    return document.posting


def test_a_cancellation_moves_the_same_the_other_way(books, at, goods, receipt):
    outside, shelf = at["outside"], at["shelf"]
    plain, period = (goods.plain, shelf, outside, 5), (goods.period, shelf, outside, 4)
    receive(books.store, books.manager, (goods.plain, 5), (goods.period, 5))
    wrong = {
        "nothing": (),
        "less": (plain,),
        "fewer": ((*plain[:3], 4), period),
        "more": (plain, (*period[:3], 5)),
        "twice": (plain, period, plain),
        "other lines": (period, plain),
        "the same way": ((goods.plain, outside, shelf, 5), (goods.period, outside, shelf, 4)),
        "elsewhere": ((goods.plain, shelf, at["supplier"], 5), period),
        "from elsewhere": ((goods.plain, at["defective"], outside, 5), period),
    }
    for moves in wrong.values():
        assert books.write("cancellation", *moves, reverses=receipt) == MOVES, moves
    assert books.write("cancellation", plain, period, reverses=receipt) == ""


def test_a_posting_is_cancelled_once_and_its_cancellation_never(books, at, goods, receipt):
    outside, shelf = at["outside"], at["shelf"]
    moves = ((goods.plain, shelf, outside, 5), (goods.period, shelf, outside, 4))
    again = ((goods.plain, outside, shelf, 5), (goods.period, outside, shelf, 4))
    receive(books.store, books.manager, (goods.plain, 5), (goods.period, 4))
    assert books.write("cancellation", *moves, reverses=receipt) == ""
    assert "reverses" in books.write("cancellation", *moves, reverses=receipt)
    reversal = Posting.objects.get(reverses=receipt)
    assert books.write("cancellation", *again, reverses=reversal) == MOVES


def test_a_cancellation_is_of_the_store_of_what_it_cancels(books, at, goods, receipt, other_store):
    outside, shelf = at["outside"], at["shelf"]
    moves = ((goods.plain, shelf, outside, 5), (goods.period, shelf, outside, 4))
    assert books.write("cancellation", *moves, reverses=receipt, store=other_store) == MOVES


def test_only_a_cancellation_cancels(books, at, goods, receipt):
    rule = "serials_posting_only_cancelling_reverses"
    move = (goods.plain, at["shelf"], at["customer"], 1)
    assert books.write("sale", move, reverses=receipt) == rule
    assert books.write("cancellation", move) == rule


UNDO = (
    """
    WITH moved AS (
        UPDATE serials_serial SET seq = seq + 1, place_id = %(target)s WHERE id = %(serial)s
    )
    INSERT INTO serials_ledgerentry (posting_id, line, product_id, serial_id, quantity,
        from_place_id, to_place_id, seq, continues, verified)
    SELECT %(posting)s, 1, product_id, id, 1, place_id, %(target)s, seq + 1, seq, true
    FROM serials_serial WHERE id = %(serial)s
    """,
    """
    INSERT INTO serials_posting (id, kind, store_id, effective_on, reference, posted_at,
        posted_by_id, reverses_id)
    SELECT %(posting)s, 'cancellation', store_id, effective_on, reference || '/C', now(),
        posted_by_id, id
    FROM serials_posting WHERE id = %(reverses)s
    """,
)


@pytest.mark.parametrize(
    ("moved", "target", "rule"),
    [
        ("sale", "shelf", ""),
        ("sale", "defective", MOVES),
        ("sale", "other_shelf", MOVES),
        ("sale", "supplier", MOVES),
        # Of a unit nothing was verified before its receipt: it may be anywhere outside ours.
        ("receipt", "outside", ""),
        ("receipt", "customer", ""),
        ("receipt", "transit", MOVES),
        ("receipt", "other_shelf", MOVES),
        ("return", "customer", ""),
        ("return", "outside", MOVES),
        ("return", "supplier", MOVES),
    ],
)
def test_a_unit_goes_back_to_where_it_was_known_to_be(books, at, goods, moved, target, rule):
    document = receive(books.store, books.manager, (goods.strict, ["SN1"]))
    if moved != "receipt":
        document = sale = sell(books.store, books.manager, (goods.strict, ["SN1"]))
    if moved == "return":
        document = give_back(sale, books.store, books.manager, (goods.strict, ["SN1"]))
    connection.check_constraints()
    fact = {
        "serial": Serial.objects.get(key="SN1").pk,
        "reverses": document.posting_id,
        "posting": next_posting_id(),
        "target": at[target].pk,
    }
    assert refused_by(*UNDO, **fact) == rule


# What moves without a serial


def test_only_products_with_serials_move_unidentified(at, goods, store, manager):
    fact = {"posting": next_posting_id(), "line": 1, "quantity": 1, "bare": True,
            "source": at["outside"].pk, "target": at["shelf"].pk}  # fmt: skip
    for product in (goods.plain, goods.period):
        rule = "serials_entry_unidentified_where_serials_are"
        assert refused_by(ENTRY, **fact, product=product.pk) == rule


def test_what_has_a_serial_is_identified(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1"]))
    connection.check_constraints()
    rule = "serials_entry_one_unit_per_serial"
    past_triggers = "SET LOCAL session_replication_role = replica"
    identified = "UPDATE serials_ledgerentry SET unidentified = true"
    assert refused_by(past_triggers, identified) == rule
    books_agree()


# The chain begins and goes on


def test_a_chain_that_was_undone_may_begin_again_and_no_other(store, manager, goods, at):
    document = receive(store, manager, (goods.strict, ["SN1"]))
    insert = """
        WITH moved AS (
            UPDATE serials_serial SET seq = seq + 1, place_id = %(shelf)s WHERE key = 'SN1'
        )
        INSERT INTO serials_ledgerentry (posting_id, line, product_id, serial_id, quantity,
            from_place_id, to_place_id, seq, verified)
        SELECT %(posting)s, 1, product_id, id, 1, %(outside)s, %(shelf)s, seq + 1, true
        FROM serials_serial WHERE key = 'SN1'
    """
    fact = {"posting": next_posting_id(), "shelf": at["shelf"].pk, "outside": at["outside"].pk}

    rule = "serials_entry_chain_is_not_begun_again"
    assert refused_by(insert, **fact) == rule
    cancel(document, manager)
    posted = UNDO[1].replace("'cancellation'", "'receipt'").replace("/C", "/2")
    posted = posted.replace("posted_by_id, id\n", "posted_by_id, NULL\n")
    assert refused_by(insert, posted, **fact, reverses=document.posting_id) == ""
