"""PostgreSQL writes the history of the master data itself: whoever writes, and by whatever way."""

from __future__ import annotations

import functools
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from audit.acting import acting
from audit.forgetting import forget_customer
from audit.models import Action, Change
from audit.tracking import TRACKED
from company.access import access_of
from company.constraints import broken_constraint
from company.models import Company, Store, User
from company.people import save_person
from manage import main
from partners.models import Customer
from products.models import Product
from tests.shop import receive, sell
from warranty.design_models import CardDesign

pytestmark = pytest.mark.django_db


def history(kind: str, thing: int) -> list[Change]:
    return list(Change.objects.filter(kind=kind, thing=thing).order_by("pk"))


def refused_by(sql: str, *parameters: object) -> str:
    with (
        pytest.raises(IntegrityError) as refused,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql, parameters)
    return broken_constraint(refused.value)


def test_a_change_has_each_field_before_and_after(goods, store):
    product = goods.strict
    product.price, product.name = Decimal("89.90"), "Renamed"
    product.save()
    added, changed = history("products.product", product.pk)
    assert (added.action, added.changes["price"]) == (Action.ADDED, [None, 100.00])
    assert "barcode" not in added.fields  # empty says nothing
    assert changed.action == Action.CHANGED
    assert changed.changes == {"price": [100.00, 89.90], "name": ["Product strict", "Renamed"]}
    assert sorted(changed.fields) == ["name", "price"]
    assert changed.name == "Renamed"

    product.save()  # a new version, and nothing that people know
    assert len(history("products.product", product.pk)) == 2


def test_bulk_and_raw_writes_are_seen_too(goods):
    Product.objects.update(price=F("price") + 1)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE products_product SET is_active = false")
    for product in Product.objects.all():
        _added, priced, stopped = history("products.product", product.pk)
        assert priced.changes == {"price": [100.00, 101.00]}
        assert stopped.changes == {"is_active": [True, False]}


def test_a_password_is_changed_and_never_told(admin, cashier, store):
    hashes = {cashier.password}
    cashier.set_password("another-long-passphrase-8")
    cashier.save(update_fields=["password"])
    cashier.refresh_from_db()
    hashes.add(cashier.password)
    assert history("company.user", cashier.pk)[-1].changes == {"password": None}
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(change::text, ' ') FROM audit_change change")
        (everything,) = cursor.fetchone()
    assert len(hashes) == 2
    assert not [each for each in hashes if each in everything]


def test_roles_belong_to_their_person(admin, cashier, store, other_store):
    data = {
        "username": "cashier", "full_name": "Ira", "language": "en", "is_admin": False,
        "is_active": True,
    }  # fmt: skip
    before = len(history("company.user", cashier.pk))
    save_person(data, roles=[(other_store.pk, "manager")], by=access_of(admin), pk=cashier.pk)
    person, gone, given = history("company.user", cashier.pk)[before:]
    assert person.changes == {"first_name": ["", "Ira"]}
    assert (gone.part, gone.action) == ("role", Action.REMOVED)
    assert gone.changes == {"store_id": [store.pk, None], "role": ["cashier", None]}
    assert (given.part, given.action) == ("role", Action.ADDED)
    assert given.changes == {"store_id": [None, other_store.pk], "role": [None, "manager"]}


def test_a_version_of_a_card_is_compared_with_the_one_before(admin, goods):
    of_type = goods.strict.type
    common = {"type": of_type, "made_by": admin, "made_at": admin.date_joined, "text": "Terms"}
    CardDesign.objects.create(version=1, title="Card", **common)
    CardDesign.objects.create(version=2, title="Better card", **common)
    first, second = history("warranty.carddesign", of_type.pk)
    assert (first.action, second.action) == (Action.ADDED, Action.CHANGED)
    assert second.changes == {"title": ["Card", "Better card"]}
    CardDesign.objects.create(version=1, title="Of all", **common | {"type": None})
    assert history("warranty.carddesign", 0)[0].changes["title"] == [None, "Of all"]


def test_who_acts_is_told_with_the_route_and_the_store(admin, store, client_of):
    Company.current()
    client: Client = client_of(admin)
    answer = client.post(reverse("company:new_store"), {
        "name": "Odesa", "prefix": "OD1", "time_zone": "Europe/Kyiv", "language": "uk",
        "is_active": "on",
    })  # fmt: skip
    assert answer.status_code == 302, answer.context["form"].errors
    change = Change.objects.get(kind="company.store", name="Odesa")
    assert change.person == admin.pk
    assert change.context["route"] == "company:new_store"
    assert change.context["store"] == store.pk


def test_only_what_writes_to_a_tracked_table_says_who_acts(store, django_assert_num_queries):
    with acting(lambda: {"person": 7, "job": "100 % of it", "store": None}):
        with django_assert_num_queries(3) as sent:
            Store.objects.filter(pk=store.pk).update(phone="100%")
            list(Product.objects.all())
            Customer.objects.create(name="Iryna 100%")
        assert [("set_config" in each["sql"]) for each in sent] == [True, False, True]
        with connection.cursor() as cursor:
            cursor.execute("""
                WITH chosen AS (SELECT id FROM company_store)
                UPDATE company_store SET phone = '2' WHERE id IN (SELECT id FROM chosen)
            """)
        assert Customer.objects.filter(name="Iryna 100%").update(phone="1") == 1  # its own count
        with connection.cursor() as cursor:
            cursor.executemany("UPDATE company_store SET phone = %s", [["1"], ["2"]])
            cursor.execute("DELETE FROM partners_customer WHERE name LIKE 'Iryna%'")
            assert cursor.rowcount == 1
    told = Change.objects.filter(person=7)
    assert told.count() == 7
    assert {(each.context["job"], "store" in each.context) for each in told} == {
        ("100 % of it", False)
    }


