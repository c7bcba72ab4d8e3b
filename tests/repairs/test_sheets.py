"""The papers of a repair, read back: words by poppler, bars by zbar."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from company.access import access_of
from documents.sheets import Contact
from products.models import Product
from repairs.charging import add_charge, add_stock_part
from repairs.models import Repair
from repairs.printing import read_repair_sheet
from repairs.sheets import Paper, RepairSheet, render_repair
from repairs.working import decide as decide_payer
from repairs.working import edit
from tests.lasting import lasting
from tests.repairs.conftest import JUST_BEFORE, NOW, TODAY, WEEK_AGO
from tests.shop import hand_back, receive, set_status, take_in
from tests.warranty.pdfs import codes_of, sizes_of, text_of
from warranty.models import Card

pytestmark = pytest.mark.django_db


@lasting(at=JUST_BEFORE)
def repair(store, cashier, sold) -> Repair:
    return take_in(
        store,
        cashier,
        "A",
        now=WEEK_AGO,
        complaint="Reboots <by itself>",
        condition="Scratched frame",
        contents="Charger, box",
        promised_on=TODAY,
    )


def paper(repair: Repair, which: Paper) -> bytes:
    return render_repair(read_repair_sheet(repair.pk, which, now=NOW))


def decide(repair: Repair, by, payer: str, reason: str = "") -> None:
    repair.refresh_from_db()
    decide_payer(
        repair.pk, payer=payer, reason=reason, version=repair.version, by=access_of(by), now=NOW
    )


def write(repair: Repair, by, **changed: str) -> None:
    repair.refresh_from_db()
    edit(repair.pk, changed=changed, version=repair.version, by=access_of(by), now=NOW)


def test_the_intake_receipt_says_what_was_taken_and_its_bars_are_read(repair):
    pdf = paper(repair, Paper.INTAKE)
    text = text_of(pdf)
    for said in (
        "Repair intake receipt", repair.number, "Olena Koval", "067 123 45 67", "Product strict",
        "Reboots <by itself>", "Scratched frame", "Charger, box", "21 Sep 2026",
        "Covered by the warranty on this day", "Terms of repair", "name, signature, date",
        "Kontraktova 4, Kyiv", repair.claim.card.number,
    ):  # fmt: skip
        assert said in text, said
    assert codes_of(pdf) >= {repair.number, "A"}
    assert sizes_of(pdf) == [(210, 297)]


def test_the_estimate_has_work_and_parts_with_prices_and_a_place_to_agree(
    repair, store, technician, manager, goods
):
    receive(store, manager, (goods.strict, ["PART-7"]))
    by = access_of(technician)
    add_charge(
        repair.pk, kind="work", name="Soldering", quantity=2, unit_price=Decimal(150), by=by,
        now=NOW,
    )  # fmt: skip
    add_stock_part(
        repair.pk, product=goods.strict, serials=["PART-7"], unit_price=Decimal(640), by=by, now=NOW
    )
    decide(repair, technician, "customer", "Liquid inside")
    text = text_of(paper(repair, Paper.ESTIMATE))
    for said in (
        "Repair estimate", "Soldering", "300.00", "PART-7", "940.00 EUR", "I agree that the work",
    ):  # fmt: skip
        assert said in text, said


def test_under_warranty_the_customer_pays_nothing(repair, technician):
    add_charge(
        repair.pk, kind="work", name="Soldering", unit_price=Decimal(150),
        by=access_of(technician), now=NOW,
    )  # fmt: skip
    text = text_of(paper(repair, Paper.ESTIMATE))
    assert "Covered by the warranty. To pay" in text
    assert "0.00 EUR" in text


def test_an_amount_agreed_without_charges_is_what_the_papers_ask(repair, technician):
    decide(repair, technician, "customer", "Liquid inside")
    for to, more in (("diagnosed", {}), ("estimate", {}), ("agreed", {"agreed_amount": 500})):
        set_status(repair, technician, to, **more)
    assert "500.00 EUR" in text_of(paper(repair, Paper.ESTIMATE))
    hand_back(repair, technician, "repaired", now=NOW)
    assert "500.00 EUR" in text_of(paper(repair, Paper.ACT))


def test_the_act_tells_what_was_done_and_until_when_the_warranty_is_extended(repair, technician):
    write(repair, technician, diagnosis="Loose ribbon", work_done="Ribbon reseated")
    decide(repair, technician, "warranty")
    before = repair.claim.card.ends_on
    hand_back(repair, technician, "repaired", now=NOW)
    pdf = paper(repair, Paper.ACT)
    text = text_of(pdf)
    after = before + dt.timedelta(days=7)
    day = f"{after.day} {after:%b %Y}"
    for said in ("Repair hand-back act", "Repaired", "Loose ribbon", "Ribbon reseated",
                 f"The warranty is extended until {day}", "Received by the customer"):  # fmt: skip
        assert said in text, said
    assert repair.number in codes_of(pdf)


def test_the_act_of_a_refusal_has_its_reason_and_extends_nothing(repair, technician):
    decide(repair, technician, "customer", "Liquid inside")
    hand_back(repair, technician, "refused", now=NOW)
    text = text_of(paper(repair, Paper.ACT))
    assert "Refused" in text
    assert "Reason: Liquid inside" in text
    assert "extended" not in text
    assert "as before" in text


def test_the_act_of_a_replacement_names_the_new_unit_and_its_card(repair, technician, manager):
    decide(repair, manager, "warranty")
    hand_back(repair, manager, "replaced", replacement="B", now=NOW)
    text = text_of(paper(repair, Paper.ACT))
    new = Card.objects.get(term__serial__key="B")
    assert "Handed over instead: B" in text
    assert new.number in text


def test_reading_takes_as_many_statements_whatever_is_on_it(repair, store, manager, technician):
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            read_repair_sheet(repair.pk, Paper.ESTIMATE, now=NOW)
        return len(captured)

    part = Product.objects.get(sku="SKU-NONE")
    by = access_of(technician)
    add_stock_part(repair.pk, product=part, unit_price=Decimal(5), by=by, now=NOW)
    few = statements()
    for nth in range(5):
        add_charge(
            repair.pk, kind="work", name=f"Work {nth}", unit_price=Decimal(nth), by=by, now=NOW
        )
    add_stock_part(repair.pk, product=part, unit_price=Decimal(5), by=by, now=NOW)
    assert statements() == few


def test_a_repair_of_the_other_store_has_no_papers(repair, other_manager, stranger, client_of):
    for person in (other_manager, stranger):
        url = reverse("repairs:paper", args=[repair.pk, "intake"])
        assert client_of(person).get(url).status_code == 404


def test_the_act_is_there_once_it_was_handed_back(repair, cashier, client_of):
    client = client_of(cashier)
    assert client.get(reverse("repairs:paper", args=[repair.pk, "intake"])).status_code == 200
    assert client.get(reverse("repairs:paper", args=[repair.pk, "act"])).status_code == 404
    assert client.get(reverse("repairs:paper", args=[repair.pk, "nonsense"])).status_code == 404


def test_long_words_and_a_serial_without_bars_still_make_a_page():
    sheet = RepairSheet(
        paper=Paper.INTAKE,
        language="en",
        company_name="Company " * 10,
        currency="UAH",
        store=Contact("Store"),
        number="KY1-RP-2026-00001",
        customer=None,
        product_name="P" * 160,
        sku="S" * 40,
        serial="СЕРІЯ-" + "9" * 74,
        taken_in_on=TODAY,
        taken_in_by="Somebody",
        complaint="word " * 400,
        condition="x" * 1000,
        contents="y" * 1000,
    )
    assert "Our own stock" in text_of(render_repair(sheet))
