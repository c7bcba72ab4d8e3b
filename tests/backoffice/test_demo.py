"""The demo shop: complete, sound, and loaded into an empty database only."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import zoneinfo
from collections import Counter
from collections.abc import Iterator

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import F, Sum
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from backoffice.demo.moments import moment
from backoffice.demo.people import COMPANY, PASSWORD, PEOPLE
from backoffice.week import weeks_of
from company.access import access_of
from company.models import Company, Membership, Store, User
from company.rights import Role
from documents.judging import what_posting_refuses
from documents.models import (
    Document,
    Kind,
    Line,
    LineSerial,
    Notice,
    Outstanding,
    Status,
)
from partners.models import Customer, Supplier
from products.gtin import is_gtin
from products.models import Paper, Product, ProductType
from products.modes import Mode
from products.serial_format import fits
from serials.models import Balance, LedgerEntry, PlaceKind, Posting, Serial
from warranty.models import Card, CardPrint, PrintRun, Term
from warranty.queries import cover_of_card
from warranty.terms import Cover

TABLES = (Company, Store, User, Membership, Supplier, Customer, ProductType, Product, Document,
          LineSerial, Posting, LedgerEntry, Serial, Balance, Term, Card)  # fmt: skip


def load(*options: str) -> str:
    """What the command says."""
    out = io.StringIO()
    call_command("load_demo", *options, stdout=out)
    return out.getvalue()


@pytest.fixture(scope="module")
def said(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The demo shop, loaded once for all tests here that ask for it; what the command said."""
    with django_db_blocker.unblock(), transaction.atomic():
        said = load()
        with connection.cursor() as cursor:  # what would run at COMMIT runs now
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        yield said
        transaction.set_rollback(True)


@pytest.fixture
def today(said: str) -> dt.date:
    return Store.objects.get(prefix="KY1").date_of(timezone.now())


def test_products_of_every_mode_and_cards_of_every_paper(said: str) -> None:
    assert set(Product.objects.values_list("mode", flat=True)) == set(Mode.values)
    assert set(ProductType.objects.values_list("card_paper", flat=True)) == set(Paper.values)


def test_every_mode_is_sold(said: str) -> None:
    sold = LedgerEntry.objects.filter(to_place__kind=PlaceKind.CUSTOMER)
    assert set(sold.values_list("product__mode", flat=True)) == set(Mode.values)


def test_every_row_passes_the_checks_of_its_form(said: str) -> None:
    for model in (Company, Store, User, Supplier, Customer, ProductType, Product):
        for row in model.objects.all():
            row.full_clean()


def test_every_barcode_is_a_gtin_of_thirteen_digits(said: str) -> None:
    barcodes = Product.objects.values_list("barcode", flat=True)
    assert all(len(barcode) == 13 and is_gtin(barcode) for barcode in barcodes)


def test_hundreds_of_serials_two_thirds_sold_in_the_format_of_their_types(said: str) -> None:
    serials = Serial.objects.select_related("product__type", "place")
    sold = [serial for serial in serials if serial.place.kind == PlaceKind.CUSTOMER]
    assert 600 <= len(serials) <= 900
    assert 0.55 <= len(sold) / len(serials) <= 0.75
    for serial in serials:
        kind = serial.product.type
        assert fits(serial.key, serial_format=kind.serial_format, mask=kind.serial_mask)


def test_warranties_running_ending_within_thirty_days_and_over(said: str, today: dt.date) -> None:
    covers = Counter(
        cover_of_card(card, today=today).cover
        for card in Card.objects.exclude(term__serial=None).select_related("term")
    )
    assert min(covers[Cover.COVERED], covers[Cover.ENDS_SOON], covers[Cover.OVER]) >= 5


def test_sales_today_and_yesterday_in_both_stores(said: str, today: dt.date) -> None:
    for day in (today, today - dt.timedelta(days=1)):
        sales = Document.objects.filter(kind=Kind.SALE, effective_on=day, status=Status.POSTED)
        counts = Counter(sales.values_list("store__prefix", flat=True))
        assert min(counts["KY1"], counts["LV1"]) >= 3


def test_nothing_is_posted_in_the_future_or_out_of_order(said: str) -> None:
    now = timezone.now()
    for store in Store.objects.all():
        postings = list(Posting.objects.filter(store=store).order_by("id"))
        moments = [posting.posted_at for posting in postings]
        assert moments == sorted(moments)
        assert moments[-1] <= now
        assert all(store.date_of(each.posted_at) == each.effective_on for each in postings)


