"""Who was erased is named on nothing new: no form, no verb and no SQL can do it."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from backoffice.erasing import erase_customer
from company.access import access_of
from company.models import Company
from documents import drafting
from documents.correcting import correct, look_at
from documents.models import Document, Kind, Status
from documents.scan_answers import Outcome
from partners.models import Customer
from repairs.models import Repair
from repairs.refusals import RepairRefused
from serials.text import SerialText
from tests.at_once import Behind
from tests.lasting import lasting
from tests.shop import (
    customer,
    draft,
    hand_back,
    post,
    receive,
    scanned,
    subject_of,
    take_in,
)
from warranty.models import Term

WORDS = "This customer was erased. Choose another, or enter them anew."


def erase(person: Customer, by) -> Customer:
    return erase_customer(person.pk, by=access_of(by), now=timezone.now(), despite_repairs=True)


@lasting
def bought(store, manager, goods) -> Document:
    """A sale to somebody: A and B; C is in stock."""
    receive(store, manager, (goods.strict, ["A", "B", "C"]))
    sale = draft(Kind.SALE, store, manager, [(goods.strict, ["A", "B"])])
    drafting.choose_customer(sale.pk, by=access_of(manager), customer=customer())
    return post(sale, manager)


@pytest.mark.django_db
def test_a_forged_choice_is_refused_in_words_and_the_draft_is_nobodys(
    bought, store, manager, client_of
):
    browser = client_of(manager)
    gone = erase(customer(), manager)
    sale = draft(Kind.SALE, store, manager, [])
    answer = browser.post(reverse("documents:customer", args=[sale.pk]), {"customer": gone.pk})
    assert answer.status_code == 422
    assert WORDS in answer.text
    sale.refresh_from_db()
    assert sale.customer is None

    subject = subject_of("A").code
    said = {"subject": subject, "complaint": "dead", "customer": gone.pk}
    answer = browser.post(reverse("repairs:take_in"), said)
    assert answer.status_code == 422
    assert WORDS in answer.text
    assert f"Erased customer {gone.pk}" not in answer.text  # nobody to choose
    assert not Repair.objects.exists()
    with pytest.raises(RepairRefused):
        take_in(store, manager, "A", customer=gone)


@pytest.mark.django_db
def test_what_goes_on_from_their_sale_is_nobodys_and_the_warranty_stays_theirs(
    bought, store, manager, goods
):
    gone = bought.customer
    repair = take_in(store, manager, "A", customer=gone, decided="warranty")
    erase(gone, manager)
    back = draft(Kind.CUSTOMER_RETURN, store, manager, [])
    assert scanned(back, manager, "B") == Outcome.ACCEPTED
    back.refresh_from_db()
    assert (back.lines.get().origin, back.customer) == (bought.lines.get(), None)
    company = Company.current()
    company.customer_required = True  # who could be asked?
    company.save()
    hand_back(repair, manager, "replaced", replacement="C")
    exchange = Document.objects.get(kind=Kind.EXCHANGE)
    assert (exchange.customer, exchange.status) == (None, Status.POSTED)
    assert Term.objects.filter(customer=gone).count() == 2


@pytest.mark.django_db
def test_a_swap_on_their_sale_is_still_put_right(bought, store, manager, goods):
    gone = erase(bought.customer, manager)
    mixed_up = {"lies": SerialText("A", "A"), "went": SerialText("C", "C")}
    access = access_of(manager)
    seen = look_at(store, goods.strict, **mixed_up, by=access).seen
    done = correct(store, goods.strict, **mixed_up, seen=seen, by=access, now=timezone.now())
    assert done.customer is None
    assert Term.objects.get(serial_text="C").customer == gone


@pytest.mark.django_db
def test_postgresql_refuses_it_whatever_writes(bought, store, manager):
    take_in(store, manager, "A", customer=customer("Petro", "067 000 00 01"))
    gone = erase(bought.customer, manager)
    draft(Kind.SALE, store, manager, [])
    again = "SELECT (jsonb_populate_record(one, %s::jsonb)).* FROM {table} one LIMIT 1"
    for table, whose in (("documents_document", "status = 'draft'"), ("repairs_repair", "true")):
        for statement in (
            f"UPDATE {table} SET customer_id = {gone.pk} WHERE {whose}",
            f"INSERT INTO {table} {again.format(table=table)}",
        ):
            values = [f'{{"id": 999, "customer_id": {gone.pk}}}'] if "%s" in statement else None
            with (
                pytest.raises(IntegrityError) as found,
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement, values)
            diagnosis = found.value.__cause__.diag
            assert diagnosis.constraint_name == f"{table}_customer_not_erased", statement
            assert diagnosis.sqlstate == "23514"


@pytest.mark.django_db(transaction=True)
def test_who_is_being_erased_at_this_moment_is_waited_for(store, manager):
    """By the verb, and by a statement that knows of no verb."""
    person = customer()
    first, second = (draft(Kind.SALE, store, manager, []) for _ in range(2))
    by = access_of(manager)
    with transaction.atomic():
        erase(person, manager)
        chosen = Behind(lambda: drafting.choose_customer(first.pk, by=by, customer=person))
        chosen.waits_for_us()
    assert isinstance(chosen.outcome(), ValidationError)

    person = customer("Petro", "067 000 00 01")
    with transaction.atomic():
        erase(person, manager)
        written = Behind(lambda: Document.objects.filter(pk=second.pk).update(customer=person))
        written.waits_for_us()
    assert isinstance(written.outcome(), IntegrityError)
    assert set(Document.objects.values_list("customer", flat=True)) == {None}
