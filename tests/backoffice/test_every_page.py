"""Every page that shows a unit, a card or a document, after each kind of movement."""

from __future__ import annotations

import pytest
from django.db import connection
from django.urls import reverse

from backoffice.searching import search
from company.access import access_of
from company.models import Membership, Store, User
from company.rights import Role
from documents.models import Document, Kind, Status
from serials.models import Serial
from tests.lasting import lasting
from tests.shop import (
    arrive,
    cancel,
    exchange,
    give_back,
    receive,
    return_to_supplier,
    sell,
    transfer,
    write_off,
)
from warranty.models import Card

pytestmark = pytest.mark.django_db


@lasting
def traded(store: Store, other_store: Store, manager: User, goods) -> User:
    """Who posted one of each kind, and cancelled a sale and an exchange."""
    Membership.objects.create(user=manager, store=other_store, role=Role.MANAGER)
    keys = [f"SN-{nth}" for nth in range(8)]
    receive(store, manager, (goods.strict, keys), (goods.period, 5))
    sale = sell(store, manager, (goods.strict, keys[:3]), (goods.period, 3))
    give_back(sale, store, manager, (goods.strict, ["SN-0"]), (goods.period, 1))
    exchange(sale, store, manager, [(goods.strict, ["SN-1"])], [(goods.strict, ["SN-3"])])
    return_to_supplier(store, manager, (goods.strict, ["SN-4"]))
    arrive(
        transfer(store, other_store, manager, (goods.strict, ["SN-5"])),
        manager,
        (goods.strict, ["SN-5"]),
    )
    write_off(store, manager, (goods.strict, ["SN-6"]))
    swap = exchange(sale, store, manager, [(goods.strict, ["SN-2"])], [(goods.strict, ["SN-7"])])
    connection.check_constraints()
    cancel(swap, manager)
    wrong = sell(store, manager, (goods.strict, ["SN-7"]))
    connection.check_constraints()
    cancel(wrong, manager)
    return manager


def test_no_page_breaks_on_any_kind_nor_on_what_was_cancelled(traded, client_of):
    client = client_of(traded)
    addresses = ["/", "/documents/", "/documents/?status=cancelled"]
    addresses += [f"/documents/?kind={kind}" for kind in Kind.values]
    for name, keys in (
        ("documents:document", Document.objects.values_list("pk", flat=True)),
        ("documents:labels", Document.objects.values_list("pk", flat=True)),
        ("backoffice:serial", Serial.objects.values_list("pk", flat=True)),
        ("warranty:card", Card.objects.values_list("number", flat=True)),
    ):
        addresses += [reverse(name, args=[key]) for key in keys]
    asked = [
        *Serial.objects.values_list("key", flat=True),
        *Card.objects.values_list("number", flat=True),
        *Document.objects.filter(kind__in=[Kind.SALE, Kind.EXCHANGE]).values_list(
            "number", flat=True
        ),
    ]
    addresses += [f"/warranty/?q={text}" for text in asked]
    addresses += ["/reports/", "/reports/claims/"]
    addresses += [
        f"/reports/under-warranty/?show={show}" for show in ("covered", "soon", "over", "in_repair")
    ]
    assert len(addresses) > 35
    for address in addresses:
        assert client.get(address).status_code == 200, address


def test_search_opens_every_document_also_a_cancelled_one(traded):
    access = access_of(traded)
    for document in Document.objects.all():
        assert search(document.number or "", access=access).exact == document
    cancelled = Document.objects.filter(status=Status.CANCELLED)
    assert {document.kind for document in cancelled} == {Kind.SALE, Kind.EXCHANGE}


def test_search_says_where_a_unit_is_now(traded, client_of):
    page = client_of(traded).get("/search/?q=SN-").text
    for words in ("at the supplier", "written off", "sold", "Lviv: in stock"):
        assert words in page


def test_the_cancelled_are_marked_in_the_latest_documents(store, traded, client_of):
    client = client_of(traded)
    client.post(reverse("company:switch_store"), {"store": store.pk})
    page = client.get("/").text
    assert 'data-state="cancelled"' in page


def test_a_reserved_number_of_a_cancelling_leads_nowhere(traded):
    """`KY1-S…/C` is no document of its own."""
    number = Document.objects.filter(status=Status.CANCELLED).first()
    assert number is not None
    assert search(f"{number}/C", access=access_of(traded)).nothing
