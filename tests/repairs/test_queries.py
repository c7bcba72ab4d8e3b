"""The board, the order, what is found at the intake; and that statements don't grow with rows."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from company.access import access_of
from repairs import queries
from repairs.finding import find, found
from repairs.models import Photo, Repair
from repairs.order import order
from repairs.queries import BoardFilters, board, promises, repairs_of_card, repairs_of_serial
from repairs.subjects import Subject, SubjectKind
from serials.models import Serial
from tests.lasting import lasting
from tests.shop import (
    cancel,
    customer,
    decide,
    give_back,
    hand_back,
    lend,
    receive,
    sell,
    set_status,
    subject_of,
    take_in,
    take_loaner_back,
    use_part,
)
from warranty.models import Card

from .conftest import JUST_BEFORE, NOW, SOLD, TODAY, WEEK_AGO

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def statements(work) -> int:
    with CaptureQueriesContext(
        connection,
    ) as caught:
        work()
    return len(caught)


def shown(by, *, now=NOW, after=None, before=None, **filters) -> list[str]:
    page = board(BoardFilters(**filters), access=access_of(by), now=now, after=after, before=before)
    return [row.repair.serial_text or row.repair.product_name for row in page.rows]


@lasting(at=JUST_BEFORE)
def some(store, manager, technician, goods, sold) -> dict[str, Repair]:
    """A is late, R due today, B our own, a period piece at work; L ended."""
    return {
        "A": take_in(store, manager, "A", now=WEEK_AGO, promised_on=TODAY - DAY),
        "B": take_in(store, manager, "B", own=True, now=WEEK_AGO, technician=technician),
        "R": take_in(store, manager, "R", promised_on=TODAY, now=WEEK_AGO + DAY),
        "P": set_status(
            take_in(store, manager, sold.lines.get(product=goods.period), now=NOW), manager,
            "in_work",
        ),
        "L": hand_back(
            take_in(store, manager, sold.lines.get(product=goods.plain), decided="customer"),
            manager, "refused",
        ),
    }  # fmt: skip


def test_overdue_promises_come_first_then_the_oldest(some, manager):
    assert shown(manager) == ["A", "B", "R", "Product period"]
    assert shown(manager, now=NOW + DAY) == ["A", "R", "B", "Product period"]


def test_a_row_says_how_long_it_is_here_and_how_it_stands_to_its_promise(some, manager):
    page = board(BoardFilters(), access=access_of(manager), now=NOW)
    told = [(row.days, row.is_overdue, row.is_due_today) for row in page.rows]
    assert told == [(7, True, False), (7, False, False), (6, False, True), (0, False, False)]
    assert page.counts == {"received": 3, "in_work": 1}
    assert page.overdue == 1


def test_the_board_is_filtered(some, manager, technician, store):
    assert shown(manager, status="in_work") == ["Product period"]
    assert shown(manager, own=True) == ["B"]
    assert shown(manager, own=False) == ["A", "R", "Product period"]
    assert shown(manager, technician_id=technician.pk) == ["B"]
    assert shown(manager, technician_id=0) == ["A", "R", "Product period"]
    assert shown(manager, overdue=True) == ["A"]
    assert shown(manager, ended=True) == ["Product none"]
    assert shown(manager, store_id=store.pk + 1000) == []
    for text in (some["A"].number, "koval", "123 45 67"):
        assert "A" in shown(manager, text=text), text
    assert shown(manager, text="period") == ["Product period"]
    assert shown(manager, text="nothing like it") == []


def test_counts_fit_the_other_filters(some, manager):
    page = board(BoardFilters(own=True, status="ready"), access=access_of(manager), now=NOW)
    assert (page.rows, page.counts) == ([], {"received": 1})


def test_repairs_of_other_stores_are_not_shown(some, other_manager, stranger):
    assert shown(other_manager) == shown(stranger) == []
    with pytest.raises(Repair.DoesNotExist):
        order(some["A"].pk, access=access_of(other_manager), now=NOW)
    assert promises({other_manager.memberships.get().store_id: NOW.date()}) == {}


def test_pages_go_forth_and_back(some, manager, monkeypatch):
    monkeypatch.setattr(queries, "PAGE", 2)
    access = access_of(manager)
    first = board(BoardFilters(), access=access, now=NOW)
    assert (first.before, [row.repair.serial_text for row in first.rows]) == (None, ["A", "B"])
    second = board(BoardFilters(), access=access, now=NOW, after=first.after)
    assert [row.repair.serial_text for row in second.rows] == ["R", ""]
    assert second.after is None
    back = board(BoardFilters(), access=access, now=NOW, before=second.before)
    assert [row.repair.serial_text for row in back.rows] == ["A", "B"]
    assert back.before is None
    assert shown(manager, after="nonsense") == ["A", "B"]
    assert shown(manager, after="1.99999999999999999999") == ["A", "B"]
    ended = board(BoardFilters(ended=True), access=access, now=NOW)
    assert (len(ended.rows), ended.after) == (1, None)


def test_what_is_promised_is_counted(some, store):
    oldest = some["A"].promised_on
    found = promises({store.pk: store.date_of(NOW)})
    assert found == {store.pk: queries.Promises(overdue=1, oldest=oldest, due_today=1)}


def test_an_order_tells_its_whole_story(store, manager, sold, goods):
    earlier = hand_back(take_in(store, manager, "A", decided="warranty"), manager, "no_fault")
    repair = take_in(store, manager, "A", now=WEEK_AGO, decided="warranty")
    set_status(repair, manager, "in_work", note="opened")
    use_part(repair, manager, goods.plain)
    take_loaner_back(lend(repair, manager, goods.strict, "B"), manager)
    told = order(repair.pk, access=access_of(manager), now=NOW)
    assert [step.status for step in told.steps] == ["received", "in_work"]
    assert (len(told.charges), len(told.loans), told.loan_out) == (1, 1, False)
    assert list(told.earlier) == [earlier]
    assert (told.days, told.adjustment) == (7, None)
    assert told.cover.pill == "in_warranty"
    assert told.totals.owed == 0
    assert told.supplier.received_on == SOLD.date()
    assert (told.can_work, told.can_take_in) == (True, True)
    hand_back(repair, manager, "repaired")
    told = order(repair.pk, access=access_of(manager), now=NOW + DAY)
    assert (told.days, told.adjustment.days, told.next) == (7, 7, ())


def test_a_part_whose_document_was_cancelled_is_no_charge(store, manager, sold, goods):
    repair = take_in(store, manager, "A")
    cancel(use_part(repair, manager, goods.plain).document, manager)
    assert order(repair.pk, access=access_of(manager), now=NOW).charges == []


def test_an_order_takes_as_many_statements_whatever_happened(store, manager, sold, goods):
    def read() -> None:
        order(repair.pk, access=access_of(manager), now=NOW)

    hand_back(take_in(store, manager, "A", decided="warranty"), manager, "no_fault")
    repair = take_in(store, manager, "A")
    use_part(repair, manager, goods.plain)
    loan = lend(repair, manager, goods.strict, "B")
    before = statements(read)
    take_loaner_back(loan, manager)
    lend(repair, manager, goods.strict, "B")
    use_part(repair, manager, goods.plain)
    for status in ("in_work", "waiting_parts", "in_work"):
        set_status(repair, manager, status)
    Photo.objects.bulk_create(
        Photo(repair=repair, width=1, height=1, added_by=manager, added_at=NOW) for _ in range(5)
    )
    assert statements(read) == before


def test_the_board_takes_as_many_statements_whatever_it_shows(store, manager, goods, sold):
    def read() -> None:
        board(BoardFilters(), access=access_of(manager), now=NOW)

    take_in(store, manager, "A")
    before = statements(read)
    receive(store, manager, (goods.strict, [f"N{n}" for n in range(5)]), now=SOLD)
    sell(store, manager, (goods.strict, [f"N{n}" for n in range(5)]), now=SOLD)
    for n in range(5):
        take_in(store, manager, f"N{n}", customer=customer(f"C{n}", f"05{n}"), technician=manager)
    assert statements(read) == before == 4


def test_promises_take_one_statement(store, other_store, some):
    todays = dict.fromkeys([store.pk, other_store.pk], store.date_of(NOW))
    assert statements(lambda: promises(todays)) == 1


def test_repairs_of_a_unit_and_of_a_card(some, manager, other_manager):
    unit, card = Serial.objects.get(key="A"), Card.objects.get(term__serial__key="A")
    access = access_of(manager)
    assert list(repairs_of_serial(unit, access=access)) == [some["A"]]
    assert list(repairs_of_card(card, access=access)) == [some["A"]]
    assert list(repairs_of_serial(unit, access=access_of(other_manager))) == []
    assert statements(lambda: repairs_of_serial(unit, access=access)) == 1


def looked_up(store, by, text: str) -> list[tuple[str, list[str]]]:
    """What a text is: (kind of subject, codes of what is in the way) of each."""
    things = find(text, store=store, access=access_of(by), today=TODAY)
    return [(one.subject.kind, [why.code for why in one.refusals]) for one in things]


def test_a_customers_unit_is_found_by_serial_card_and_sale(store, cashier, sold, goods):
    card = Card.objects.get(term__serial__key="A")
    assert looked_up(store, cashier, " a ") == [("serial", [])]
    assert looked_up(store, cashier, card.number.lower()) == [("card", [])]
    assert looked_up(store, cashier, sold.number) == [
        ("serial", []), ("serial", []), ("line", []), ("line", [])
    ]  # fmt: skip
    assert looked_up(store, cashier, "nothing") == looked_up(store, cashier, " ") == []


def test_what_is_found_says_whose_it_is_and_what_its_term_says(store, cashier, sold):
    repair = take_in(store, cashier, "R")
    (unit,) = find("A", store=store, access=access_of(cashier), today=TODAY)
    assert (unit.proposed, unit.sold_on.document, unit.customer) == ("warranty", sold, None)
    assert unit.card.term.serial.key == "A"
    assert (unit.state.code, unit.earlier) == ("sold", [])
    late = find("A", store=store, access=access_of(cashier), today=TODAY + 400 * DAY)
    assert late[0].proposed == "customer"
    (other, *_) = find("R", store=store, access=access_of(cashier), today=TODAY)
    assert list(other.earlier) == [repair]


def test_own_stock_is_found_by_serial_or_barcode(store, cashier, sold, goods):
    assert looked_up(store, cashier, "B") == [("own_serial", [])]
    assert looked_up(store, cashier, "sku-none") == [("own_product", [])]
    assert looked_up(store, cashier, "sku-strict") == []


def test_a_recorded_unit_here_may_be_ours_or_a_customers(store, cashier, manager, sold, goods):
    give_back(sold, store, manager, (goods.recorded, ["R"]))
    assert looked_up(store, cashier, "R") == [("own_serial", []), ("serial", [])]


def test_what_is_in_the_way_is_said_at_once(
    store, other_store, cashier, other_manager, goods, sold
):
    take_in(store, cashier, "A")
    assert looked_up(store, cashier, "A") == [("serial", ["in_repair"])]
    receive(other_store, other_manager, (goods.strict, ["L"]))
    assert looked_up(store, cashier, "L") == [("own_serial", ["own_elsewhere"])]
    assert looked_up(other_store, other_manager, sold.number) == []


def test_finding_takes_as_many_statements_however_many_lines_a_sale_has(
    store, cashier, manager, goods
):
    receive(store, manager, (goods.strict, ["1", "2", "3", "4"]), (goods.period, 9))
    small = sell(store, manager, (goods.strict, ["1"]), (goods.period, 1))
    big = sell(store, manager, (goods.strict, ["2", "3", "4"]), (goods.period, 8))
    take_in(store, manager, "1")
    take_in(store, manager, "2")
    take_in(store, manager, "3")
    access = access_of(cashier)
    counts = [
        statements(lambda sale=sale: find(sale.number, store=store, access=access, today=TODAY))
        for sale in (small, big)
    ]
    assert counts[0] == counts[1]


def test_a_chosen_subject_is_shown_again(store, cashier, sold):
    access = access_of(cashier)
    one = found(subject_of("A"), store=store, access=access, today=TODAY)
    assert one.serial.key == "A"
    gone = Subject(SubjectKind.SERIAL, 999_999)
    assert found(gone, store=store, access=access, today=TODAY) is None


@pytest.mark.parametrize("code", ["", "serial:", "serial:x", "nothing:1", "serial:1:2", None])
def test_a_forged_subject_is_none(code):
    assert Subject.parse(code) is None


def test_a_subject_is_read_as_it_was_written():
    subject = Subject(SubjectKind.OWN_SERIAL, 12)
    assert Subject.parse(subject.code) == subject


def test_taking_in_and_handing_back_take_as_many_statements_for_a_large_sale(store, manager, goods):
    def counted(sale, serial: str) -> tuple[int, int]:
        repairs = []
        taken = statements(lambda: repairs.append(
            take_in(store, manager, serial, decided="warranty", now=WEEK_AGO)))  # fmt: skip
        decide(repairs[0], manager)
        connection.check_constraints()
        return taken, statements(lambda: hand_back(repairs[0], manager, "repaired"))

    customer()
    receive(store, manager, (goods.strict, [f"S{n}" for n in range(20)]), now=SOLD)
    small = sell(store, manager, (goods.strict, ["S0"]), now=SOLD)
    big = sell(store, manager, (goods.strict, [f"S{n}" for n in range(1, 20)]), now=SOLD)
    assert counted(small, "S0") == counted(big, "S7")
