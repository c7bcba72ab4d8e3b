"""The overview of shortcuts: what its keys begin and where they go, by role."""

from __future__ import annotations

import re

from django.urls import reverse


def begun_by(client, user) -> dict[str, str]:
    """What each digit begins on the home page of a person: its address."""
    page = client(user).get("/").content.decode()
    dialog = page[page.index('id="keys"') :]
    forms = re.findall(r'action="([^"]+)".*?data-shortcut="(\d)"', dialog)
    links = re.findall(r'href="([^"]+)" data-shortcut="(\d)"', dialog)
    return {key: url for url, key in [*forms, *links]}


def start(kind: str) -> str:
    return reverse("documents:start", args=[kind])


def test_each_role_begins_what_it_may(
    client_of, cashier, storekeeper, technician, manager, stranger
):
    count, repair = reverse("inventory:start_count"), reverse("repairs:take_in")
    counter = {
        "1": start("sale"), "3": start("customer_return"), "4": start("exchange"), "9": repair,
    }  # fmt: skip
    assert begun_by(client_of, cashier) == counter
    assert begun_by(client_of, storekeeper) == {
        "2": start("receipt"), "5": start("transfer"), "8": count,
    }  # fmt: skip
    assert begun_by(client_of, technician) == {"9": repair}
    assert begun_by(client_of, manager).keys() == set("123456789")
    assert begun_by(client_of, stranger) == {}


def test_no_two_keys_are_the_same(client_of, admin, store):
    admin.memberships.create(store=store, role="manager")
    page = client_of(admin).get("/").content.decode()
    keys = re.findall(r'data-shortcut="([a-z0-9])"', page[page.index('id="keys"') :])
    assert len(keys) == len(set(keys)) == 9 + 15
