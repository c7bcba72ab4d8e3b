"""Saving a product: unique names, the optimistic lock, the accounting and its stock."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from company.access import access_of
from company.models import Store, User
from products.models import Product, ProductType
from products.saving import ChangedMeanwhile, save_product, save_type
from serials.models import LedgerEntry, Movement, PlaceKind, Posting, Serial
from serials.places import places_for
from serials.writing import next_posting_id
from tests.at_once import Behind, at_once
from tests.shop import receive, sell, set_aside

Post = Callable[..., Any]


@pytest.fixture
def phones(db) -> ProductType:
    return ProductType.objects.create(name="Phones", period_count=12, period_unit="months")


@pytest.fixture
def phone(phones: ProductType) -> Product:
    return Product.objects.create(
        sku="IP15", name="iPhone 15", type=phones, mode="strict", price=100, barcode="4006381333931"
    )


@pytest.fixture
def browser(admin: User, client_of: Callable[[User], Client]) -> Client:
    return client_of(admin)


def answers(kind: ProductType, **changes: object) -> dict[str, object]:
    """A filled form: what a browser sends."""
    return {
        "sku": "IP15",
        "name": "iPhone 15",
        "type": kind.pk,
        "barcode": "",
        "price": "100.00",
        "mode": "strict",
        "period_count": "",
        "period_unit": "months",
        "supplier_period_count": "",
        "supplier_period_unit": "months",
        "is_active": "on",
        "version": 1,
    } | changes


def data(kind: ProductType, **changes: object) -> dict[str, object]:
    """The same as a form reads it."""
    return {
        "sku": "IP15",
        "name": "iPhone 15",
        "type": kind,
        "barcode": "",
        "price": Decimal(100),
        "mode": "strict",
        "period_count": None,
        "period_unit": "",
        "supplier_period_count": None,
        "supplier_period_unit": "",
        "is_active": True,
    } | changes


def in_stock(product: Product, store: Store, by: User, pieces: int) -> None:
    """Receive so many pieces of a product, with serials when it asks for them."""
    units = [f"{store.prefix}-{nth}" for nth in range(pieces)]
    receive(store, by, (product, units if product.asks_serials else pieces))


def errors_of(response: Any) -> dict[str, list[str]]:
    return dict(response.context["form"].errors)


def test_admin_makes_a_product(browser: Client, phones: ProductType) -> None:
    response = browser.post("/products/new/", answers(phones, price="24 990,50", period_count="18"))
    made = Product.objects.get()
    assert response.status_code == 302
    assert (made.sku, made.price, str(made.period)) == ("IP15", Decimal("24990.50"), "18 months")


def test_new_product_brings_the_accounting_of_its_type(browser: Client) -> None:
    cables = ProductType.objects.create(name="Cables", default_mode="none")
    response = browser.get(f"/products/new/?type={cables.pk}")
    assert response.context["form"]["mode"].value() == "none"


def test_refused_product_keeps_the_type_that_was_chosen_last(
    browser: Client, phones: ProductType
) -> None:
    cables = ProductType.objects.create(name="Cables", period_count=3, period_unit="years")
    response = browser.post(f"/products/new/?type={phones.pk}", answers(cables, name=""))
    assert "Empty: 3 years, as the type Cables says." in response.content.decode()


def test_without_a_type_the_types_are_offered(browser: Client, phones: ProductType) -> None:
    response = browser.get("/products/new/?type=no-such")
    assert [row.type for row in response.context["types"]] == [phones]


def test_product_without_own_period_has_its_types(browser: Client, phones: ProductType) -> None:
    browser.post("/products/new/", answers(phones))
    made = Product.objects.get()
    assert (made.period_count, made.period_unit, str(made.period)) == (None, "", "12 months")


def test_sku_is_unique_whatever_its_case(
    browser: Client, phone: Product, phones: ProductType
) -> None:
    response = browser.post("/products/new/", answers(phones, sku="ip15"))
    assert response.status_code == 422
    assert errors_of(response) == {"sku": ["“iPhone 15” has this SKU already."]}


def test_barcode_is_unique_whatever_its_length(
    browser: Client, phone: Product, phones: ProductType
) -> None:
    response = browser.post("/products/new/", answers(phones, sku="X", barcode="04006381333931"))
    assert errors_of(response) == {"barcode": ["“iPhone 15” has this barcode already."]}


def test_all_mistakes_are_told_at_once(
    browser: Client, phone: Product, phones: ProductType
) -> None:
    wrong = answers(phones, barcode="4006381333932", price="-1", period_count="0", name="")
    response = browser.post("/products/new/", wrong)
    assert set(errors_of(response)) == {"sku", "barcode", "price", "period_count", "name"}


def test_sku_taken_between_check_and_save_is_a_field_error(
    admin: User, phone: Product, phones: ProductType
) -> None:
    with pytest.raises(ValidationError) as refused:
        save_product(data(phones, sku="ip15"), by=access_of(admin))
    assert refused.value.message_dict == {"sku": ["Another product has this SKU."]}


def test_barcode_taken_between_check_and_save_is_a_field_error(
    admin: User, phone: Product, phones: ProductType
) -> None:
    with pytest.raises(ValidationError) as refused:
        save_product(data(phones, sku="X", barcode=phone.barcode), by=access_of(admin))
    assert refused.value.message_dict == {"barcode": ["Another product has this barcode."]}


@pytest.mark.django_db(transaction=True)
def test_two_admins_with_one_sku_make_one_product(admin: User, phones: ProductType) -> None:
    by = access_of(admin)
    results = at_once(*[lambda: save_product(data(phones), by=by)] * 2)
    (refused,) = (result for result in results if isinstance(result, ValidationError))
    assert refused.message_dict == {"sku": ["Another product has this SKU."]}
    assert Product.objects.count() == 1


def test_only_an_admin_saves(manager: User, phones: ProductType) -> None:
    with pytest.raises(PermissionDenied):
        save_product(data(phones), by=access_of(manager))
    with pytest.raises(PermissionDenied):
        save_type({}, by=access_of(manager))


# Optimistic locking


def test_change_of_an_old_version_is_refused_and_shown(
    browser: Client, phone: Product, phones: ProductType
) -> None:
    browser.post(f"/products/{phone.pk}/edit/", answers(phones, price="120"))
    response = browser.post(f"/products/{phone.pk}/edit/", answers(phones, name="iPhone 15 Pro"))
    page = response.content.decode()
    assert response.status_code == 422
    assert "Name: in your form “iPhone 15 Pro” → now in the database “iPhone 15”" in page
    assert "Price: in your form 100.00 → now in the database 120.00" in page
    phone.refresh_from_db()
    assert (phone.name, phone.price) == ("iPhone 15", Decimal(120))


def test_second_press_saves_over_it_knowingly(
    browser: Client, phone: Product, phones: ProductType
) -> None:
    url = f"/products/{phone.pk}/edit/"
    browser.post(url, answers(phones, price="120"))
    shown = browser.post(url, answers(phones, name="iPhone 15 Pro")).context["form"]
    assert (shown["version"].value(), shown["name"].value()) == ("2", "iPhone 15 Pro")
    again = answers(phones, name="iPhone 15 Pro", version=shown["version"].value())
    assert browser.post(url, again).status_code == 302
    phone.refresh_from_db()
    assert (phone.name, phone.price, phone.version) == ("iPhone 15 Pro", Decimal(100), 3)


def test_same_save_twice_is_saved_once(
    browser: Client, phone: Product, phones: ProductType
) -> None:
    for _ in range(2):
        response = browser.post(f"/products/{phone.pk}/edit/", answers(phones, price="120"))
        assert response.status_code == 302
    phone.refresh_from_db()
    assert (phone.price, phone.version) == (Decimal(120), 2)


@pytest.mark.parametrize("version", ["", "0", "-1", "99999999999999999999", "x", "\0"])
def test_version_nobody_saw_saves_nothing(
    browser: Client, phone: Product, phones: ProductType, version: str
) -> None:
    url = f"/products/{phone.pk}/edit/"
    response = browser.post(url, answers(phones, name="Other", version=version))
    assert response.status_code == 422
    phone.refresh_from_db()
    assert phone.name == "iPhone 15"


@pytest.mark.django_db(transaction=True)
def test_second_of_two_changes_at_once_sees_the_first(
    admin: User, phone: Product, phones: ProductType
) -> None:
    by = access_of(admin)
    with transaction.atomic():
        save_product(data(phones, name="First"), by=by, pk=phone.pk, version=1)
        second = Behind(
            lambda: save_product(data(phones, name="Second"), by=by, pk=phone.pk, version=1)
        )
        second.waits_for_us()
    changed = second.outcome()
    assert isinstance(changed, ChangedMeanwhile), changed
    assert changed.current.name == "First"


# The accounting


def test_accounting_stays_while_there_is_stock(
    browser: Client,
    admin: User,
    phone: Product,
    phones: ProductType,
    store: Store,
    other_store: Store,
) -> None:
    in_stock(phone, store, admin, 3)
    in_stock(phone, other_store, admin, 1)
    response = browser.post(f"/products/{phone.pk}/edit/", answers(phones, mode="period"))
    assert response.status_code == 422
    (told,) = errors_of(response)["mode"]
    assert told == (
        "iPhone 15 still has stock (Lviv: 1 piece; Podil: 3 pieces), so its accounting stays "
        "“Strict warranty accounting”. Return or write off the goods first, or change it with "
        "the assistant."
    )
    phone.refresh_from_db()
    assert phone.mode == "strict"


def test_what_is_set_aside_is_named_apart(
    browser: Client,
    admin: User,
    phone: Product,
    phones: ProductType,
    store: Store,
) -> None:
    in_stock(phone, store, admin, 3)
    units = [unit.text for unit in Serial.objects.filter(product=phone)[:2]]
    set_aside(store, admin, (phone, units))
    response = browser.post(f"/products/{phone.pk}/edit/", answers(phones, mode="period"))
    (told,) = errors_of(response)["mode"]
    assert "(Podil: 1 piece; Podil (set aside): 2 pieces)" in told


def on_the_way(product: Product, store: Store, by: User, pieces: int) -> None:
    """Send pieces off, as a transfer will.

    No kind of posting does so yet and PostgreSQL refuses the header, so only the header is
    written past its triggers; the entry is written under them, and moves the balance.
    """
    at = places_for([PlaceKind.OUTSIDE, PlaceKind.TRANSIT], store_id=store.pk)
    posting_id = next_posting_id()
    LedgerEntry.objects.create(
        posting_id=posting_id,
        line=1,
        product=product,
        quantity=pieces,
        from_place=at[PlaceKind.OUTSIDE],
        to_place=at[PlaceKind.TRANSIT],
    )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Posting.objects.create(
            pk=posting_id,
            kind=Movement.RECEIPT,
            store=store,
            effective_on=store.date_of(timezone.now()),
            reference="TRANSFER-1",
            posted_at=timezone.now(),
            posted_by=by,
        )
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_stock_on_the_way_keeps_the_accounting_too(
    admin: User, phones: ProductType, store: Store
) -> None:
    kettle = Product.objects.create(sku="K", name="Kettle", type=phones, mode="period")
    on_the_way(kettle, store, admin, 2)
    changed = data(phones, sku="K", name="Kettle", mode="strict")
    with pytest.raises(ValidationError, match="in transit: 2 pieces"):
        save_product(changed, by=access_of(admin), pk=kettle.pk, version=1)


def test_accounting_changes_at_zero_stock(
    browser: Client, admin: User, phone: Product, phones: ProductType, store: Store
) -> None:
    receive(store, admin, (phone, ["SN1"]))
    sell(store, admin, (phone, ["SN1"]))
    assert (
        browser.post(f"/products/{phone.pk}/edit/", answers(phones, mode="none")).status_code == 302
    )
    phone.refresh_from_db()
    assert phone.mode == "none"


def test_warranty_without_serials_may_end_with_stock(
    admin: User, phones: ProductType, store: Store
) -> None:
    kettle = Product.objects.create(sku="K", name="Kettle", type=phones, mode="period")
    in_stock(kettle, store, admin, 5)
    saved = save_product(
        data(phones, sku="K", mode="none"), by=access_of(admin), pk=kettle.pk, version=1
    )
    assert saved.mode == "none"


def test_page_closes_the_cards_that_stock_closes(
    browser: Client, admin: User, phone: Product, store: Store
) -> None:
    in_stock(phone, store, admin, 3)
    response = browser.get(f"/products/{phone.pk}/edit/")
    cards = list(response.context["form"]["mode"])
    open_cards = [card.data["value"] for card in cards if not card.data["attrs"].get("disabled")]
    assert open_cards == ["strict"]
    assert "Podil: 3 pieces" in response.content.decode()


def test_other_fields_change_with_stock(
    browser: Client, admin: User, phone: Product, phones: ProductType, store: Store
) -> None:
    in_stock(phone, store, admin, 3)
    changed = answers(phones, price="99", is_active="")
    assert browser.post(f"/products/{phone.pk}/edit/", changed).status_code == 302


# Product types


def type_answers(**changes: object) -> dict[str, object]:
    return {
        "name": "Phones",
        "default_mode": "strict",
        "period_count": "2",
        "period_unit": "years",
        "supplier_period_count": "",
        "supplier_period_unit": "years",
        "extension": "",
        "extension_months": "",
        "replacement": "",
        "replacement_days": "",
        "card_paper": "a5",
        "serial_format": "any",
        "serial_mask": "",
        "on_bad_format": "warn",
    } | changes


def test_admin_makes_and_changes_a_type(browser: Client) -> None:
    assert browser.post("/products/types/new/", type_answers()).status_code == 302
    made = ProductType.objects.get()
    url = f"/products/types/{made.pk}/"
    assert browser.post(url, type_answers(name="Mobiles", period_count="")).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.period_count, made.period_unit) == ("Mobiles", None, "")


def test_the_suppliers_warranty_is_the_products_own_or_its_types(
    browser: Client, phones: ProductType
) -> None:
    url = f"/products/types/{phones.pk}/"
    given = {"supplier_period_count": "2", "supplier_period_unit": "years"}
    assert browser.post(url, type_answers(**given)).status_code == 302
    page = browser.get(f"/products/new/?type={phones.pk}").content.decode()
    assert "Empty: 2 years, as the type Phones says." in page

    browser.post("/products/new/", answers(phones))
    made = Product.objects.get()
    assert str(made.supplier_period) == "2 years"
    own = answers(phones, version=1, supplier_period_count="18", supplier_period_unit="months")
    assert browser.post(f"/products/{made.pk}/edit/", own).status_code == 302
    made.refresh_from_db()
    assert str(made.supplier_period) == "18 months"
    assert "18 months" in browser.get(f"/products/{made.pk}/").content.decode()


@pytest.mark.parametrize(("count", "unit"), [("0", "months"), ("101", "years"), ("x", "days")])
def test_a_supplier_does_not_stand_for_it_for_ever(
    count: str, unit: str, browser: Client, phones: ProductType
) -> None:
    wrong = answers(phones, supplier_period_count=count, supplier_period_unit=unit)
    response = browser.post("/products/new/", wrong)
    assert (response.status_code, set(errors_of(response))) == (422, {"supplier_period_count"})


def test_types_name_is_unique(browser: Client, admin: User, phones: ProductType) -> None:
    response = browser.post("/products/types/new/", type_answers())
    assert (response.status_code, set(errors_of(response))) == (422, {"name"})
    raced = type_answers(
        period_count=2, supplier_period_count=3, extension_months=None, replacement_days=None
    )
    with pytest.raises(ValidationError) as refused:
        save_type(raced, by=access_of(admin))
    assert set(refused.value.message_dict) == {"name"}


def test_mask_is_asked_for_where_it_is_needed(browser: Client) -> None:
    response = browser.post("/products/types/new/", type_answers(serial_format="mask"))
    assert set(errors_of(response)) == {"serial_mask"}


@pytest.mark.parametrize(
    ("count", "unit"), [("101", "years"), ("1201", "months"), ("0", "days"), ("9" * 30, "weeks")]
)
def test_period_lasts_from_one_day_to_a_hundred_years(
    browser: Client, count: str, unit: str
) -> None:
    odd = type_answers(period_count=count, period_unit=unit)
    response = browser.post("/products/types/new/", odd)
    assert (response.status_code, set(errors_of(response))) == (422, {"period_count"})


def test_each_of_two_wrong_periods_is_said_at_its_field(
    browser: Client, phones: ProductType
) -> None:
    odd = answers(phones, period_count="0", supplier_period_count="1201")
    response = browser.post("/products/new/", odd)
    assert errors_of(response) == {
        "period_count": ["A warranty lasts 1 or more, or leave it empty."],
        "supplier_period_count": ["At most 1200 months."],
    }


# A type's own policies


def test_a_type_does_as_the_company_unless_it_has_its_own_policies(browser: Client) -> None:
    browser.post("/products/types/new/", type_answers())
    kind = ProductType.objects.get()
    assert (kind.extension, kind.extension_months) == ("", None)
    assert (kind.replacement, kind.replacement_days) == ("", None)
    page = browser.get(f"/products/types/{kind.pk}/").text
    assert "Today: The days it was in repair." in page
    assert "Today: A full new term." in page
    own = type_answers(
        extension="months", extension_months="6", replacement="at_least", replacement_days="90"
    )
    assert browser.post(f"/products/types/{kind.pk}/", own).status_code == 302
    kind.refresh_from_db()
    assert (kind.extension, kind.extension_months) == ("months", 6)
    assert (kind.replacement, kind.replacement_days) == ("at_least", 90)


def test_a_number_that_no_policy_asks_for_is_not_kept(browser: Client) -> None:
    odd = type_answers(extension="days", extension_months="6", replacement_days="90")
    assert browser.post("/products/types/new/", odd).status_code == 302
    kind = ProductType.objects.get()
    assert (kind.extension_months, kind.replacement_days) == (None, None)


def test_the_number_of_a_policy_is_asked_for_and_nothing_else_is_lost(browser: Client) -> None:
    odd = type_answers(extension="months", replacement="at_least", name="Kept")
    response = browser.post("/products/types/new/", odd)
    assert response.status_code == 422
    assert errors_of(response) == {
        "extension_months": ["Write the months as a whole number from 1 to 120."],
        "replacement_days": ["Write the days as a whole number from 1 to 3650."],
    }
    assert 'value="Kept"' in response.text


# Hostile input

NASTY = ["\0", "x" * 5_000, "9" * 5_000, "-1", "NaN", "1e999999", "é\u202e\ufeff" * 2_000]


@pytest.mark.parametrize("field", list(answers(ProductType(pk=1))))
@pytest.mark.parametrize("text", NASTY)
def test_nothing_typed_breaks_the_product_form(
    browser: Client, phones: ProductType, field: str, text: str
) -> None:
    response = browser.post("/products/new/", answers(phones, **{field: text}))
    assert response.status_code in {302, 422}
    if response.status_code == 422:
        assert set(errors_of(response)) == {field}


@pytest.mark.parametrize("field", list(type_answers()))
@pytest.mark.parametrize("text", NASTY)
def test_nothing_typed_breaks_the_type_form(browser: Client, field: str, text: str) -> None:
    response = browser.post("/products/types/new/", type_answers(**{field: text}))
    assert response.status_code in {302, 422}
    if response.status_code == 422:
        assert set(errors_of(response)) == {field}


def test_an_empty_form_is_refused_at_its_fields(browser: Client, phones: ProductType) -> None:
    response = browser.post("/products/new/", {})
    assert set(errors_of(response)) == {"sku", "name", "type", "price", "mode"}
