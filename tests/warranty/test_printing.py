"""Print runs: copies, jobs, failures, and what is kept."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from company.access import access_of
from products.models import ProductType
from serials.models import Posting
from tests.documents.test_races import at_once
from tests.shop import receive, sell
from tests.warranty.pdfs import sizes_of, text_of
from warranty import printing, tasks
from warranty.models import Card, CardPrint, PrintRun, Term
from warranty.printing import (
    DOUBLE_PRESS,
    INLINE_CARDS,
    KEPT,
    STUCK,
    NothingToPrint,
    RunState,
    forget_old_pdfs,
    make_pdf,
    print_again,
    request_print,
    state_of_run,
)

pytestmark = pytest.mark.django_db

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)


def ask(sale, by, **more) -> PrintRun:
    return request_print(sale.posting_id, by=access_of(by), **{"now": NOON, **more})


LATER = NOON + dt.timedelta(minutes=1)


def copies(run: PrintRun) -> list[int | None]:
    return list(run.prints.order_by("card").values_list("copy", flat=True))


@pytest.fixture
def no_fonts(monkeypatch):
    """A machine on which no PDF can be made."""
    monkeypatch.setattr("warranty.rendering._has_fonts", lambda: False)


def test_all_cards_of_a_sale_come_as_one_pdf(sale, cashier):
    run = ask(sale, cashier)

    assert (run.status, run.done, run.total) == (PrintRun.Status.DONE, 5, 5)
    assert len(sizes_of(bytes(run.pdf))) == 5
    text = text_of(bytes(run.pdf))
    assert text.index("SN1") < text.index("SN2") < text.index("Unit 1 of 3")
    assert "Unit 3 of 3" in text
    assert sale.number in text
    assert "Reprint" not in text
    assert not ProcrastinateJob.objects.exists()


def test_printed_again_a_card_says_which_copy_it_is(sale, cashier):
    first = ask(sale, cashier)
    card = Card.objects.get(term__serial_text="SN2")

    second = ask(sale, cashier, cards=[card.pk])
    third = ask(sale, cashier, now=LATER)

    assert copies(first) == [1] * 5
    assert copies(second) == [2]
    assert copies(third) == [2, 3, 2, 2, 2]
    assert "Reprint, copy 2, 23 Nov 2026" in text_of(bytes(second.pdf))
    assert "Reprint, copy 3" in text_of(bytes(third.pdf))


def test_the_day_of_a_reprint_is_the_stores_own(sale, cashier):
    ask(sale, cashier)
    late = dt.datetime(2026, 11, 23, 23, 30, tzinfo=dt.UTC)  # the next day in Kyiv
    assert "copy 2, 24 Nov 2026" in text_of(bytes(ask(sale, cashier, now=late).pdf))


def test_each_card_has_the_paper_of_its_type_or_the_one_asked_for(sale, cashier, goods):
    roll = ProductType.objects.create(name="On a roll", card_paper="roll80")
    type(goods.period).objects.filter(pk=goods.period.pk).update(type=roll)

    widths = [width for width, _ in sizes_of(bytes(ask(sale, cashier).pdf))]
    assert widths == [148, 148, 80, 80, 80]
    widths = [width for width, _ in sizes_of(bytes(ask(sale, cashier, paper="a4").pdf))]
    assert widths == [210] * 5


def test_void_cards_are_printed_only_when_named(sale, cashier):
    void = Card.objects.get(term__serial_text="SN1")
    Card.objects.filter(pk=void.pk).update(void_on=sale.effective_on, voided_by=sale.posting)

    assert ask(sale, cashier).total == 4
    assert "VOID" in text_of(bytes(ask(sale, cashier, cards=[void.pk]).pdf))


def test_a_sale_with_nothing_to_print_says_so(sale, cashier):
    Card.objects.update(void_on=sale.effective_on, voided_by=sale.posting)
    with pytest.raises(NothingToPrint):
        ask(sale, cashier)
    assert not PrintRun.objects.exists()


def test_a_card_of_another_sale_is_not_printed_with_this_one(sale, large_sale, cashier):
    foreign = Card.objects.filter(term__posting=large_sale.posting_id).first()
    own = Card.objects.filter(term__posting=sale.posting_id).first()
    with pytest.raises(Card.DoesNotExist):
        ask(sale, cashier, cards=[own.pk, foreign.pk])
    assert not PrintRun.objects.exists()


def test_who_may_not_print_does_not(sale, storekeeper, other_manager, stranger):
    with pytest.raises(PermissionDenied):
        ask(sale, storekeeper)
    for outsider in (other_manager, stranger):
        with pytest.raises(Posting.DoesNotExist):
            ask(sale, outsider)
    assert not PrintRun.objects.exists()


def test_many_cards_are_a_job(large_sale, cashier):
    run = ask(large_sale, cashier)

    assert run.total == 20 > INLINE_CARDS
    assert (run.status, run.pdf) == (PrintRun.Status.WAITING, None)
    assert state_of_run(run, now=NOON + STUCK * 9) == RunState.UNDER_WAY
    job = ProcrastinateJob.objects.get()
    assert (job.task_name, job.args) == (printing.JOB, {"run_id": str(run.pk)})

    tasks.make_pdf(**job.args)

    run.refresh_from_db()
    assert (run.status, run.done) == (PrintRun.Status.DONE, 20)
    assert len(sizes_of(bytes(run.pdf))) == 20


def test_while_a_card_is_drawn_the_next_one_is_the_workers(sale, cashier, monkeypatch):
    meanwhile = []
    real = printing.render_cards

    def drawing(cards, **more):
        if not meanwhile:
            meanwhile.append(ask(sale, cashier, now=LATER))
        return real(cards, **more)

    monkeypatch.setattr(printing, "render_cards", drawing)
    assert ask(sale, cashier).status == PrintRun.Status.DONE
    (second,) = meanwhile
    assert state_of_run(second, now=LATER) == RunState.UNDER_WAY

    tasks.make_pdf(**ProcrastinateJob.objects.get().args)

    second.refresh_from_db()
    assert state_of_run(second, now=LATER) == RunState.READY
    assert copies(second) == [2] * 5
    assert ask(sale, cashier, now=LATER + STUCK).status == PrintRun.Status.DONE
    assert ProcrastinateJob.objects.count() == 1


def test_the_job_and_the_record_of_the_print_go_together(large_sale, cashier):
    with transaction.atomic():
        ask(large_sale, cashier)
        transaction.set_rollback(True)
    assert not ProcrastinateJob.objects.exists()
    assert not CardPrint.objects.exists()


def test_progress_is_told_while_the_job_runs(large_sale, cashier, monkeypatch):
    seen = []
    real = printing.render_cards

    def watched(cards, *, paper, progress):
        def both(done):
            progress(done)
            seen.append(PrintRun.objects.values_list("status", "done").get())

        return real(cards, paper=paper, progress=both)

    monkeypatch.setattr(printing, "render_cards", watched)
    make_pdf(ask(large_sale, cashier).pk)
    assert seen == [("running", 10), ("running", 20)]


def test_a_job_that_was_cut_off_starts_over(large_sale, cashier):
    run = ask(large_sale, cashier)
    PrintRun.objects.update(status=PrintRun.Status.RUNNING, done=13, pdf=b"half")

    make_pdf(run.pk)
    made = bytes(PrintRun.objects.get().pdf)
    make_pdf(run.pk)  # and run once more it changes nothing

    assert len(sizes_of(made)) == 20
    assert bytes(PrintRun.objects.get().pdf) == made
    assert copies(run) == [1] * 20


def test_a_pdf_that_fails_leaves_the_sale_alone_and_can_be_tried_again(
    sale, cashier, monkeypatch, no_fonts
):
    run = ask(sale, cashier)

    assert (run.status, run.pdf) == (PrintRun.Status.FAILED, None)
    assert state_of_run(run, now=NOON) == RunState.FAILED
    assert Term.objects.filter(void_on=None).count() == 3

    monkeypatch.undo()
    again = print_again(run.pk, by=access_of(cashier), now=NOON)

    assert (again.pk, again.status) == (run.pk, PrintRun.Status.DONE)
    assert copies(again) == [1] * 5  # nothing had been printed


def test_what_failed_does_not_use_up_the_original(sale, cashier, monkeypatch, no_fonts):
    failed = ask(sale, cashier)
    assert copies(failed) == [None] * 5
    monkeypatch.undo()

    printed = ask(sale, cashier, now=LATER)

    assert copies(printed) == [1] * 5
    assert "Reprint" not in text_of(bytes(printed.pdf))
    again = print_again(failed.pk, by=access_of(cashier), now=LATER)
    assert (again.pk, copies(again)) == (failed.pk, [2] * 5)
    assert "Reprint, copy 2" in text_of(bytes(again.pdf))


def test_a_job_that_failed_does_not_use_up_the_original(large_sale, cashier, monkeypatch, no_fonts):
    failed = ask(large_sale, cashier)
    make_pdf(failed.pk)
    monkeypatch.undo()

    assert copies(ask(large_sale, cashier, now=LATER)) == [1] * 20
    assert copies(print_again(failed.pk, by=access_of(cashier), now=LATER)) == [2] * 20


def test_a_reprint_that_fails_leaves_no_gap(sale, cashier, monkeypatch):
    ask(sale, cashier)
    monkeypatch.setattr("warranty.rendering._has_fonts", lambda: False)
    failed = ask(sale, cashier, now=LATER)
    monkeypatch.undo()

    again = print_again(failed.pk, by=access_of(cashier), now=LATER)

    assert copies(again) == [2] * 5


def test_what_was_cut_off_does_not_use_up_the_original(sale, cashier, monkeypatch):
    monkeypatch.setattr(printing, "make_pdf", lambda pk: None)  # the process dies
    dead = ask(sale, cashier)
    monkeypatch.undo()

    assert copies(ask(sale, cashier, now=NOON + STUCK)) == [1] * 5

    dead.refresh_from_db()
    assert dead.status == PrintRun.Status.FAILED
    assert copies(dead) == [None] * 5


def test_a_try_given_up_on_does_not_finish_over_the_next_one(sale, cashier, monkeypatch):
    tries = []
    real = printing.render_cards

    def slow(cards, **more):
        tries.append(len(cards))
        if len(tries) == 1:  # this try takes so long that somebody starts another
            print_again(PrintRun.objects.get().pk, by=by, now=NOON + STUCK)
            tasks.make_pdf(**ProcrastinateJob.objects.get().args)
            PrintRun.objects.update(pdf=b"of the second try")
        return real(cards, **more)

    by = access_of(cashier)
    monkeypatch.setattr(printing, "render_cards", slow)
    run = ask(sale, cashier)

    assert tries == [5, 5]
    assert run.status == PrintRun.Status.DONE
    assert bytes(run.pdf) == b"of the second try"
    assert copies(run) == [1] * 5


def test_a_run_tried_again_is_of_the_day_and_person_that_printed_it(
    sale, cashier, manager, monkeypatch, no_fonts
):
    run = ask(sale, cashier)
    monkeypatch.undo()
    later = NOON + KEPT * 2

    again = print_again(run.pk, by=access_of(manager), now=later)

    assert (again.requested_by, again.requested_at) == (manager, later)
    assert state_of_run(again, now=later) == RunState.READY


def test_a_double_press_is_one_print_and_a_later_press_is_another(sale, cashier, manager):
    run = ask(sale, cashier)

    for moment in (NOON, NOON + DOUBLE_PRESS, NOON - DOUBLE_PRESS):
        assert ask(sale, cashier, now=moment).pk == run.pk
    assert copies(run) == [1] * 5

    assert copies(ask(sale, manager)) == [2] * 5
    assert copies(ask(sale, cashier, paper="a4")) == [3] * 5
    card = run.prints.order_by("card").first().card_id
    assert copies(ask(sale, cashier, cards=[card])) == [4]
    just_later = NOON + DOUBLE_PRESS + dt.timedelta(milliseconds=1)
    assert copies(ask(sale, cashier, now=just_later)) == [5, 4, 4, 4, 4]


def test_a_press_on_another_card_is_another_print(sale, cashier):
    first, second = Card.objects.order_by("pk")[:2]
    assert ask(sale, cashier, cards=[first.pk]).pk != ask(sale, cashier, cards=[second.pk]).pk


def test_trying_again_twice_is_one_more_job(large_sale, cashier, no_fonts):
    run = ask(large_sale, cashier)
    make_pdf(run.pk)
    for _ in range(2):
        print_again(run.pk, by=access_of(cashier), now=LATER)
    assert ProcrastinateJob.objects.count() == 2


def test_a_large_run_that_failed_is_a_job_again(large_sale, cashier, no_fonts):
    run = ask(large_sale, cashier)
    make_pdf(run.pk)
    assert PrintRun.objects.get().status == PrintRun.Status.FAILED

    again = print_again(run.pk, by=access_of(cashier), now=NOON)

    assert again.status == PrintRun.Status.WAITING
    assert ProcrastinateJob.objects.count() == 2


def test_a_small_run_cut_off_by_a_crash_can_be_tried_again(sale, cashier):
    run = ask(sale, cashier)
    PrintRun.objects.update(status=PrintRun.Status.RUNNING, pdf=None, done=0)
    run.refresh_from_db()

    assert state_of_run(run, now=NOON) == RunState.UNDER_WAY
    assert state_of_run(run, now=NOON + STUCK) == RunState.FAILED
    print_again(run.pk, by=access_of(cashier), now=NOON + STUCK)
    assert PrintRun.objects.get().status == PrintRun.Status.DONE


def test_pdfs_are_kept_a_week_and_prints_for_good(sale, cashier):
    old = ask(sale, cashier)
    new = ask(sale, cashier, now=NOON + dt.timedelta(days=1))

    assert forget_old_pdfs(now=NOON + KEPT) == 1

    old.refresh_from_db()
    assert old.pdf is None
    assert state_of_run(old, now=NOON + KEPT) == RunState.GONE
    assert state_of_run(new, now=NOON + KEPT) == RunState.READY
    assert CardPrint.objects.count() == 10

    anew = print_again(old.pk, by=access_of(cashier), now=NOON + KEPT)
    assert anew.pk != old.pk
    assert copies(anew) == [3] * 5


def test_the_periodic_task_clears_what_is_old(sale, cashier):
    ask(sale, cashier, now=timezone.now() - KEPT)
    tasks.forget_old_pdfs(timestamp=0)
    assert PrintRun.objects.get().pdf is None


def test_statements_do_not_grow_with_the_cards(store, manager, goods, cashier):
    counts = []
    for pieces in (INLINE_CARDS + 1, 500):
        receive(store, manager, (goods.period, pieces))
        sale = sell(store, manager, (goods.period, pieces))
        with CaptureQueriesContext(connection) as statements:
            ask(sale, cashier)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 12


def test_postgresql_refuses_a_copy_twice_and_copy_zero(sale, cashier):
    run = ask(sale, cashier)
    card = run.prints.first().card
    for copy in (1, 0):
        with pytest.raises(IntegrityError), transaction.atomic():
            CardPrint.objects.create(run=run, card=card, copy=copy)


@pytest.mark.django_db(transaction=True)
def test_two_prints_at_once_are_different_copies(store, manager, goods, cashier):
    receive(store, manager, (goods.period, 20))
    sale = sell(store, manager, (goods.period, 20))
    backwards = list(Card.objects.order_by("-pk").values_list("pk", flat=True))

    for nth in range(10):
        now = NOON + nth * DOUBLE_PRESS * 2
        results = at_once(
            lambda: ask(sale, cashier, now=now),
            lambda: ask(sale, manager, cards=backwards, now=now),
        )

        assert all(isinstance(run, PrintRun) for run in results), results
        both = [set(copies(run)) for run in results]
        assert sorted(both, key=min) == [{2 * nth + 1}, {2 * nth + 2}]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("pieces", [2, INLINE_CARDS + 1])
def test_a_double_press_at_once_is_one_print(store, manager, goods, cashier, pieces):
    receive(store, manager, (goods.period, pieces))
    sale = sell(store, manager, (goods.period, pieces))
    jobs = ProcrastinateJob.objects.count()  # other tests may have left some

    for nth in range(1, 6):
        now = NOON + nth * DOUBLE_PRESS * 2
        moments = (now, now + dt.timedelta(milliseconds=40))
        results = at_once(*(lambda at=at: ask(sale, cashier, now=at) for at in moments))

        assert all(isinstance(run, PrintRun) for run in results), results
        assert len({run.pk for run in results}) == 1
        assert copies(results[0]) == [nth] * pieces
        assert PrintRun.objects.count() == nth
    assert ProcrastinateJob.objects.count() == jobs + (0 if pieces <= INLINE_CARDS else 5)


@pytest.mark.django_db(transaction=True)
def test_tried_again_and_printed_anew_at_once_there_is_one_original(
    store, manager, goods, cashier, monkeypatch
):
    receive(store, manager, (goods.period, 20))
    for _ in range(10):
        sale = sell(store, manager, (goods.period, 2))
        with monkeypatch.context() as fontless:
            fontless.setattr("warranty.rendering._has_fonts", lambda: False)
            failed = ask(sale, cashier)

        results = at_once(
            lambda: print_again(failed.pk, by=access_of(cashier), now=LATER),
            lambda: ask(sale, manager, now=LATER),
        )

        assert sorted(copies(run) for run in results) == [[1, 1], [2, 2]]
