"""The page that takes goods in: what it finds and refuses in words, and that nothing is lost."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from partners.models import Customer
from repairs.models import Photo, Repair
from repairs.subjects import SubjectKind
from serials.models import PlaceKind, Serial
from tests.shop import customer
from warranty.models import Card

from .desk import NEW, at, intake, picture, said, subject

pytestmark = pytest.mark.django_db


class TestTakingIn:
    def test_a_scan_shows_the_unit_with_its_cover_and_asks_the_rest(self, desk, sold):
        for text in ("A", Card.objects.get(term__serial__key="A").number):
            text = said(desk.get(NEW, {"scan": text}))
            assert "Product strict" in text
            assert "Covered until" in text
            assert sold.number in text
            assert 'name="complaint"' in text

    def test_everything_said_at_the_desk_is_kept_with_the_photos(self, desk, technician, sold):
        sent = intake(
            condition="Scratched", contents="Box", technician=technician.pk,
            promised_on="2026-10-01", decided="warranty", photos=[picture(), picture()],
        )  # fmt: skip
        response = desk.post(NEW, sent)
        repair = Repair.objects.get()
        assert response.headers["Location"] == at("repair", repair) + "?taken=1"
        assert (repair.condition, repair.contents, repair.decided) == (
            "Scratched", "Box", "warranty",
        )  # fmt: skip
        assert (repair.technician, repair.customer) == (technician, customer())
        assert repair.promised_on == dt.date(2026, 10, 1)
        assert repair.photos.count() == 2

    def test_what_is_missing_is_said_at_its_field_and_nothing_is_lost(self, desk, sold):
        sent = intake(
            complaint="", customer="new", name="", phone="067 1", condition="Cracked glass",
            photos=[picture()],
        )  # fmt: skip
        response = desk.post(NEW, sent)
        assert response.status_code == 422
        text = said(response)
        assert "Say what is wrong with it" in text
        assert "Cracked glass" in text
        assert 'value="067 1"' in text
        assert "Choose the photos again" in text
        assert not Repair.objects.exists()
        response = desk.post(NEW, intake(customer="new", name="", phone=""))
        text = said(response)
        assert response.status_code == 422
        assert "Choose the customer" in text or "Enter the customer" in text

    def test_a_file_that_is_no_picture_keeps_the_goods_out_and_says_so(self, desk, sold):
        bad = SimpleUploadedFile("notes.jpg", b"not a picture", "image/jpeg")
        response = desk.post(NEW, intake(photos=[bad]))
        assert response.status_code == 422
        assert "notes.jpg is no picture" in said(response)
        assert not Repair.objects.exists()
        assert not Photo.objects.exists()

    def test_a_new_customer_is_entered_with_the_repair(self, desk, sold):
        desk.post(NEW, intake(customer="new", name="Ihor Sava", phone="050 222 33 44"))
        assert Repair.objects.get().customer == Customer.objects.get(name="Ihor Sava")

    def test_a_customer_is_found_without_losing_what_was_typed(self, desk, sold):
        other = Customer.objects.create(name="Petro Hai", phone="+380 67 555 66 77")
        response = desk.post(NEW, intake(complaint="Half typed", q="0675556677", find="1"))
        assert response.status_code == 200
        text = said(response)
        assert "Petro Hai" in text
        assert f'value="{other.pk}"' in text
        assert "Half typed" in text
        assert not Repair.objects.exists()

    def test_what_is_in_repair_already_is_said_with_a_link(self, desk, repair):
        text = said(desk.get(NEW, {"scan": "A"}))
        assert "is in repair already" in text
        assert at("repair", repair) in text
        assert 'name="complaint"' not in text
        response = desk.post(NEW, intake())
        assert response.status_code == 422
        assert Repair.objects.count() == 1

    def test_our_own_stock_is_recognised_and_has_no_customer(self, bench, sold):
        text = said(bench.get(NEW, {"scan": "B"}))
        assert "Our own stock" in text
        assert 'name="customer"' not in text
        bench.post(
            NEW, {"subject": subject("B", SubjectKind.OWN_SERIAL), "complaint": "Dead pixel"}
        )
        repair = Repair.objects.get()
        assert repair.is_own
        assert Serial.objects.get(key="B").place.kind == PlaceKind.BLOCKED

    def test_the_number_of_a_sale_asks_which_piece_it_is(self, desk, sold):
        text = said(desk.get(NEW, {"scan": sold.number}))
        assert "which one is it?" in text
        for name in ("Product strict", "Product recorded", "Product period", "Product none"):
            assert name in text

    def test_a_phone_number_finds_what_the_customer_bought(self, desk, sold):
        buyer = Customer.objects.create(name="Iryna", phone="+380 50 765 43 21")
        card = Card.objects.get(term__serial__key="A")
        type(card.term).objects.filter(pk=card.term_id).update(customer=buyer)
        text = said(desk.get(NEW, {"scan": "050 765 43 21"}))
        assert f"subject=card%3A{card.pk}" in text

    def test_nothing_found_says_what_to_try(self, desk, sold):
        response = desk.get(NEW, {"scan": "NO-SUCH"})
        assert response.status_code == 422
        assert "Nothing sold or in stock here has the number" in said(response)

    @pytest.mark.parametrize("forged", ["serial:99999999", "serial:x", "what:1", "", "line:1e9"])
    def test_a_forged_subject_finds_nothing(self, forged, desk, sold):
        assert desk.get(NEW, {"subject": forged}).status_code in {200, 422}
        assert desk.post(NEW, intake(subject=forged)).status_code in {200, 422}
        assert not Repair.objects.exists()

    def test_a_cashier_may_not_choose_an_earlier_day_and_a_manager_may(
        self, desk, client_of, manager, sold
    ):
        assert 'name="claimed_on"' not in said(desk.get(NEW, {"scan": "A"}))
        client_of(manager).post(NEW, intake(claimed_on="2026-09-20"))
        assert Repair.objects.get().claim.claimed_on == dt.date(2026, 9, 20)

    def test_who_does_not_take_in_is_kept_out(self, client_of, storekeeper, stranger, sold):
        for person in (storekeeper, stranger):
            assert client_of(person).get(NEW).status_code == 403
