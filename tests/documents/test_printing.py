"""Printing documents: what is read, who may, small ones at once and large ones by a job."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from company.access import access_of
from company.models import Company, Store
from documents import drafting, printing, tasks
from documents.models import Document, DocumentPrint, Kind, Line
from documents.printing import (
    INLINE_LINES,
    INLINE_SERIALS,
    KEPT,
    PrintState,
    forget_old_prints,
    is_large,
    latest_print,
    make_pdf,
    request_print,
    state_of_print,
)
from documents.sheet_reading import read_sheet
from documents.sheets import Contact
from partners.models import Customer, Supplier
from products.models import Product
from tests.documents.test_races import at_once
from tests.lasting import lasting
from tests.shop import draft, post, receive, sell
from tests.warranty.pdfs import codes_of, sizes_of, text_of

pytestmark = pytest.mark.django_db

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 23)
HTMX = {"HX-Request": "true"}
MANY = [f"SN{n:06d}" for n in range(INLINE_SERIALS + 1)]


def url(document: Document, name: str = "print") -> str:
    return reverse(f"documents:{name}", args=[document.pk])


def ask(document: Document, by, now: dt.datetime = NOON) -> DocumentPrint:
    return request_print(document.pk, by=access_of(by), now=now)


@lasting
def sale(store, manager, goods) -> Document:
    """Two units with serial numbers, three pieces under warranty, four without."""
    lines = [(goods.strict, ["SN1", "SN2"]), (goods.period, 3), (goods.plain, 4)]
    receive(store, manager, *lines, now=NOON)
    sold = draft(
        Kind.SALE, store, manager,
        [(goods.strict, ["SN2", "SN1"]), (goods.period, 3), (goods.plain, 4)],
    )  # fmt: skip
    sold.customer = Customer.objects.create(name="Iryna Bondar", phone="+380 67 555 12 34")
    sold.note = "By courier"
    sold.save()
    Line.objects.filter(document=sold).update(unit_price=Decimal("99.50"))
    return post(sold, manager, now=NOON)


@lasting
def large(store, manager, goods) -> Document:
    """One serial more than is printed while somebody waits."""
    return receive(store, manager, (goods.strict, MANY), now=NOON)


@pytest.fixture
def no_fonts(monkeypatch):
    """A machine on which no PDF can be made."""
    monkeypatch.setattr("warranty.rendering._has_fonts", lambda: False)


# What is read


def test_a_sale_is_read_with_all_it_says(sale, goods):
    view = read_sheet(sale.pk)

    assert (view.kind, view.number, view.effective_on) == ("sale", sale.number, TODAY)
    assert view.store == Contact("Podil", "", "Kontraktova 4, Kyiv")
    assert view.partner == Contact("Iryna Bondar", "+380 67 555 12 34")
    assert (view.author_name, view.note, view.currency) == ("manager", "By courier", "EUR")
    strict, period, plain = view.lines
    assert (strict.position, strict.product_name, strict.sku) == (1, "Product strict", "SKU-STRICT")
    assert list(strict.serials) == ["SN2", "SN1"]
    assert (strict.quantity, strict.amount) == (2, Decimal("199.00"))
    for line in (strict, period):
        (warranty,) = line.warranties
        assert str(warranty.period) == "12 months"
        assert warranty.first_end == warranty.last_end == dt.date(2027, 11, 23)
    assert (period.quantity, list(period.serials)) == (3, [])
    assert (plain.quantity, list(plain.warranties)) == (4, [])


def test_what_is_renamed_later_is_printed_as_it_was_sold(sale, goods):
    Product.objects.filter(pk=goods.strict.pk).update(name="Renamed", sku="OTHER")
    assert read_sheet(sale.pk).lines[0].product_name == "Product strict"
    assert read_sheet(sale.pk).lines[0].sku == "SKU-STRICT"


def test_a_receipt_names_its_supplier_or_is_opening_stock(store, manager, goods):
    opening = receive(store, manager, (goods.plain, 1))
    assert (read_sheet(opening.pk).partner, read_sheet(opening.pk).is_opening) == (None, True)

    bought = draft(Kind.RECEIPT, store, manager, [(goods.plain, 1)])
    bought.supplier = Supplier.objects.create(name="Wholesale", phone="+380 44 999")
    bought.is_opening = False
    bought.save()
    post(bought, manager)
    assert read_sheet(bought.pk).partner == Contact("Wholesale", "+380 44 999")


def test_a_draft_is_read_with_the_names_of_today(store, manager, goods):
    view = read_sheet(draft(Kind.SALE, store, manager, [(goods.strict, ["SN1"])]).pk)
    assert (view.number, view.effective_on, view.is_draft) == ("", None, True)
    assert view.lines[0].product_name == "Product strict"
    assert list(view.lines[0].serials) == ["SN1"]


def test_what_comes_back_names_its_sale(sale, store, manager, goods):
    sold = sale.lines.get(position=1)
    for kind, is_part in ((Kind.CUSTOMER_RETURN, False), (Kind.EXCHANGE, True)):
        back = draft(Kind.SALE, store, manager, [(goods.strict, ["SN1"]), (goods.plain, 1)])
        Document.objects.filter(pk=back.pk).update(kind=kind)
        back.lines.filter(position=1).update(origin=sold, is_defective=True, remark="Noisy")

        returned, other = read_sheet(back.pk).lines
        assert (returned.sale_number, returned.is_coming_back) == (sale.number, is_part)
        assert (returned.is_defective, returned.remark) == (True, "Noisy")
        assert (other.sale_number, other.is_coming_back) == ("", False)


def test_a_transfer_is_read_with_both_ends(store, other_store, manager, goods):
    sent = draft(Kind.SALE, store, manager, [(goods.plain, 2)])
    Document.objects.filter(pk=sent.pk).update(kind=Kind.TRANSFER, to_store=other_store)
    view = read_sheet(sent.pk)
    assert (view.store.name, view.other_store.name) == ("Podil", "Lviv")
    assert view.other_store.address == "Rynok 10, Lviv"


def test_what_continues_a_document_names_it(sale, other_store, manager):
    arrival = Document.objects.create(
        kind=Kind.ARRIVAL, store=other_store, author=manager, origin=sale
    )
    view = read_sheet(arrival.pk)
    assert (view.origin_number, view.other_store.name) == (sale.number, "Podil")

    entered = Document.objects.create(
        kind=Kind.IDENTIFICATION, store=sale.store, author=manager, origin=sale
    )
    assert read_sheet(entered.pk).origin_number == sale.number
    assert read_sheet(entered.pk).other_store is None


def test_statements_do_not_grow_with_lines_and_serials(store, manager, goods):
    few = receive(store, manager, (goods.strict, ["ONE"]))
    many_lines = [(goods.strict, MANY), (goods.recorded, MANY), *_plain_products(60)]
    many = receive(store, manager, *many_lines)
    sold_few = sell(store, manager, (goods.strict, ["ONE"]))
    sold_many = sell(store, manager, *many_lines)
    assert _statements(few) == _statements(many) == _statements(sold_few) <= 6
    assert _statements(sold_many) == _statements(sold_few)

    back_few = draft(Kind.SALE, store, manager, [(goods.strict, ["ONE"])])
    back_many = draft(Kind.SALE, store, manager, many_lines)
    for back in (back_few, back_many):
        Document.objects.filter(pk=back.pk).update(kind=Kind.CUSTOMER_RETURN)
        back.lines.update(origin=sold_few.lines.get())
    assert _statements(back_few) == _statements(back_many) <= 5


def _statements(document: Document) -> int:
    """How many statements reading it takes."""
    Company.current()
    with CaptureQueriesContext(connection) as statements:
        read_sheet(document.pk)
    return len(statements)


def _plain_products(count: int) -> list[tuple[Product, int]]:
    kind = Product.objects.first().type
    return [
        (Product.objects.create(sku=f"P{n}", name=f"Goods {n}", type=kind, mode="none"), 2)
        for n in range(count)
    ]


# Small documents


def test_a_small_document_opens_as_its_pdf(sale, cashier, client_of):
    response = client_of(cashier).get(url(sale))

    assert response.status_code == 200
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'inline; filename="{sale.number}.pdf"'
    assert set(re.split(r",\s*", response["Cache-Control"])) == {"private", "no-store"}
    assert "default-src" not in response.headers["Content-Security-Policy"]
    assert codes_of(response.content) == {sale.number}
    assert sizes_of(response.content) == [(210, 297)]
    text = text_of(response.content)
    for words in ("Invoice", "Iryna Bondar", "SN1", "until 23 Nov 2027", "895.50", "Total, EUR"):
        assert words in text


def test_a_print_speaks_the_language_of_the_store_not_of_the_person(sale, cashier, client_of):
    Store.objects.filter(pk=sale.store_id).update(language="uk")
    assert "23 листопада 2026" in text_of(client_of(cashier).get(url(sale)).content)


def test_a_draft_prints_without_a_number(store, manager, goods, client_of):
    started = draft(Kind.SALE, store, manager, [(goods.strict, ["SN1"])])
    response = client_of(manager).get(url(started))
    assert response["Content-Disposition"] == f'inline; filename="draft {started.pk}.pdf"'
    assert "draft" in text_of(response.content).lower()
    assert codes_of(response.content) == set()


def test_who_does_not_see_a_document_does_not_print_it(
    sale, large, stranger, other_manager, client_of
):
    for outsider in (stranger, other_manager):
        browser = client_of(outsider)
        for document in (sale, large):
            assert browser.get(url(document)).status_code == 404
            assert browser.get(url(document, "print_pdf")).status_code == 404
            assert browser.post(url(document, "start_print")).status_code == 404
        for document in (sale, large):
            with pytest.raises(Document.DoesNotExist):
                ask(document, outsider)
    assert not DocumentPrint.objects.exists()


def test_looking_up_is_enough_to_print(sale, technician, storekeeper, client_of):
    for person in (technician, storekeeper):
        assert client_of(person).get(url(sale))["Content-Type"] == "application/pdf"


def test_printing_writes_nothing(sale, large, cashier, client_of):
    browser = client_of(cashier)
    Company.current()
    for document in (sale, large):
        with CaptureQueriesContext(connection) as statements:
            browser.get(url(document))
            browser.get(url(document, "print_pdf"))
        said = [statement["sql"] for statement in statements]
        assert not any(re.match(r"\s*(INSERT|UPDATE|DELETE)", sql) for sql in said), said


def test_the_page_of_a_posted_document_leads_to_its_print(
    sale, store, manager, goods, cashier, client_of
):
    browser = client_of(cashier)
    page = reverse("documents:document", args=[sale.pk])
    assert f'href="{url(sale)}"' in browser.get(page).text

    started = draft(Kind.SALE, store, manager, [(goods.plain, 1)])
    page = reverse("documents:document", args=[started.pk])
    assert url(started) not in browser.get(page).text


def test_where_no_pdf_can_be_made_the_page_says_so(sale, cashier, client_of, no_fonts):
    response = client_of(cashier).get(url(sale))
    assert response.status_code == 503
    assert "could not be made into a PDF" in response.text
    assert "Content-Security-Policy" in response


# Large documents


def test_what_is_large_goes_by_serials_and_by_lines(store, manager, goods):
    def receipt(*lines) -> Document:
        return draft(Kind.RECEIPT, store, manager, lines)

    assert not is_large(receipt((goods.strict, MANY[:INLINE_SERIALS])))
    assert is_large(receipt((goods.strict, MANY)))
    assert is_large(receipt((goods.strict, MANY[:200]), (goods.recorded, MANY[:200])))
    products = _plain_products(INLINE_LINES + 1)
    assert not is_large(receipt(*products[:-1]))
    assert is_large(receipt(*products))


def test_a_large_document_is_made_by_a_job(large, cashier, client_of):
    browser = client_of(cashier)
    offer = browser.get(url(large))
    assert (offer.status_code, offer["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "Make the PDF" in offer.text
    assert browser.get(url(large, "print_pdf"))["Location"] == url(large)

    started = browser.post(url(large, "start_print"))
    assert started["Location"] == url(large) + "?open=1"
    waiting = browser.get(started["Location"])
    assert "Making the PDF" in waiting.text
    assert 'hx-trigger="every 1s"' in waiting.text
    job = ProcrastinateJob.objects.get()
    assert job.task_name == printing.JOB
    assert job.args["print_id"] == str(DocumentPrint.objects.get().pk)

    tasks.make_pdf(**job.args)

    fragment = browser.get(started["Location"], headers=HTMX)
    assert fragment["HX-Redirect"] == url(large, "print_pdf")
    opened = browser.get(started["Location"], follow=True)
    assert opened["Content-Disposition"] == f'inline; filename="{large.number}.pdf"'
    assert "default-src" not in opened.headers["Content-Security-Policy"]
    assert set(MANY) <= set(text_of(opened.content).split())
    assert codes_of(opened.content) == {large.number}
    page = browser.get(url(large)).text
    assert "The PDF is ready" in page
    assert "Asked for by cashier" in page


def test_progress_says_what_is_done(large, cashier, client_of):
    ask(large, cashier, now=timezone.now())
    browser = client_of(cashier)
    assert "Step 1 of 2: waiting" in browser.get(url(large)).text
    DocumentPrint.objects.update(status=DocumentPrint.Status.RUNNING)
    assert "Step 2 of 2: laying out" in browser.get(url(large)).text


def test_a_fragment_of_progress_is_only_that(large, cashier, client_of):
    ask(large, cashier, now=timezone.now())
    fragment = client_of(cashier).get(url(large), headers=HTMX).text
    assert fragment.strip().startswith('<div class="job" id="job"')


def test_a_small_document_needs_no_job(sale, cashier, client_of):
    response = client_of(cashier).post(url(sale, "start_print"))
    assert response["Location"] == url(sale)
    assert not DocumentPrint.objects.exists()
    assert not ProcrastinateJob.objects.exists()


def test_who_asks_while_one_is_under_way_gets_the_same(large, cashier, manager):
    first = ask(large, cashier)
    assert ask(large, manager) == first
    DocumentPrint.objects.update(status=DocumentPrint.Status.RUNNING)
    assert ask(large, cashier) == first
    assert ProcrastinateJob.objects.count() == 1

    make_pdf(first.pk)
    assert ask(large, cashier) != first
    assert ProcrastinateJob.objects.count() == 2


def test_the_job_and_the_record_of_the_print_go_together(large, cashier):
    with transaction.atomic():
        ask(large, cashier)
        transaction.set_rollback(True)
    assert not ProcrastinateJob.objects.exists()
    assert not DocumentPrint.objects.exists()


def test_a_job_that_was_cut_off_starts_over_and_one_that_is_done_stays(large, cashier):
    asked = ask(large, cashier)
    DocumentPrint.objects.update(status=DocumentPrint.Status.RUNNING)

    make_pdf(asked.pk)
    made = bytes(DocumentPrint.objects.get().pdf)
    make_pdf(asked.pk)

    assert large.number in text_of(made)
    assert bytes(DocumentPrint.objects.get().pdf) == made


def test_a_print_that_failed_can_be_tried_again(large, cashier, client_of, monkeypatch, no_fonts):
    browser = client_of(cashier)
    browser.post(url(large, "start_print"))
    make_pdf(DocumentPrint.objects.get().pk)

    failed = browser.get(url(large) + "?open=1")
    assert failed.status_code == 200
    assert "could not be made into a PDF" in failed.text
    monkeypatch.undo()

    browser.post(url(large, "start_print"))
    make_pdf(DocumentPrint.objects.get(status=DocumentPrint.Status.WAITING).pk)
    assert "The PDF is ready" in browser.get(url(large)).text


def test_a_print_of_the_draft_is_none_of_what_was_posted(store, manager, goods):
    started = draft(Kind.RECEIPT, store, manager, [(goods.strict, MANY)])
    made, waiting = ask(started, manager), None
    make_pdf(made.pk)
    waiting = ask(started, manager)
    posted = post(started, manager, now=NOON)

    assert latest_print(posted, now=NOON) is None
    asked = ask(posted, manager)
    assert asked not in {made, waiting}
    make_pdf(waiting.pk)  # what it was asked to show is no more
    waiting.refresh_from_db()
    assert waiting.status == DocumentPrint.Status.FAILED
    make_pdf(asked.pk)
    found = latest_print(posted, now=NOON)
    assert (found, state_of_print(found)) == (asked, PrintState.READY)


def test_a_draft_discarded_meanwhile_takes_its_prints_along(store, manager, goods):
    started = draft(Kind.RECEIPT, store, manager, [(goods.strict, MANY)])
    asked = ask(started, manager)
    drafting.discard(started.pk, by=access_of(manager))
    make_pdf(asked.pk)
    assert not DocumentPrint.objects.exists()


def test_prints_are_kept_a_week(large, cashier):
    old = ask(large, cashier)
    make_pdf(old.pk)
    assert latest_print(large, now=NOON + KEPT) is None
    new = ask(large, cashier, now=NOON + dt.timedelta(days=1))

    assert forget_old_prints(now=NOON + KEPT) == 1
    assert list(DocumentPrint.objects.all()) == [new]


def test_the_periodic_task_deletes_what_is_old(large, cashier):
    ask(large, cashier)
    with time_machine.travel(NOON + KEPT):
        tasks.forget_old_prints(timestamp=0)
    assert not DocumentPrint.objects.exists()


def test_asking_and_looking_cost_the_same_however_much_there_is(
    store, manager, goods, cashier, client_of
):
    browser = client_of(cashier)
    serials = [f"A{n:06d}" for n in range(2000)]
    counts = []
    for document in (
        receive(store, manager, (goods.strict, MANY)),
        receive(store, manager, (goods.recorded, serials), *_plain_products(20)),
    ):
        with CaptureQueriesContext(connection) as statements:
            ask(document, cashier, now=timezone.now())
            browser.get(url(document))
        read = [one["sql"] for one in statements if one["sql"].startswith("SELECT")]
        assert not any('"pdf"' in sql for sql in read)
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_postgresql_keeps_one_print_under_way_and_a_pdf_with_what_is_done(large, cashier):
    ask(large, cashier)
    for status in ("waiting", "running", "done", "lost"):
        with pytest.raises(IntegrityError), transaction.atomic():
            DocumentPrint.objects.create(
                document=large,
                of_status=large.status,
                requested_by=cashier,
                requested_at=NOON,
                status=status,
            )


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_once_get_one_print(store, manager, goods, cashier):
    document = receive(store, manager, (goods.strict, MANY))
    jobs = ProcrastinateJob.objects.count()  # other tests may have left some
    for nth in range(1, 6):
        results = at_once(lambda: ask(document, cashier), lambda: ask(document, manager))

        assert all(isinstance(result, DocumentPrint) for result in results), results
        assert results[0] == results[1]
        assert ProcrastinateJob.objects.count() == jobs + nth
        DocumentPrint.objects.filter(status="waiting").update(status="failed")