def test_balances_are_what_the_ledger_adds_up_to(said: str) -> None:
    pieces: Counter[tuple[int, int]] = Counter()
    counted = set(Balance.objects.values_list("place_id", flat=True))
    for way, sign in (("to_place_id", 1), ("from_place_id", -1)):
        sums = LedgerEntry.objects.values_list("product_id", way).annotate(Sum("quantity"))
        for product_id, place_id, quantity in sums:
            if place_id in counted:
                pieces[product_id, place_id] += sign * quantity
    balances = Balance.objects.exclude(quantity=0)
    assert {(row.product_id, row.place_id): row.quantity for row in balances} == {
        place: quantity for place, quantity in pieces.items() if quantity
    }


def test_strict_serials_and_those_not_entered_are_as_many_as_the_balances_say(said: str) -> None:
    lying = Counter(
        Serial.objects.filter(product__mode=Mode.STRICT).values_list("product_id", "place_id")
    )
    for way, sign in (("to_place_id", 1), ("from_place_id", -1)):
        moved = LedgerEntry.objects.filter(unidentified=True).values_list("product_id", way)
        for product_id, place_id, quantity in moved.annotate(Sum("quantity")):
            lying[product_id, place_id] += sign * quantity
    balances = Balance.objects.filter(product__mode=Mode.STRICT, quantity__gt=0)
    assert balances.count() > 20
    for row in balances:
        assert lying[row.product_id, row.place_id] == row.quantity


def test_every_kind_of_document_is_posted_and_sent_goods_arrive_in_both_stores(said: str) -> None:
    posted = Document.objects.filter(status=Status.POSTED)
    counts = Counter(posted.values_list("kind", flat=True))
    assert set(counts) == set(Kind.values)
    assert counts[Kind.CUSTOMER_RETURN] > counts[Kind.EXCHANGE] >= 5
    assert counts[Kind.CUSTOMER_RETURN] + counts[Kind.EXCHANGE] < counts[Kind.SALE] / 8
    arrived = posted.filter(kind=Kind.ARRIVAL).values_list("store__prefix", flat=True)
    assert set(arrived) == {"KY1", "LV1"}


def test_a_sale_and_a_write_off_were_cancelled_for_reasons(said: str) -> None:
    cancelled = Document.objects.filter(status=Status.CANCELLED)
    assert set(cancelled.values_list("kind", flat=True)) == {Kind.SALE, Kind.WRITE_OFF}
    assert all(document.cancel_reason for document in cancelled)


def test_returns_are_good_and_defective_and_every_one_has_a_reason(said: str) -> None:
    back = Line.objects.filter(
        document__kind__in=[Kind.CUSTOMER_RETURN, Kind.EXCHANGE], origin__isnull=False
    )
    assert set(back.values_list("is_defective", flat=True)) == {True, False}
    for kinds in ([Kind.SUPPLIER_RETURN, Kind.WRITE_OFF], [Kind.CUSTOMER_RETURN]):
        assert not Line.objects.filter(document__kind__in=kinds, remark="").exists()


def test_one_transfer_is_on_its_way_and_one_arrived_short(said: str) -> None:
    left = Outstanding.objects.filter(
        purpose=Outstanding.Purpose.ARRIVE, settled__lt=F("quantity")
    ).values_list("line__document", flat=True)
    transfers = Document.objects.filter(pk__in=left)
    assert sorted(each.continued_by.count() for each in transfers) == [0, 1]


def test_two_units_wait_for_their_serials_and_one_was_entered(said: str) -> None:
    (waiting,) = Outstanding.objects.filter(purpose=Outstanding.Purpose.IDENTIFY)
    assert (waiting.quantity, waiting.settled) == (3, 1)
    assert waiting.line.document.without_serials


def test_a_unit_came_again_from_the_supplier_and_the_manager_is_told(said: str) -> None:
    (notice,) = Notice.objects.all()
    assert (notice.person.username, notice.seen_at) == ("taras", None)
    (unit,) = LineSerial.objects.filter(acknowledged__isnull=False)
    assert unit.document == notice.document


def test_one_recorded_serial_came_back_and_was_never_sold(said: str) -> None:
    (back,) = LedgerEntry.objects.filter(seq=1, from_place__kind=PlaceKind.CUSTOMER)
    assert back.product.mode == Mode.RECORDED


def test_something_is_given_back_today_in_each_store(said: str) -> None:
    for week in weeks_of(list(Store.objects.all()), now=timezone.now()):
        assert week.of_today.pieces_back >= 1


def test_every_page_of_the_demo_opens(said: str) -> None:
    client = Client()
    client.force_login(User.objects.get(username="olena"))
    documents = Document.objects.exclude(kind__in=[Kind.SALE, Kind.RECEIPT])
    units = Serial.objects.filter(entries__posting__kind__in=["exchange", "cancellation"])
    addresses = ["/", *(reverse("documents:document", args=[each.pk]) for each in documents[:30])]
    addresses += [reverse("backoffice:serial", args=[unit.pk]) for unit in units.distinct()[:20]]
    for address in addresses:
        assert client.get(address).status_code == 200, address


