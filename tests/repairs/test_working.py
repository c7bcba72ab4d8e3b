"""Statuses, decisions, charges, parts and loaners of a repair, and what is refused about them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from company.access import access_of
from documents.models import Document, Kind
from partners.models import Supplier
from products.models import Product
from repairs import charging, working
from repairs.charging import totals_of
from repairs.models import Charge, Loan, Payer, Repair, Status
from repairs.refusals import RepairChanged, RepairRefused
from tests.books import books_agree, pieces, place_of, refusals_of
from tests.lasting import lasting
from tests.shop import (
    cancel,
    decide,
    draft,
    hand_back,
    lend,
    post,
    receive,
    sell,
    set_status,
    supplier,
    take_in,
    take_loaner_back,
    use_part,
)

from .conftest import JUST_BEFORE, TODAY

pytestmark = pytest.mark.django_db
NOBODY = ["storekeeper", "stranger", "other_manager"]


@lasting(at=JUST_BEFORE)
def repair(store, cashier, sold) -> Repair:
    return take_in(store, cashier, "A")


@pytest.fixture
def screen(goods) -> Product:
    """A strict part at 40."""
    return Product.objects.create(sku="SCR", name="Screen", type=goods.strict.type, price=40)


def code(work: Callable[[], object]) -> list[tuple[str, str]]:
    with pytest.raises(RepairRefused) as raised:
        work()
    assert all("%(" not in one.message for one in raised.value.refusals)
    return [(one.code, one.field) for one in raised.value.refusals]


def edit(repair: Repair, by, **changed) -> Repair:
    repair.refresh_from_db()
    return working.edit(
        repair.pk, changed=changed, version=repair.version, by=access_of(by), now=timezone.now()
    )


def add(repair: Repair, by, *, kind="work", name="Soldering", price="25.50", quantity=1) -> Charge:
    return charging.add_charge(
        repair.pk, kind=kind, name=name, quantity=quantity, unit_price=Decimal(price),
        by=access_of(by), now=timezone.now(),
    )  # fmt: skip


def test_a_repair_goes_its_way_and_keeps_each_step(repair, technician):
    set_status(repair, technician, "diagnosed", note="the fuse")
    set_status(repair, technician, "estimate")
    set_status(repair, technician, "agreed", agreed_amount=Decimal("80.00"))
    set_status(repair, technician, "at_service", sent_to_name="Fixit")
    set_status(repair, technician, "at_supplier", sent_to=supplier())
    set_status(repair, technician, "in_work")
    set_status(repair, technician, "waiting_parts")
    set_status(repair, technician, "ready", result="repaired")
    repair.refresh_from_db()
    assert (repair.agreed_amount, repair.sent_to_name) == (Decimal(80), "Fixit")
    assert (repair.sent_to, repair.result) == (Supplier.objects.get(), "repaired")
    assert [step.status for step in repair.steps.all()] == [
        "received", "diagnosed", "estimate", "agreed", "at_service", "at_supplier", "in_work",
        "waiting_parts", "ready",
    ]  # fmt: skip
    assert repair.steps.all()[1].note == "the fuse"
    books_agree()


def test_a_status_that_may_not_follow_is_refused_in_words(repair, technician):
    assert code(lambda: set_status(repair, technician, "agreed", agreed_amount=Decimal(1))) == [
        ("no_such_step", "")
    ]
    assert code(lambda: set_status(repair, technician, "handed_back")) == [("no_such_step", "")]
    assert code(lambda: set_status(repair, technician, "cancelled")) == [("no_such_step", "")]
    assert code(lambda: set_status(repair, technician, "nonsense")) == [("no_such_step", "")]


def test_a_status_asks_for_what_it_needs(repair, technician):
    assert code(lambda: set_status(repair, technician, "at_supplier")) == [
        ("sent_to_missing", "sent_to")
    ]
    assert code(lambda: set_status(repair, technician, "at_service", sent_to_name=" ")) == [
        ("sent_to_name_missing", "sent_to_name")
    ]
    set_status(repair, technician, "diagnosed")
    set_status(repair, technician, "estimate")
    assert code(lambda: set_status(repair, technician, "agreed")) == [
        ("agreed_amount_missing", "agreed_amount")
    ]
    assert code(lambda: set_status(repair, technician, "agreed", agreed_amount=Decimal(-1))) == [
        ("price_negative", "agreed_amount")
    ]


def test_own_stock_gets_no_estimate(store, technician, sold):
    own = take_in(store, technician, "B", own=True)
    set_status(own, technician, "diagnosed")
    assert code(lambda: set_status(own, technician, "estimate")) == [("no_such_step", "")]


def test_a_second_press_changes_nothing_and_an_old_page_is_refused(repair, technician):
    first = repair.version
    set_status(repair, technician, "in_work", version=first)
    again = set_status(repair, technician, "in_work", version=first)
    assert (again.version, again.steps.count()) == (first + 1, 2)
    with pytest.raises(RepairChanged):
        set_status(repair, technician, "ready", version=first)


def test_what_is_written_about_it_is_edited(repair, technician):
    edit(repair, technician, diagnosis="fuse", work_done="new fuse", promised_on=TODAY)
    repair.refresh_from_db()
    assert (repair.diagnosis, repair.work_done, repair.promised_on) == ("fuse", "new fuse", TODAY)


def test_an_edit_that_changes_nothing_is_no_new_version(repair, technician):
    assert edit(repair, technician, complaint=repair.complaint).version == repair.version


def test_an_edit_is_judged_as_the_intake_is(repair, technician, storekeeper):
    assert code(lambda: edit(repair, technician, complaint=" ")) == [
        ("complaint_missing", "complaint")
    ]
    yesterday = TODAY - dt.timedelta(days=1)
    assert code(lambda: edit(repair, technician, promised_on=yesterday)) == [
        ("promised_too_early", "promised_on")
    ]
    assert code(lambda: edit(repair, technician, technician=storekeeper)) == [
        ("not_a_technician", "technician")
    ]


def test_the_desk_edits_what_was_said_there_and_no_more(repair, cashier):
    assert edit(repair, cashier, contents="a cable too").contents == "a cable too"
    with pytest.raises(PermissionDenied):
        edit(repair, cashier, diagnosis="I think it is the fuse")


def test_a_decision_that_differs_from_the_term_needs_a_reason_and_the_right(
    repair, cashier, technician
):
    assert decide(repair, cashier).decided == Payer.WARRANTY
    assert code(lambda: decide(repair, technician, Payer.CUSTOMER)) == [
        ("decision_reason_missing", "reason")
    ]
    with pytest.raises(PermissionDenied):
        decide(repair, cashier, Payer.CUSTOMER, reason="water")
    decided = decide(repair, technician, Payer.CUSTOMER, reason="water inside")
    assert (decided.decided_by, decided.decision_reason) == (technician, "water inside")
    with pytest.raises(PermissionDenied):  # nor is what a technician said taken back at the desk
        decide(repair, cashier)
    books_agree()


def test_who_pays_for_own_stock_is_no_question(store, technician, sold, goods):
    own = take_in(store, technician, "B", own=True)
    assert code(lambda: decide(own, technician, Payer.WARRANTY, reason="x")) == [
        ("own_is_ours", "decided")
    ]


def test_goods_without_a_card_are_paid(store, technician, sold, goods):
    plain = take_in(store, technician, sold.lines.get(product=goods.plain))
    assert code(lambda: decide(plain, technician, Payer.WARRANTY, reason="x")) == [
        ("no_card", "decided")
    ]
    assert code(lambda: decide(plain, technician, "somebody")) == [("undecided", "decided")]


@pytest.mark.parametrize("who", [*NOBODY, "cashier"])
def test_only_technicians_and_managers_work_on_it(request, repair, who, goods):
    person = request.getfixturevalue(who)
    for work in (
        lambda: set_status(repair, person, "in_work"),
        lambda: edit(repair, person, diagnosis="x"),
        lambda: add(repair, person),
        lambda: use_part(repair, person, goods.plain),
    ):
        with pytest.raises((PermissionDenied, Repair.DoesNotExist)):
            work()
    assert repair.steps.count() == 1
    assert not Charge.objects.exists()


def test_the_customer_pays_what_is_charged_unless_it_is_under_warranty(repair, technician):
    add(repair, technician, price="25.50", quantity=2)
    add(repair, technician, kind="part", name="Fuse", price="4.00")
    repair.refresh_from_db()
    told = totals_of(repair, repair.charges.all())
    assert (told.charged, told.covered, told.owed) == (Decimal(55), Decimal(55), Decimal(0))
    decide(repair, technician, Payer.CUSTOMER, reason="water")
    repair.refresh_from_db()
    told = totals_of(repair, repair.charges.all())
    assert (told.charged, told.covered, told.owed) == (Decimal(55), Decimal(0), Decimal(55))


def test_more_than_was_agreed_is_told(repair, technician):
    decide(repair, technician, Payer.CUSTOMER, reason="water")
    set_status(repair, technician, "diagnosed")
    set_status(repair, technician, "estimate")
    set_status(repair, technician, "agreed", agreed_amount=Decimal(50))
    repair.refresh_from_db()
    assert totals_of(repair, []).owed == Decimal(50)
    add(repair, technician, price="60")
    told = totals_of(repair, repair.charges.all())
    assert (told.owed, told.over_agreed) == (Decimal(60), Decimal(10))


@pytest.mark.parametrize("result", ["refused", "no_fault"])
def test_what_was_agreed_is_not_owed_when_it_was_not_done(repair, technician, result):
    decide(repair, technician, Payer.CUSTOMER, reason="water")
    set_status(repair, technician, "diagnosed")
    set_status(repair, technician, "estimate")
    set_status(repair, technician, "agreed", agreed_amount=Decimal(50))
    set_status(repair, technician, "ready", result=result)
    repair.refresh_from_db()
    assert totals_of(repair, []).owed == 0
    add(repair, technician, name="Diagnosis", price="10")
    assert totals_of(repair, repair.charges.all()).owed == Decimal(10)


def test_a_charge_is_judged_at_its_field(repair, technician):
    assert code(lambda: add(repair, technician, name=" ")) == [("name_missing", "name")]
    assert code(lambda: add(repair, technician, quantity=0)) == [("quantity_wrong", "quantity")]
    assert code(lambda: add(repair, technician, price="-1")) == [("price_negative", "unit_price")]


def test_a_charge_is_changed_and_taken_off(repair, technician):
    charge = add(repair, technician)
    may = {"by": access_of(technician), "now": timezone.now()}
    changed = charging.edit_charge(
        repair.pk, charge.pk, name="Soldering twice", quantity=2, unit_price=Decimal(20), **may
    )
    assert changed.amount == Decimal(40)
    charging.remove_charge(repair.pk, charge.pk, **may)
    charging.remove_charge(repair.pk, charge.pk, **may)
    assert not repair.charges.exists()


def test_a_part_from_stock_leaves_at_once_and_comes_back(
    store, manager, repair, technician, screen
):
    receive(store, manager, (screen, ["S1", "S2"]))
    charge = use_part(repair, technician, screen, ["s1"])
    assert (charge.document.kind, charge.document.author) == (Kind.PARTS, technician)
    assert (charge.unit_price, charge.name) == (Decimal(40), "Screen")
    assert repair.number in charge.document.lines.get().remark
    assert (place_of("S1"), place_of("S2")) == ("written_off", "shelf")
    books_agree()
    charging.remove_charge(repair.pk, charge.pk, by=access_of(technician), now=timezone.now())
    assert place_of("S1") == "shelf"
    assert Document.objects.get(kind=Kind.PARTS).status == "cancelled"
    books_agree()


def test_pieces_of_stock_are_used_too(repair, technician, goods):
    use_part(repair, technician, goods.plain, 2)
    assert pieces(goods.plain) == 0
    books_agree()


def test_what_the_ledger_refuses_of_a_part_comes_back_whole(repair, technician, goods, screen):
    version = Repair.objects.get(pk=repair.pk).version
    assert refusals_of(lambda: use_part(repair, technician, screen, ["S1"])) == [
        ("never_received", 1, "S1")
    ]
    assert refusals_of(lambda: use_part(repair, technician, goods.strict, 1)) == [
        ("serials_missing", 1, None)
    ]
    assert refusals_of(lambda: use_part(repair, technician, goods.plain, 3)) == [
        ("not_enough", 1, None)
    ]
    assert not Charge.objects.exists()
    assert Repair.objects.get(pk=repair.pk).version == version


def test_of_a_part_from_stock_only_the_price_changes(repair, technician, goods):
    charge = use_part(repair, technician, goods.plain)
    may = {"by": access_of(technician), "now": timezone.now()}
    charging.edit_charge(repair.pk, charge.pk, unit_price=Decimal(7), **may)
    assert code(
        lambda: charging.edit_charge(repair.pk, charge.pk, quantity=2, unit_price=Decimal(7), **may)
    ) == [("stock_part_moves", "quantity")]
    books_agree()


def test_a_part_whose_document_a_manager_cancelled_is_not_charged(
    repair, technician, manager, goods
):
    charge = use_part(repair, technician, goods.plain)
    decide(repair, technician, Payer.CUSTOMER, reason="water")
    cancel(charge.document, manager)
    repair.refresh_from_db()
    assert totals_of(repair, repair.charges.select_related("document")).owed == Decimal(0)
    books_agree()


def test_a_loaner_is_lent_and_comes_back(store, cashier, repair, goods):
    loan = lend(repair, cashier, goods.strict, "b", note="with its charger")
    assert (loan.serial.key, loan.note, loan.lent_on) == ("B", "with its charger", TODAY)
    assert place_of("B") == "blocked"
    assert repair.number in loan.out.lines.get().remark
    books_agree()
    take_loaner_back(loan, cashier)
    assert place_of("B") == "shelf"
    assert take_loaner_back(loan, cashier).back is not None
    assert Document.objects.filter(kind=Kind.PUT_BACK).count() == 1
    books_agree()


def test_a_loaner_comes_back_defective(repair, cashier, goods):
    take_loaner_back(lend(repair, cashier, goods.strict, "B"), cashier, is_defective=True)
    assert place_of("B") == "defective"
    books_agree()


def test_a_loaner_without_a_serial(repair, cashier, goods):
    loan = lend(repair, cashier, goods.plain)
    assert pieces(goods.plain, "blocked") == 1
    take_loaner_back(loan, cashier)
    assert pieces(goods.plain) == 2
    books_agree()


def test_a_loaner_that_was_put_back_by_another_paper_is_back(
    store, manager, cashier, repair, goods
):
    loan = lend(repair, cashier, goods.strict, "B")
    paper = post(draft(Kind.PUT_BACK, store, manager, [(goods.strict, ["B"])]), manager)
    sell(store, manager, (goods.strict, ["B"]))
    assert take_loaner_back(loan, cashier).back == paper
    assert place_of("B") == "customer"
    books_agree()


def test_what_is_not_there_is_not_lent(repair, cashier, goods):
    assert refusals_of(lambda: lend(repair, cashier, goods.strict, "A")) == [
        ("already_sold", 1, "A")
    ]
    assert not Loan.objects.exists()


def test_nobody_waits_for_own_stock(store, technician, sold, goods):
    own = take_in(store, technician, "B", own=True)
    assert code(lambda: lend(own, technician, goods.plain)) == [("own_needs_no_loaner", "")]


def test_a_loaner_with_the_customer_keeps_a_repair_from_being_handed_back(
    repair, technician, goods
):
    decide(repair, technician)
    loan = lend(repair, technician, goods.strict, "B")
    assert code(lambda: hand_back(repair, technician, "repaired")) == [("loan_out", "")]
    take_loaner_back(loan, technician)
    assert hand_back(repair, technician, "repaired").status == Status.HANDED_BACK
    books_agree()


def test_a_loan_whose_document_was_cancelled_is_not_out(repair, technician, manager, goods):
    decide(repair, technician)
    loan = lend(repair, technician, goods.strict, "B")
    cancel(loan.out, manager)
    assert take_loaner_back(loan, technician).back is None
    hand_back(repair, technician, "repaired")
    books_agree()


def test_nothing_is_done_about_a_repair_that_ended(repair, technician, goods):
    charge = add(repair, technician)
    decide(repair, technician)
    hand_back(repair, technician, "repaired")
    for work in (
        lambda: set_status(repair, technician, "in_work"),
        lambda: edit(repair, technician, diagnosis="later"),
        lambda: decide(repair, technician, Payer.CUSTOMER, reason="later"),
        lambda: add(repair, technician),
        lambda: use_part(repair, technician, goods.plain),
        lambda: charging.remove_charge(
            repair.pk, charge.pk, by=access_of(technician), now=timezone.now()
        ),
        lambda: lend(repair, technician, goods.plain),
    ):
        assert code(work) == [("ended", "")]
    books_agree()