def test_who_acts_within_a_job_is_told_with_the_job(store):
    with acting(lambda: {"job": "night", "person": None, "request": "r"}):
        with acting(lambda: {"person": 7}):
            Store.objects.filter(pk=store.pk).update(phone="1")
        Store.objects.filter(pk=store.pk).update(phone="2")
    told = Change.objects.filter(fields=["phone"]).order_by("pk")
    assert [(each.person, each.context) for each in told] == [
        (7, {"job": "night", "request": "r"}),
        (None, {"job": "night", "request": "r"}),
    ]


def test_what_a_job_changes_is_told_as_its_doing(store):
    job = Job(
        id=1, queue="default", lock=None, queueing_lock=None, task_name="shop.night",
        task_kwargs={"request_id": "r-1"},
    )  # fmt: skip
    context = JobContext(app=app, job=job, start_timestamp=0, abort_reason=lambda: None)
    work = functools.reduce(
        lambda inner, each: functools.partial(each, inner, context, None),
        reversed(app.worker_defaults["task_middleware"]),
        lambda: Store.objects.filter(pk=store.pk).update(phone="1"),
    )
    assert work() == 1
    assert Change.objects.latest("pk").context == {"job": "shop.night", "request": "r-1"}


@pytest.mark.django_db(transaction=True)  # a command closes its connection
def test_what_a_command_changes_is_told_as_its_doing(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a-long-passphrase-7")
    main(["manage.py", "createsuperuser", "--noinput", "--username=root", "--email=r@shop.example"])
    assert Change.objects.get(kind="company.user", name="root").context == {
        "command": "createsuperuser"
    }


def test_a_posting_sends_nothing_more_than_before(store, manager, goods):
    Company.current()
    with acting(lambda: {"person": manager.pk}), CaptureQueriesContext(connection) as sent:
        receive(store, manager, (goods.strict, ["A1"]))
        sell(store, manager, (goods.strict, ["A1"]))
    assert len(sent) > 20  # some join the products: what they write to is the ledger
    assert [each["sql"] for each in sent if "unitbook.acting" in each["sql"]] == []


def test_who_acts_is_forgotten_with_the_transaction(transactional_db):
    with acting(lambda: {"person": 7}):
        with transaction.atomic():
            Store.objects.create(name="One", prefix="ON1")
        Store.objects.create(name="Two", prefix="TW2")
    Store.objects.create(name="Three", prefix="TH3")
    told = Change.objects.order_by("pk").values_list("name", "person")
    assert list(told) == [("One", 7), ("Two", 7), ("Three", None)]


def test_nobody_changes_history(store):
    assert refused_by("UPDATE audit_change SET person = 1") == "audit_change_append_only"
    assert refused_by("UPDATE audit_change SET name = ''") == "audit_change_append_only"
    assert refused_by("DELETE FROM audit_change") == "audit_change_append_only"
    assert refused_by("TRUNCATE audit_change") == "audit_change_append_only"


def test_a_customer_is_forgotten_and_the_fact_stays(store):
    customer = Customer.objects.create(name="Iryna Bondar", phone="+380 67 000 00 00")
    other = Customer.objects.create(name="Petro")
    Customer.objects.filter(pk=customer.pk).update(name="Erased", phone="")
    assert forget_customer(customer.pk) == 2
    assert forget_customer(customer.pk) == 2  # again, and nothing is refused
    added, erased = history("partners.customer", customer.pk)
    assert (added.name, added.changes) == ("", {"name": None, "phone": None})
    assert (erased.name, erased.changes) == ("", {"name": None, "phone": None})
    assert history("partners.customer", other.pk)[0].name == "Petro"
    # And of a customer nothing else may be written over.
    sql = "UPDATE audit_change SET name = '', changes = %s WHERE thing = %s AND kind LIKE '%%omer'"
    assert refused_by(sql, '{"name": ["x", "y"]}', other.pk) == "audit_change_append_only"
    sql = (
        "UPDATE audit_change SET name = '', changes = '{\"name\": null}', person = 1 WHERE kind = "
    )
    assert refused_by(sql + "'partners.customer'") == "audit_change_append_only"


def test_every_column_is_tracked_or_knowingly_left_out():
    by_table = {model._meta.db_table: model for model in apps.get_models()}
    for tracked in TRACKED:
        columns = {field.column for field in by_table[tracked.table]._meta.concrete_fields}
        known = {column.rstrip("!") for column in tracked.columns} | {*tracked.left_out}
        assert columns - known == set(), tracked.table


def test_the_triggers_have_the_lists_of_the_program():
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT tgrelid::regclass::text, tgargs FROM pg_trigger WHERE tgname = 'audit_change'
        """)
        attached = {
            table: tuple(bytes(given).decode().split("\0")[:-1])
            for table, given in cursor.fetchall()
        }
    assert attached == {tracked.table: tracked.arguments for tracked in TRACKED}


def test_people_who_are_not_there_change_nothing(client, cashier):
    before = Change.objects.count()
    client.post(reverse("company:sign_in"), {"username": "cashier", "password": "wrong"})
    client.force_login(User.objects.get(pk=cashier.pk))  # the last sign-in is no change
    assert Change.objects.count() == before
