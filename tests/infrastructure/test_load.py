"""The proof of script/load is proved: it finds what was acknowledged and is not so."""

from __future__ import annotations

import dataclasses

import pytest

from benchmarks.load.answers import Answer
from benchmarks.load.books import Books, Written
from benchmarks.load.cast import CASHIER, COUNTER, MANAGER, people_of, shares
from benchmarks.load.comparing import differences
from benchmarks.load.diary import Did

SHELF, FAR, BROKEN, CUSTOMER = (1, "shelf"), (2, "shelf"), (1, "defective"), (0, "customer")
BEFORE = Books(
    places={"A": SHELF, "B": SHELF, "C": SHELF, "D": CUSTOMER},
    products=dict.fromkeys("ABCD", "PHONE"),
    balances={("PHONE", SHELF): 3, ("CABLE", SHELF): 9},
    last_posting=10,
)
DIARY = [
    Did("sale", "S-1", 1, "ann", out=["A"], pieces={"CABLE": 2}),
    Did("sale", "S-2", 1, "bob", out=["B"]),
    # Heard of in another order than it happened: what counts is the posting.
    Did("exchange", "E-1", 1, "ann", out=["A"], broken=["D"]),
    Did("customer_return", "CR-1", 1, "bob", back=["A"]),
    Did("cancelled", "S-2", 1, "eve", out=["B"]),
    Did("transfer", "T-1", 1, "eve", out=["C"], to=2),
    Did("arrival", "A-1", 2, "eve"),
    Did("shortage", "SH-1", 1, "zoe", out=["B"]),
]


def _after() -> Books:
    written = [
        Written("S-1", "sale", 1, 11, 0, frozenset("A")),
        Written("S-2", "sale", 1, 12, 15, frozenset("B")),
        Written("CR-1", "customer_return", 1, 13, 0, frozenset("A")),
        Written("E-1", "exchange", 1, 14, 0, frozenset("AD")),
        Written("T-1", "transfer", 1, 16, 0, frozenset("C")),
        Written("A-1", "arrival", 2, 17, 0, frozenset("C")),
        Written("SH-1", "shortage", 1, 18, 0, frozenset("B")),
    ]
    return Books(
        places={"A": CUSTOMER, "B": (0, "missing"), "C": FAR, "D": BROKEN},
        products=BEFORE.products,
        balances={("PHONE", FAR): 1, ("PHONE", BROKEN): 1, ("CABLE", SHELF): 7},
        last_posting=18,
        documents={one.number: one for one in written},
    )


def test_books_that_have_what_was_acknowledged_differ_in_nothing():
    assert differences(BEFORE, _after(), DIARY) == []


def _lost(after: Books) -> None:
    del after.documents["S-1"]


def _unheard(after: Books) -> None:
    after.documents["S-9"] = Written("S-9", "sale", 1, 19, 0, frozenset("C"))


def _another_unit(after: Books) -> None:
    after.documents["S-1"] = Written("S-1", "sale", 1, 11, 0, frozenset("C"))


def _not_cancelled(after: Books) -> None:
    after.documents["S-2"] = Written("S-2", "sale", 1, 12, 0, frozenset("B"))


def _elsewhere(after: Books) -> None:
    after.places["C"] = SHELF


def _wrong_balance(after: Books) -> None:
    after.balances["CABLE", SHELF] = 8


def _sold_twice(after: Books) -> None:
    """The return came before the sale it takes back: then A left twice and came once."""
    after.documents["CR-1"] = dataclasses.replace(after.documents["CR-1"], posting=9)


def _gap(after: Books) -> None:
    after.wrong.append("numbers KY1-S2026: 9 given, 8 there")


@pytest.mark.parametrize(
    ("harm", "word"),
    [
        (_lost, "is not there"),
        (_unheard, "nobody was told"),
        (_another_unit, "was told to have"),
        (_not_cancelled, "cancelled False"),
        (_elsewhere, "should be at"),
        (_wrong_balance, "balance of"),
        (_sold_twice, "and was at"),
        (_gap, "given"),
    ],
)
def test_whatever_is_otherwise_than_acknowledged_is_found(harm, word):
    after = _after()
    harm(after)
    found = differences(BEFORE, after, DIARY)
    assert found
    assert any(word in one for one in found), found


def test_a_number_told_twice_is_found():
    again = [*DIARY, Did("sale", "S-1", 1, "eve", out=["A"])]
    assert "S-1 was told 2 times" in differences(BEFORE, _after(), again)


def test_sixty_people_are_fifty_five_and_five():
    assert shares(60) == {CASHIER: 50, COUNTER: 5, MANAGER: 5}
    assert shares(3) == {CASHIER: 1, COUNTER: 1, MANAGER: 1}
    people = people_of([1, 2, 3], 60)
    assert {one.store for one in people if one.role == COUNTER} == {1}
    assert {one.store for one in people if one.role == CASHIER} == {1, 2, 3}


@pytest.mark.django_db
def test_people_read_the_pages_as_they_are(client, goods, store, cashier, manager):
    """A scan's word, a draft's lines and fields, refusals, and the number of what was posted."""
    from tests.shop import receive

    receive(store, manager, (goods.strict, ["RD-1", "RD-2"]))
    client.force_login(cashier)

    def ask(path: str, **fields: str) -> Answer:
        told = client.post(path, fields) if fields else client.get(path)
        return Answer(told.status_code, told.content.decode(), told.headers.get("Location", ""))

    draft = ask("/documents/new/sale/", scan="RD-1")
    assert (draft.status, draft.scanned) == (200, "accepted")
    at = f"/documents/{draft.document}/"
    (line,) = draft.lines
    assert draft.line_of("RD-1") == line
    assert draft.line_of("RD-2") == ""
    fields = draft.line_fields(line)
    assert fields[f"line-{line}-quantity"] == fields[f"initial-line-{line}-quantity"] == "1"
    assert f"line-{line}-remark" in fields
    assert ask(f"{at}scan/", scan="RD-1").scanned == "repeated"
    assert ask(f"{at}scan/", scan="NOTHING-LIKE-IT").scanned == "refused"

    other = ask("/documents/new/sale/", scan="RD-1")
    posted = ask(ask(f"{at}post/", now="1").location)
    assert posted.number.startswith(store.prefix)
    assert posted.posting
    assert "RD-1" in posted.text
    late = ask(f"/documents/{other.document}/post/", now="1")
    assert (late.status, late.refused) == (422, ["RD-1"])
