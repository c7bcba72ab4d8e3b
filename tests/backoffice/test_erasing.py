"""An erased customer is in no text of any table; the books, the cards and the stock stay."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice.erasing import StillInRepair, erase_customer, reach_of
from backoffice.proving import differences
from company.access import access_of
from documents.models import Document, DocumentPrint, Kind, Status
from partners.models import Customer
from partners.queries import find_customers
from repairs.models import Photo, Repair
from repairs.photos import add_photos, read_pictures
from tests.lasting import lasting
from tests.repairs.test_photos import kept, upload
from tests.second_numbers import FIRST, SECOND, receive_pairs, with_imeis
from tests.shop import draft, give_back, hand_back, lend, post, receive, take_in, take_loaner_back
from warranty.adjusting import override_end
from warranty.models import Card, PrintRun
from warranty.printing import request_print

pytestmark = pytest.mark.django_db

NAME, PHONE, EMAIL = "Solomiya Dzhyhun", "+380 (67) 765-43-21", "s.dzhyhun@example.com"
SAID = "Dzhyhun asked to ring 067 765 43 21"
TRACES = ["solomiya", "dzhyhun", "765-43-21", "765 43 21", "7654321", "s.dz"]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@lasting
def person() -> Customer:
    return Customer.objects.create(name=NAME, phone=PHONE, email=EMAIL)


def _sold(store, by, goods, serial: str, to: Customer) -> Document:
    sale = draft(Kind.SALE, store, by, [(goods.strict, [serial])])
    Document.objects.filter(pk=sale.pk).update(customer=to, note=SAID)
    sale.lines.update(remark=f"gift for {NAME.upper()}")
    return post(sale, by)


@lasting
def story(store, manager, admin, goods, person) -> Repair:
    """Bought, adjusted, returned, repaired with a unit lent meanwhile: names written everywhere."""
    receive(store, manager, (goods.strict, ["A", "B", "C", "D"]))
    _sold(store, manager, goods, "A", person)
    back = _sold(store, manager, goods, "B", person)
    give_back(back, store, manager, (goods.strict, ["B"]))
    card = Card.objects.get(term__serial_text="A")
    override_end(
        card.pk, ends_on=card.ends_on + dt.timedelta(days=90), seen=card.ends_on, reason=SAID,
        by=access_of(admin), now=timezone.now(),
    )  # fmt: skip
    repair = take_in(
        store, manager, "A", customer=person, decided="warranty",
        complaint=f"{NAME} says it is dead", condition="scratched", contents="charger",
    )  # fmt: skip
    loan = lend(repair, manager, goods.strict, "C", note=f"lent to {NAME}")
    take_loaner_back(loan, manager)
    Repair.objects.filter(pk=repair.pk).update(
        diagnosis="broken fuse", work_done=f"new fuse, {EMAIL} told"
    )
    hand_back(repair, manager, "repaired", note=SAID)
    draft(Kind.SALE, store, manager, [(goods.strict, ["D"])]).lines.update(remark=SAID)
    Document.objects.filter(status=Status.DRAFT).update(customer=person, note=SAID)
    return Repair.objects.get(pk=repair.pk)


def erase(person: Customer, by, **more) -> Customer:
    return erase_customer(person.pk, by=access_of(by), now=timezone.now(), **more)


def columns_with(words: list[str]) -> set[str]:
    """Every column of every table, of whatever type, that has one of the words in some row."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT format(
                'SELECT %L WHERE EXISTS (SELECT FROM %I WHERE %s ILIKE ANY (%%s))',
                table_name || '.' || column_name, table_name,
                CASE data_type WHEN 'bytea' THEN format('encode(%I, ''escape'')', column_name)
                     ELSE format('%I::text', column_name) END)
            FROM information_schema.columns JOIN information_schema.tables
                USING (table_schema, table_name)
            WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
              AND data_type IN ('text', 'character varying', 'json', 'jsonb', 'bytea', 'ARRAY',
                                'USER-DEFINED', 'character', 'inet')
            ORDER BY 1
            """
        )
        asked = [row[0] for row in cursor.fetchall()]
        patterns = [f"%{word}%" for word in words]
        cursor.execute(" UNION ALL ".join(asked), [patterns] * len(asked))
        return {row[0] for row in cursor.fetchall()}


def refused(statement: str, constraint: str, *values: object) -> None:
    with (
        pytest.raises(IntegrityError) as found,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, values)
    assert found.value.__cause__.diag.constraint_name == constraint


def test_no_text_in_the_database_tells_who_it_was(story, person, manager, goods):
    before = columns_with(TRACES)
    assert before >= {
        "partners_customer.name", "partners_customer.phone_digits", "documents_document.note",
        "documents_line.remark", "repairs_repair.complaint", "repairs_repair.work_done",
        "repairs_loan.note", "repairs_step.note", "warranty_adjustment.reason",
    }  # fmt: skip
    entries = list(Document.objects.order_by("pk").values_list("number", "status", "posting_id"))

    erase(person, manager)

    assert columns_with(TRACES) == set()
    connection.check_constraints()
    assert differences() == []
    assert entries == list(
        Document.objects.order_by("pk").values_list("number", "status", "posting_id")
    )
    story.refresh_from_db()
    assert (story.complaint, story.condition, story.contents) == ("***", "***", "***")
    assert story.diagnosis == "broken fuse"  # about the thing: it stays
    assert not Document.objects.filter(status=Status.DRAFT, customer=person).exists()
    person.refresh_from_db()
    assert person.name == f"Erased customer {person.pk}"
    assert (person.erased_by, person.erased_at.date()) == (manager, timezone.now().date())
    for text in [*TRACES, "067 765 43 21", "erased customer"]:
        assert find_customers(text) == []


def test_photos_and_kept_pdfs_go_too(
    store, manager, goods, person, media, django_capture_on_commit_callbacks
):
    receive(store, manager, (goods.strict, ["A"]))
    sale = _sold(store, manager, goods, "A", person)
    run = request_print(sale.posting_id, by=access_of(manager), now=timezone.now())
    PrintRun.objects.filter(pk=run.pk).update(pdf=b"%PDF Dzhyhun")
    DocumentPrint.objects.create(
        document=sale, of_status="posted", requested_by=manager, requested_at=timezone.now(),
        status="done", pdf=b"%PDF Dzhyhun",
    )  # fmt: skip
    repair = take_in(store, manager, "A", customer=person, decided="warranty")
    add_photos(repair.pk, read_pictures([upload()]), by=access_of(manager), now=timezone.now())
    hand_back(repair, manager, "repaired")
    assert len(kept(media)) == 1
    with django_capture_on_commit_callbacks(execute=True):
        erase(person, manager)
    assert not Photo.objects.exists()
    assert kept(media) == []
    assert columns_with(TRACES) == set()


def test_it_waits_for_an_open_repair_unless_that_was_confirmed(store, manager, goods, person):
    receive(store, manager, (goods.strict, ["A"]))
    _sold(store, manager, goods, "A", person)
    repair = take_in(store, manager, "A", customer=person, decided="warranty")
    with pytest.raises(StillInRepair):
        erase(person, manager)
    assert reach_of(person.pk).in_repair == [repair.number]
    erase(person, manager, despite_repairs=True)
    hand_back(repair, manager, "repaired")
    assert columns_with(TRACES) == set()


def test_who_may_not_erase_does_not_and_twice_is_once(person, cashier, technician, manager, admin):
    for somebody in (cashier, technician):
        with pytest.raises(PermissionDenied):
            erase(person, somebody)
    first = erase(person, manager)
    assert erase(person, admin).erased_at == first.erased_at
    refused(
        "UPDATE partners_customer SET name = 'Solomiya' WHERE id = %s",
        "partners_erased_stays", person.pk,
    )  # fmt: skip
    refused("DELETE FROM partners_customer WHERE id = %s", "partners_erased_stays", person.pk)


def test_only_one_who_was_erased_is_empty_and_only_with_a_name_to_it(person, manager):
    refused(
        "UPDATE partners_customer SET erased_at = now() WHERE id = %s",
        "partners_erased_is_empty", person.pk,
    )  # fmt: skip
    refused(
        "UPDATE partners_customer SET erased_at = now(), erased_by_id = %s WHERE id = %s",
        "partners_erased_is_empty", manager.pk, person.pk,
    )  # fmt: skip


FROZEN = {
    "documents_document": (
        "documents_posted_is_frozen", "note", "is_opening = true",
        "status <> 'draft' AND note <> ''",
    ),
    "documents_line": (
        "documents_line_frozen", "remark", "unit_price = 1",
        "remark LIKE 'gift%%' AND mode <> ''",
    ),
    "repairs_repair": ("repairs_ended_frozen", "complaint", "sku = 'X'", "true"),
    "repairs_step": ("repairs_step_append_only", "note", "status = 'ready'", "note <> ''"),
    "repairs_loan": ("repairs_loan_frozen", "note", "lent_on = '2020-01-01'", "true"),
    "warranty_adjustment": (
        "warranty_adjustment_frozen", "reason", "days = 3", "reason <> ''",
    ),
}  # fmt: skip


def test_postgresql_lets_frozen_texts_become_stars_and_nothing_else(story, person, manager):
    """Before the customer is erased nothing at all changes, after it these texts alone."""

    def each(change: Callable[[str, str], str], *, also: str = "") -> None:
        for table, (constraint, text, other, which) in FROZEN.items():
            refuses = {constraint, "repairs_of_an_ended_repair"}
            with (
                pytest.raises(IntegrityError) as found,
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(f"UPDATE {table} SET {change(text, other)} WHERE {which}")
            assert found.value.__cause__.diag.constraint_name in refuses, table

    each(lambda text, other: f"{text} = '***'")
    with connection.cursor() as cursor:  # erased, but for the texts
        cursor.execute(
            "UPDATE partners_customer SET name = 'x', phone = '', email = '', erased_at = now(),"
            " erased_by_id = %s WHERE id = %s",
            [manager.pk, person.pk],
        )
    each(lambda text, other: f"{text} = 'something else'")
    each(lambda text, other: f"{text} = ''")
    each(lambda text, other: other)
    each(lambda text, other: f"{text} = '***', {other}")
    with connection.cursor() as cursor:
        for table, (_, text, _, which) in FROZEN.items():
            cursor.execute(f"UPDATE {table} SET {text} = '***' WHERE {which}")
            assert cursor.rowcount >= 1, table


def test_the_number_of_statements_does_not_grow_with_what_there_is(story, person, manager):
    nobody = Customer.objects.create(name="Nobody Known")
    with CaptureQueriesContext(connection) as for_nothing:
        erase(nobody, manager)
    with CaptureQueriesContext(connection) as asked:
        erase(person, manager)
    assert len(asked) == len(for_nothing)


def test_the_page_shows_what_goes_and_what_stays_and_asks_twice(story, person, manager, client_of):
    browser = client_of(manager)
    url = reverse("backoffice:erase_customer", args=[person.pk])
    assert url in browser.get(reverse("partners:edit_customer", args=[person.pk])).text
    page = browser.get(url).text
    assert "2 warranties" in page
    assert "1 repair with" in page
    assert browser.post(url).status_code == 422
    done = browser.post(url, {"is_sure": "on"}, follow=True)
    assert "The customer is erased." in done.text
    assert NAME not in done.text
    assert browser.get(url).status_code == 404
    assert browser.get(reverse("partners:edit_customer", args=[person.pk])).status_code == 404
    search = browser.get(reverse("backoffice:search"), {"q": PHONE}).text
    assert "Dzhyhun" not in search
    for document in Document.objects.filter(customer=person):
        shown = browser.get(reverse("documents:document", args=[document.pk]))
        assert f"Erased customer {person.pk}" in shown.text


def test_a_person_is_given_what_is_kept_of_them(story, person, manager, client_of):
    answer = client_of(manager).get(reverse("backoffice:customer_data", args=[person.pk]))
    told = answer.json()
    assert told["customer"]["phone"] == PHONE
    assert [one["lines"][0]["serials"] for one in told["documents"][:2]] == [
        [{"text": "A", "second_number": None}],
        [{"text": "B", "second_number": None}],
    ]
    assert {card["term__serial_text"] for card in told["warranties"]} == {"A", "B"}
    assert told["repairs"][0]["complaint"] == f"{NAME} says it is dead"
    assert told["repairs"][0]["steps"][-1]["status"] == "handed_back"
    assert "attachment" in answer.headers["Content-Disposition"]


def test_both_numbers_of_their_phone_are_theirs(store, manager, goods, person, client_of):
    receive_pairs(store, manager, with_imeis(goods.strict), FIRST, SECOND)
    _sold(store, manager, goods, FIRST, person)
    take_in(store, manager, FIRST, customer=person, decided="warranty")
    told = client_of(manager).get(reverse("backoffice:customer_data", args=[person.pk])).json()
    (serial,) = told["documents"][0]["lines"][0]["serials"]
    assert serial == {"text": FIRST, "second_number": SECOND}
    assert told["warranties"][0]["second_number"] == SECOND
    assert told["repairs"][0]["second_number"] == SECOND
