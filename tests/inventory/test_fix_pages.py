"""The pages of an unknown unit and of what puts it right, as people of each role get them."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from company.access import access_of
from company.models import Membership
from company.rights import Role
from documents.models import Document
from inventory.fixing import preview
from inventory.models import Scan
from inventory.taking_back import take_back
from serials.models import Serial
from tests.books import books_agree, place_of
from tests.inventory.conftest import begin, take
from tests.lasting import lasting
from tests.shop import receive, sell
from warranty.models import Card

pytestmark = pytest.mark.django_db


@lasting
def sale(store, manager, goods) -> Document:
    receive(store, manager, (goods.strict, ["SN-1", "SN-2", "SN-3"]))
    return sell(store, manager, (goods.strict, ["SN-1"]))


@lasting
def count(store, manager, sale):
    count = begin(store, manager)
    take(count, manager, "SN-1")
    take(count, manager, "SN-3")
    return count


@pytest.fixture
def scan(count) -> Scan:
    return Scan.objects.get(key="SN-1")


def fix_url(scan: Scan, went: str) -> str:
    return reverse("inventory:fix", args=[scan.count_id, scan.pk, Serial.objects.get(key=went).pk])


def list_url(scan: Scan) -> str:
    return reverse("inventory:count", args=[scan.count_id]) + "?list=unknown"


def seen(scan: Scan, went: str, by) -> dict[str, int]:
    other = Serial.objects.get(key=went)
    looked = preview(scan.count_id, scan.pk, other.pk, by=access_of(by)).seen
    return {"lies": looked.lies, "went": looked.went}


def shown(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


class TestTheList:
    def test_a_manager_gets_the_swap_as_a_link(self, client_of, manager, scan):
        page = client_of(manager).get(list_url(scan))
        assert f'href="{fix_url(scan, "SN-2")}"' in page.content.decode()
        assert "Swap: SN-1 lies here, SN-2 was sold" in shown(page)
        assert "Take the scan back" in shown(page)

    def test_a_storekeeper_is_told_that_a_manager_can(self, client_of, storekeeper, scan):
        page = client_of(storekeeper).get(list_url(scan))
        assert fix_url(scan, "SN-2") not in page.content.decode()
        assert "A manager can put it right with one press." in shown(page)

    def test_the_list_alone_has_the_cards(self, client_of, manager, scan):
        part = client_of(manager).get(
            list_url(scan), headers={"HX-Request": "true", "HX-Target": "list"}
        )
        assert "Swap: SN-1 lies here" in shown(part)
        assert "<html" not in part.content.decode()

    def test_documents_are_started_in_the_store_that_is_counted(
        self, client_of, manager, other_store, scan
    ):
        Membership.objects.create(user=manager, store=other_store, role=Role.MANAGER)
        client = client_of(manager)
        client.post(reverse("company:switch_store"), {"store": scan.count.store_id})
        assert "The customer brought it back" in shown(client.get(list_url(scan)))
        client.post(reverse("company:switch_store"), {"store": other_store.pk})
        assert "The customer brought it back" not in shown(client.get(list_url(scan)))

    def test_an_ended_count_has_no_cards(self, client_of, manager, scan):
        client = client_of(manager)
        client.post(reverse("inventory:abandon", args=[scan.count_id]))
        page = client.get(list_url(scan))
        assert page.status_code == 200
        assert fix_url(scan, "SN-2") not in page.content.decode()

    def test_the_page_costs_the_same_for_many(
        self, client_of, manager, store, goods, scan, django_assert_max_num_queries
    ):
        client = client_of(manager)
        client.get(list_url(scan))
        with CaptureQueriesContext(connection) as one:
            client.get(list_url(scan))
        texts = [f"M-{nth:03d}" for nth in range(12)]
        receive(store, manager, (goods.strict, texts))
        for text in texts[:6]:
            sell(store, manager, (goods.strict, [text]))
            take(scan.count, manager, text)
        with django_assert_max_num_queries(len(one)):
            client.get(list_url(scan))


class TestOneUnknownUnit:
    def test_it_offers_the_other_candidates_and_a_box(self, client_of, manager, store, goods, scan):
        other = Scan.objects.get(key="SN-3")
        take_back(scan.count_id, other.pk, by=access_of(manager), now=timezone.now())
        page = client_of(manager).get(reverse("inventory:unknown", args=[scan.count_id, scan.pk]))
        assert fix_url(scan, "SN-3") in page.content.decode()
        assert 'name="went"' in page.content.decode()

    def test_a_storekeeper_reads_it_without_buttons(self, client_of, storekeeper, scan):
        page = client_of(storekeeper).get(
            reverse("inventory:unknown", args=[scan.count_id, scan.pk])
        )
        assert page.status_code == 200
        assert "/fix/" not in page.content.decode()

    def test_what_is_explained_by_now_leads_back(self, client_of, manager, scan):
        client = client_of(manager)
        client.post(fix_url(scan, "SN-2"), seen(scan, "SN-2", manager))
        page = client.get(reverse("inventory:unknown", args=[scan.count_id, scan.pk]), follow=True)
        assert page.redirect_chain[0][0] == list_url(scan)
        assert "SN-1 is not unknown any more." in shown(page)

    def test_a_typed_number_leads_to_its_preview(self, client_of, manager, scan):
        url = reverse("inventory:named", args=[scan.count_id, scan.pk])
        typed = client_of(manager).get(url, {"went": " sn-2 "})
        assert (typed.status_code, typed.url) == (302, fix_url(scan, "SN-2"))

    @pytest.mark.parametrize("text", ["SN-9", "SN-1", "", "\0", "x" * 81])
    def test_a_number_that_is_not_here_is_refused_in_words(self, client_of, manager, scan, text):
        url = reverse("inventory:named", args=[scan.count_id, scan.pk])
        typed = client_of(manager).get(url, {"went": text})
        assert typed.status_code == 422
        assert 'id="id_went_error"' in typed.content.decode()

    def test_a_number_of_several_products_asks_which(self, client_of, manager, store, goods):
        for product in (goods.strict, goods.recorded):
            receive(store, manager, (product, ["SN-O815"]))
        count = begin(store, manager)
        take(count, manager, "SN-0815")
        scan = Scan.objects.get(key="SN-0815")
        url = reverse("inventory:named", args=[count.pk, scan.pk])
        typed = client_of(manager).get(url, {"went": "SN-O815"})
        assert typed.status_code == 200
        for unit in Serial.objects.filter(key="SN-O815"):
            fix = reverse("inventory:fix", args=[count.pk, scan.pk, unit.pk])
            assert fix in typed.content.decode()


class TestTheFix:
    def test_the_preview_says_what_changes(self, client_of, manager, sale, scan):
        page = client_of(manager).get(fix_url(scan, "SN-2"))
        card = Card.objects.get()
        text = shown(page)
        assert page.status_code == 200
        assert sale.number in text
        assert f"This card becomes void: {card.number} ." in text
        assert "A new one can be printed for SN-2." in text
        assert place_of("SN-1") == "customer"

    def test_one_press_does_it_and_the_card_can_be_printed(self, client_of, manager, scan):
        client = client_of(manager)
        page = client.post(fix_url(scan, "SN-2"), seen(scan, "SN-2", manager), follow=True)
        correction = Document.objects.get(kind="correction")
        assert page.redirect_chain[0][0] == f"{list_url(scan)}&fixed={correction.pk}"
        text = page.content.decode()
        assert reverse("documents:document", args=[correction.pk]) in text
        assert reverse("warranty:print", args=[correction.posting_id]) in text
        assert Card.objects.get(void_on=None).number in text
        assert "Nothing is unknown" in text
        books_agree()

    def test_where_no_card_moved_none_is_printed(self, client_of, manager, store, goods):
        receive(store, manager, (goods.recorded, ["SN-O815"]))
        count = begin(store, manager)
        take(count, manager, "SN-0815")
        scan = Scan.objects.get(key="SN-0815")
        client = client_of(manager)
        assert "Rename it" in shown(client.get(fix_url(scan, "SN-O815")))
        page = client.post(fix_url(scan, "SN-O815"), seen(scan, "SN-O815", manager), follow=True)
        assert "Put right by correction" in shown(page)
        assert "Print the new card" not in shown(page)

    def test_what_moved_since_is_refused_with_the_reason(
        self, client_of, manager, store, goods, scan
    ):
        looked = seen(scan, "SN-2", manager)
        sell(store, manager, (goods.strict, ["SN-2"]))
        page = client_of(manager).post(fix_url(scan, "SN-2"), looked)
        assert page.status_code == 422
        assert "Nothing was changed" in shown(page)
        assert "SN-2 is not in this store" in shown(page)
        assert not Document.objects.filter(kind="correction").exists()

    def test_an_old_page_is_read_again(self, client_of, manager, scan):
        page = client_of(manager).post(fix_url(scan, "SN-2"), {"lies": 1, "went": 1})
        assert page.status_code == 422
        assert "moved since you looked" in shown(page)
        assert 'name="lies" value="2"' in page.content.decode()

    @pytest.mark.parametrize("data", [{}, {"lies": "x", "went": 1}, {"lies": -1, "went": 10**30}])
    def test_a_forged_form_does_nothing(self, client_of, manager, scan, data):
        assert client_of(manager).post(fix_url(scan, "SN-2"), data).status_code == 422
        assert not Document.objects.filter(kind="correction").exists()

    def test_a_correction_of_another_store_is_not_shown(
        self, client_of, manager, other_manager, other_store, goods, scan
    ):
        receive(other_store, other_manager, (goods.strict, ["T-1", "T-2"]))
        sell(other_store, other_manager, (goods.strict, ["T-1"]))
        theirs = begin(other_store, other_manager)
        take(theirs, other_manager, "T-1")
        their_scan = Scan.objects.get(key="T-1")
        client_of(other_manager).post(
            fix_url(their_scan, "T-2"), seen(their_scan, "T-2", other_manager)
        )
        correction = Document.objects.get(kind="correction")
        page = client_of(manager).get(f"{list_url(scan)}&fixed={correction.pk}")
        assert correction.number not in shown(page)
        for forged in ("x", "9" * 30, "-1"):
            assert client_of(manager).get(f"{list_url(scan)}&fixed={forged}").status_code == 200

    def test_a_scan_of_another_count_and_a_unit_that_is_not_there(self, client_of, manager, scan):
        client = client_of(manager)
        for args in ([scan.count_id, scan.pk + 99, 1], [scan.count_id, scan.pk, 10**15]):
            assert client.get(reverse("inventory:fix", args=args)).status_code == 404
            assert (
                client.post(reverse("inventory:fix", args=args), {"lies": 2, "went": 1}).status_code
                == 404
            )

    @pytest.mark.parametrize("who", ["cashier", "storekeeper"])
    def test_who_may_not_correct_gets_403(self, client_of, request, scan, who):
        client = client_of(request.getfixturevalue(who))
        assert client.get(fix_url(scan, "SN-2")).status_code == 403
        assert client.post(fix_url(scan, "SN-2"), {"lies": 2, "went": 1}).status_code == 403
        assert place_of("SN-1") == "customer"

    @pytest.mark.parametrize("who", ["stranger", "other_manager"])
    def test_for_others_it_is_not_there(self, client_of, request, scan, who):
        client = client_of(request.getfixturevalue(who))
        assert client.get(fix_url(scan, "SN-2")).status_code == 404
        assert client.post(fix_url(scan, "SN-2"), {"lies": 2, "went": 1}).status_code == 404
