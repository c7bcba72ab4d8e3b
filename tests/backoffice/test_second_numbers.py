"""A unit's second number finds the same unit wherever it is looked for, and its page keeps it."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from backoffice.searching import search
from company.access import access_of
from documents.models import Document
from inventory.answers import Verdict
from inventory.models import Scan
from inventory.uploading import upload_list
from repairs.finding import find
from repairs.reading_scans import goods_scanned
from serials.models import Serial
from tests.inventory.conftest import begin, take
from tests.second_numbers import FIRST, NEXT, NEXT_SECOND, SECOND, THIRD, receive_pairs, with_imeis
from tests.shop import sell
from warranty.looking_up import look_up
from warranty.models import Card
from warranty.printing import request_print
from warranty.queries import card_views

pytestmark = pytest.mark.django_db


@pytest.fixture
def phone(goods):
    return with_imeis(goods.strict)


@pytest.fixture
def unit(store, manager, phone) -> Serial:
    receive_pairs(store, manager, phone, FIRST, SECOND, NEXT, NEXT_SECOND)
    return Serial.objects.get(key=FIRST)


def test_it_is_found_by_whatever_asks(store, manager, phone, unit, client_of):
    access, today = access_of(manager), store.date_of(timezone.now())
    assert search(SECOND, access=access).exact == unit
    assert unit in search(SECOND[:12], access=access).serials
    assert [one.serial for one in goods_scanned(SECOND, store=store)] == [FIRST]
    sell(store, manager, (phone, [FIRST]))
    for text in (SECOND, SECOND[-6:]):
        (piece,) = look_up(text, access=access, today=today).pieces
        assert piece.serial == unit
    (found,) = find(SECOND, store=store, access=access, today=today)
    assert found.serial == unit

    browser = client_of(manager)
    listed = browser.get(reverse("documents:list"), {"serial": SECOND}).content.decode()
    for document in Document.objects.all():
        assert document.number in listed


def test_the_stock_by_serial_finds_it_and_its_file_has_both(store, manager, unit, client_of):
    browser = client_of(manager)
    page = browser.get(reverse("backoffice:stock"), {"q": SECOND}).content.decode()
    assert FIRST in page
    assert NEXT not in page
    url = reverse("backoffice:export_stock")
    csv = browser.post(f"{url}?q={SECOND}", {"format": "csv"}).getvalue().decode("utf-8-sig")
    assert FIRST in csv
    assert SECOND in csv
    assert NEXT not in csv


def test_a_count_takes_both_numbers_for_one_unit_and_says_so(store, manager, unit):
    count = begin(store, manager)
    answer = take(count, manager, SECOND)
    assert (answer.verdict, answer.scanned) == (Verdict.EXPECTED, FIRST)
    assert f"{SECOND} is its second number." in answer.message
    assert take(count, manager, FIRST).verdict == Verdict.REPEATED
    listed = f"{NEXT_SECOND}\n{NEXT}\n{SECOND}\n".encode()
    result = upload_list(
        count.pk, name="list.txt", content=listed, by=access_of(manager), now=timezone.now()
    )
    assert (result.expected, result.unknown, result.repeated) == (1, 0, 2)
    assert list(Scan.objects.order_by("pk").values_list("text", flat=True)) == [FIRST, NEXT]


def test_the_card_says_both_numbers(store, manager, phone, unit, client_of):
    sale = sell(store, manager, (phone, [FIRST]))
    run = request_print(sale.posting_id, by=access_of(manager), now=timezone.now())
    assert [view.second_text for view in card_views(run)] == [SECOND]
    card = Card.objects.get()
    page = client_of(manager).get(reverse("warranty:card", args=[card.number])).content.decode()
    assert FIRST in page
    assert SECOND in page


class TestItsPage:
    def address(self, unit: Serial) -> str:
        return reverse("backoffice:second_number", args=[unit.pk])

    def test_a_storekeeper_corrects_it_and_the_page_tells_what_it_was(
        self, storekeeper, unit, client_of
    ):
        browser = client_of(storekeeper)
        form = browser.get(self.address(unit)).content.decode()
        assert 'name="second"' in form
        assert "affix" not in form  # what stands behind an input, as a currency does
        wrong = browser.post(self.address(unit), {"second": NEXT, "reason": "typo"})
        assert wrong.status_code == 422
        assert f"it names the unit {NEXT}" in wrong.content.decode()
        done = browser.post(self.address(unit), {"second": THIRD, "reason": "typo"}, follow=True)
        page = done.content.decode()
        assert THIRD in page
        assert f'<s class="serial">{SECOND}</s>' in page
        assert "typo" in page

    def test_a_cashier_sees_it_and_may_not(self, cashier, unit, client_of):
        browser = client_of(cashier)
        page = browser.get(reverse("backoffice:serial", args=[unit.pk])).content.decode()
        assert SECOND in page
        assert self.address(unit) not in page
        assert browser.post(self.address(unit), {"reason": "x"}).status_code == 403

    def test_another_stores_manager_finds_no_such_page(self, other_manager, unit, client_of):
        assert client_of(other_manager).get(self.address(unit)).status_code == 404
