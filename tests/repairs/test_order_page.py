"""The page of a repair order: its steps, its costs, what is lent, and its end."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from company.access import access_of
from repairs.charging import add_charge
from repairs.models import Repair
from serials.models import PlaceKind, Serial
from tests.repairs.conftest import NOW
from tests.shop import hand_back, receive

from .desk import CHARGE, at, said, version

pytestmark = pytest.mark.django_db


class TestTheOrder:
    def test_the_page_tells_all_that_is_known(self, bench, repair):
        text = said(bench.get(at("repair", repair)))
        for word in (
            repair.number, "Received", "Overdue", "Olena Koval", "here for 7 days",
            "does not switch on", "Not decided",
        ):  # fmt: skip
            assert word in text, word

    def test_the_likeliest_step_is_one_key_away(self, bench, repair):
        text = said(bench.get(at("repair", repair)))
        assert 'name="to" value="diagnosed" data-shortcut="F9"' in text

    def test_a_cashier_sees_it_and_may_not_work_on_it(self, desk, repair):
        text = said(desk.get(at("repair", repair)))
        assert at("step", repair) not in text
        sent = {"to": "diagnosed", "version": version(repair)}
        assert desk.post(at("step", repair), sent).status_code == 403
        assert desk.post(at("add_charge", repair), CHARGE).status_code == 403

    def test_a_step_is_made_once(self, bench, repair):
        sent = {"to": "diagnosed", "version": version(repair), "note": "Loose ribbon"}
        for _ in range(2):
            response = bench.post(at("step", repair), sent, follow=True)
            assert response.status_code == 200
        assert repair.steps.count() == 2
        assert "Loose ribbon" in said(response)

    def test_sending_it_to_nobody_is_refused_at_the_field(self, bench, repair):
        sent = {"to": "at_supplier", "version": version(repair)}
        response = bench.post(at("step", repair), sent)
        assert response.status_code == 422
        assert "Choose the supplier it goes to." in said(response)

    def test_an_old_page_saves_nothing_and_loses_nothing(self, bench, technician, repair):
        old = version(repair)
        add_charge(
            repair.pk, kind="work", name="Cleaning", unit_price=Decimal(5),
            by=access_of(technician), now=NOW,
        )  # fmt: skip
        sent = {
            "version": old, "complaint": repair.complaint, "initial-complaint": repair.complaint,
            "diagnosis": "A long story typed for ten minutes", "initial-diagnosis": "",
        }  # fmt: skip
        response = bench.post(at("edit", repair), sent)
        text = said(response)
        assert response.status_code == 422
        assert "Somebody changed this repair meanwhile" in text
        assert "A long story typed for ten minutes" in text
        assert f'name="version" value="{version(repair)}"' in text
        sent["version"] = version(repair)
        assert bench.post(at("edit", repair), sent).status_code == 302
        assert Repair.objects.get().diagnosis == "A long story typed for ten minutes"

    def test_deciding_otherwise_than_the_term_needs_a_reason(self, bench, repair):
        sent = {"payer": "customer", "version": version(repair)}
        response = bench.post(at("decide", repair), sent)
        assert response.status_code == 422
        assert "give the reason" in said(response)
        sent["reason"] = "Liquid inside"
        assert bench.post(at("decide", repair), sent).status_code == 302
        assert Repair.objects.get().decided == "customer"

    def test_decided_the_other_way_the_old_reason_is_dropped(self, bench, repair):
        sent = {"payer": "customer", "reason": "Liquid inside", "version": version(repair)}
        bench.post(at("decide", repair), sent)
        repair.refresh_from_db()
        sent |= {"payer": "warranty", "version": version(repair)}
        assert bench.post(at("decide", repair), sent).status_code == 302
        repair.refresh_from_db()
        assert (repair.decided, repair.decision_reason) == ("warranty", "")

    def test_other_peoples_repairs_are_not_found(
        self, repair, client_of, other_manager, stranger, storekeeper
    ):
        for person in (other_manager, stranger):
            client = client_of(person)
            for name in ("repair", "hand_back", "cancel"):
                assert client.get(at(name, repair)).status_code == 404
            for name in ("step", "edit", "decide", "add_charge", "scan_part", "lend", "add_photos"):
                assert client.post(at(name, repair), {"version": 1}).status_code == 404
        assert client_of(storekeeper).get(at("repair", repair)).status_code == 200

    def test_the_number_of_statements_does_not_grow_with_what_is_on_it(
        self, bench, technician, repair
    ):
        def statements() -> int:
            with CaptureQueriesContext(connection) as captured:
                bench.get(at("repair", repair))
            return len(captured)

        by = access_of(technician)
        said = {"kind": "work", "unit_price": Decimal(5), "by": by, "now": NOW}
        add_charge(repair.pk, name="One", **said)
        few = statements()
        for nth in range(6):
            add_charge(repair.pk, name=f"Work {nth}", **said)
        assert statements() == few


class TestCosts:
    def test_work_and_parts_add_up(self, bench, repair):
        assert bench.post(at("add_charge", repair), CHARGE).status_code == 302
        text = said(bench.get(at("repair", repair)))
        assert "Soldering" in text
        assert "301.00" in text

    @pytest.mark.parametrize(
        ("field", "value", "words"),
        [("name", "", "Enter what was done"), ("quantity", "0", "Enter a quantity of 1"),
         ("unit_price", "free", "Write the price as a number"),
         ("unit_price", "", "Enter the price")],
    )  # fmt: skip
    def test_what_makes_no_sense_is_said_at_its_field(self, field, value, words, bench, repair):
        response = bench.post(at("add_charge", repair), CHARGE | {field: value})
        assert response.status_code == 422
        assert words in said(response)
        assert not repair.charges.exists()

    def test_a_part_is_scanned_out_of_stock_and_put_back(self, bench, repair, goods):
        bench.post(at("scan_part", repair), {"scan": "B"})
        charge = repair.charges.get()
        assert (charge.product, charge.unit_price) == (goods.strict, goods.strict.price)
        assert Serial.objects.get(key="B").place.kind != PlaceKind.SHELF
        connection.check_constraints()
        bench.post(at("remove_charge", repair, charge.pk))
        assert Serial.objects.get(key="B").place.kind == PlaceKind.SHELF
        assert not repair.charges.exists()

    def test_a_part_that_is_not_here_is_refused_with_where_it_is(self, bench, repair):
        response = bench.post(at("scan_part", repair), {"scan": "A"})
        assert response.status_code == 422
        assert "already sold by" in said(response)
        response = bench.post(at("scan_part", repair), {"scan": "NO-SUCH"})
        assert response.status_code == 422
        assert "Nothing in stock here is called NO-SUCH" in said(response)
        assert 'value="NO-SUCH"' in said(response)

    def test_goods_with_serials_are_not_used_by_their_barcode(self, bench, repair, goods):
        response = bench.post(at("scan_part", repair), {"scan": goods.strict.sku})
        assert response.status_code == 422
        assert "scan the one you take" in said(response)

    def test_a_name_that_fits_several_asks(self, bench, repair):
        text = said(bench.post(at("scan_part", repair), {"scan": "Product"}))
        assert "Which part?" in text
        assert not repair.charges.exists()

    def test_a_price_is_changed_and_a_wrong_one_stays_to_be_put_right(self, bench, repair):
        bench.post(at("add_charge", repair), CHARGE)
        charge = repair.charges.get()
        response = bench.post(at("price", repair, charge.pk), {"unit_price": "abc"})
        assert response.status_code == 422
        assert 'value="abc"' in said(response)
        bench.post(at("price", repair, charge.pk), {"unit_price": "99"})
        charge.refresh_from_db()
        assert charge.unit_price == 99


class TestLending:
    def test_a_unit_is_lent_and_comes_back(self, desk, repair):
        desk.post(at("lend", repair), {"scan": "B", "note": "With charger"})
        loan = repair.loans.get()
        text = said(desk.get(at("repair", repair)))
        assert "With the customer" in text
        assert "With charger" in text
        connection.check_constraints()
        desk.post(at("take_loaner_back", repair, loan.pk))
        assert Serial.objects.get(key="B").place.kind == PlaceKind.SHELF

    def test_what_is_not_in_stock_is_not_lent_and_the_note_stays(self, desk, repair):
        response = desk.post(at("lend", repair), {"scan": "A", "note": "Two chargers"})
        assert response.status_code == 422
        assert 'value="Two chargers"' in said(response)
        assert not repair.loans.exists()


class TestTheEnd:
    def ready(self, bench: Client, repair: Repair) -> None:
        bench.post(at("decide", repair), {"payer": "warranty", "version": version(repair)})
        sent = {"to": "ready", "result": "repaired", "version": version(repair)}
        bench.post(at("step", repair), sent)

    def test_the_page_says_what_handing_back_will_do(self, bench, repair):
        self.ready(bench, repair)
        text = said(bench.get(at("repair", repair)))
        end = repair.claim.card.ends_on + dt.timedelta(days=7)
        assert f"The warranty will end on {end.day} {end:%b %Y}, 7 days later than now." in text

    def test_a_cashier_hands_back_what_is_ready(self, desk, bench, repair):
        self.ready(bench, repair)
        connection.check_constraints()
        sent = {"result": "repaired", "version": version(repair)}
        response = desk.post(at("hand_back", repair), sent, follow=True)
        assert "is handed back" in said(response)
        assert "instead of" in said(response)
        repair.refresh_from_db()
        assert (repair.status, repair.result) == ("handed_back", "repaired")

    def test_everything_in_the_way_is_said_at_once(self, bench, repair):
        bench.post(at("lend", repair), {"scan": "B"})
        page = bench.get(at("hand_back", repair))
        text = said(page)
        assert "Decide first" in text
        assert "still lent" in text
        for part in ("decision", "loaners"):
            assert f'href="#{part}"' in page.content.decode()
        connection.check_constraints()
        response = bench.post(
            at("hand_back", repair), {"result": "repaired", "version": version(repair)}
        )
        assert response.status_code == 422
        text = said(response)
        assert "Decide first whether it is under warranty" in text
        assert "B is still lent to the customer" in text

    def test_a_replacement_needs_the_new_unit_and_posts_an_exchange(
        self, client_of, manager, repair
    ):
        boss = client_of(manager)
        self.ready(boss, repair)
        connection.check_constraints()
        sent = {"result": "replaced", "version": version(repair)}
        response = boss.post(at("hand_back", repair), sent)
        assert response.status_code == 422
        assert "Scan the unit that is handed over instead." in said(response)
        response = boss.post(at("hand_back", repair), sent | {"replacement": "B"}, follow=True)
        repair.refresh_from_db()
        assert repair.document.number in said(response)
        printing = reverse("warranty:print", args=[repair.document.posting_id])
        assert printing in response.content.decode()
        assert Serial.objects.get(key="B").place.kind == PlaceKind.CUSTOMER

    def test_a_replacement_of_another_product_is_called_by_its_name(
        self, client_of, store, manager, goods, repair
    ):
        receive(store, manager, (goods.recorded, ["X-1"]), now=NOW)
        boss = client_of(manager)
        self.ready(boss, repair)
        connection.check_constraints()
        sent = {"result": "replaced", "replacement": "x-1", "version": version(repair)}
        response = boss.post(at("hand_back", repair), sent)
        assert response.status_code == 422
        assert f"X-1 is {goods.recorded.name}." in said(response)

    def test_a_replacement_that_lies_elsewhere_is_refused_with_where(
        self, client_of, manager, other_store, other_manager, goods, repair
    ):
        receive(other_store, other_manager, (goods.strict, ["LV-1"]))
        boss = client_of(manager)
        self.ready(boss, repair)
        connection.check_constraints()
        sent = {"result": "replaced", "replacement": "LV-1", "version": version(repair)}
        response = boss.post(at("hand_back", repair), sent)
        assert response.status_code == 422
        assert "LV-1" in said(response)
        assert Repair.objects.get().status == "ready"

    def test_an_intake_that_was_a_mistake_is_cancelled_with_its_reason(self, desk, repair):
        response = desk.post(at("cancel", repair), {"version": version(repair), "reason": ""})
        assert response.status_code == 422
        connection.check_constraints()
        sent = {"version": version(repair), "reason": "Wrong shop"}
        text = said(desk.post(at("cancel", repair), sent, follow=True))
        assert "nothing was taken in" in text
        assert "Wrong shop" in text

    def test_what_has_ended_is_only_read(self, bench, technician, repair):
        self.ready(bench, repair)
        hand_back(repair, technician, "repaired")
        text = said(bench.get(at("repair", repair)))
        for name in ("step", "edit", "decide", "add_charge", "lend", "add_photos", "hand_back"):
            assert f'action="{at(name, repair)}"' not in text
        response = bench.post(at("add_charge", repair), CHARGE)
        assert response.status_code == 422
        assert "it stays as it is" in said(response)