def test_two_recorded_serials_were_sold_and_never_received(said: str) -> None:
    first = LedgerEntry.objects.filter(seq=1, to_place__kind=PlaceKind.CUSTOMER)
    assert set(first.values_list("product__mode", flat=True)) == {Mode.RECORDED}
    assert first.count() == 2


def test_some_sales_have_a_customer_and_some_have_none(said: str) -> None:
    sales = Document.objects.filter(kind=Kind.SALE, status=Status.POSTED)
    named = sales.exclude(customer=None).count()
    assert 0.3 < named / sales.count() < 0.8


def test_a_half_scanned_receipt_and_a_sale_that_can_be_posted_wait_as_drafts(said: str) -> None:
    now = timezone.now()
    drafts = {
        (draft.kind, draft.store.prefix): [
            found.code for found in what_posting_refuses(draft, by=access_of(draft.author), now=now)
        ]
        for draft in Document.objects.filter(status=Status.DRAFT).select_related("store", "author")
    }
    assert drafts == {
        ("receipt", "KY1"): ["serials_missing"],
        ("sale", "KY1"): [],
        ("sale", "LV1"): ["at_another_store"],
    }


def test_cards_of_the_last_sales_are_printed_and_one_is_printed_again(said: str) -> None:
    runs = PrintRun.objects.defer("pdf")
    assert {run.status for run in runs} == {PrintRun.Status.DONE}
    assert set(CardPrint.objects.values_list("copy", flat=True)) == {1, 2}


def test_everybody_signs_in_with_what_the_command_printed(said: str) -> None:
    for person in PEOPLE:
        assert person.username in said
        user = authenticate(username=person.username, password=PASSWORD)
        assert isinstance(user, User)
        validate_password(PASSWORD, user)
        assert user.is_admin == (person.username == "olena")
    assert PASSWORD in said


def test_every_role_is_there_and_somebody_works_in_both_stores(said: str) -> None:
    assert set(Membership.objects.values_list("role", flat=True)) == set(Role.values)
    assert Membership.objects.filter(user__username="yulia").count() == 2


def test_a_second_load_if_empty_changes_nothing_and_prints_the_sign_ins(said: str) -> None:
    before = [model.objects.count() for model in TABLES]
    again = load("--if-empty")
    assert [model.objects.count() for model in TABLES] == before
    assert f"The database holds {COMPANY} already" in again
    assert PASSWORD in again


def test_a_second_load_is_refused_in_words(said: str) -> None:
    with pytest.raises(CommandError, match="already holds a company, Iskra Electronics"):
        load()


def test_another_company_is_left_alone_without_our_sign_ins(store: Store) -> None:
    said = load("--if-empty")
    assert "no demo shop is loaded" in said
    assert PASSWORD not in said
    assert not Product.objects.exists()


@pytest.mark.django_db
def test_a_load_that_fails_leaves_nothing_behind() -> None:
    User.objects.create_user("taras")  # who is to be made after the stores
    with pytest.raises(CommandError, match="nothing of it was kept: Another person has this name"):
        load()
    assert [model.objects.count() for model in TABLES] == [0, 0, 1] + [0] * (len(TABLES) - 3)


KYIV = zoneinfo.ZoneInfo("Europe/Kyiv")


@pytest.mark.parametrize("hour", [0, 3, 9, 12, 20, 23])
def test_moments_of_today_are_of_today_in_order_and_never_in_the_future(hour: int) -> None:
    now = dt.datetime(2026, 3, 29, hour, 0, 20, tzinfo=KYIV)  # the day the clocks go forward
    moments = [
        moment(now.date(), part / 10, time_zone="Europe/Kyiv", now=now) for part in range(11)
    ]
    assert moments == sorted(moments)
    assert moments[-1] <= now
    assert {each.astimezone(KYIV).date() for each in moments} == {now.date()}


def test_moments_of_a_past_day_are_within_opening_hours() -> None:
    now = dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC)
    first, last = (
        moment(dt.date(2026, 1, 15), part, time_zone="Europe/Kyiv", now=now).astimezone(KYIV)
        for part in (0, 1)
    )
    assert (first.hour, last.hour) == (9, 20)
    assert first.date() == last.date() == dt.date(2026, 1, 15)


def test_the_demo_shop_passes_the_check_of_its_ledger(said: str) -> None:
    call_command("check_ledger", stdout=io.StringIO())


def test_the_check_is_quick_where_postgresql_believes_the_tables_to_be_empty(said: str) -> None:
    """So it does after a vacuum that came while they were being filled."""
    tables = ", ".join(model._meta.db_table for model in (*TABLES, Line, Outstanding))
    other = connection.copy()
    with contextlib.closing(other), other.cursor() as cursor:
        cursor.execute(f"VACUUM {tables}")
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '30s'")
            call_command("check_ledger", stdout=io.StringIO())
            cursor.execute("SET LOCAL statement_timeout TO DEFAULT")
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {tables}")
