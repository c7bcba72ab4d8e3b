"""Every route × every role, asked by somebody who means harm.

FUZZ_REQUESTS  how many requests a route gets (script/soak gives many); FUZZ_SEED  which ones
"""

from __future__ import annotations

import copy
import os
import traceback
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import Error, connection, transaction
from django.test import Client
from django.urls import reverse

from tests.conftest import signed_in
from tests.test_access import TABLE, World

from .conftest import OURS, THEIRS
from .judging import faults
from .walking import Asked, Attacker, Form, forms_of

pytestmark = pytest.mark.django_db

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "3"))
SEED = os.environ.get("FUZZ_SEED", "1")
ANYBODY = "anybody"
PARAMETERS = (
    "q", "after", "before", "at", "store", "status", "kind", "from", "to", "on", "day", "lang",
    "line", "first", "last", "paper", "code", "open", "list", "version", "show", "number",
    "product", "type", "customer", "document", "fixed", "mode", "cards", "next", "format", "state",
    "overdue", "ended", "origin", "serial", "card", "count", "within", "since", "until", "step",
)  # fmt: skip


@pytest.fixture(scope="module")
def tally() -> Iterator[Counter[str]]:
    """What was answered how often; script/soak puts it into its table."""
    counted: Counter[str] = Counter()
    yield counted
    kinds = ", ".join(f"{counted[kind]:,} × {kind}" for kind in sorted(counted))
    print(f"SOAK | hostile input, seed {SEED} | {counted.total():,} requests: {kinds}")


class Siege:
    """One route under attack by people of every role."""

    def __init__(self, name: str, world: World) -> None:
        route = TABLE[name]
        self.world = world
        given = route.args(world)
        self.arguments = [str(each) for each in given]
        self.url = reverse(name, args=given)
        self.method = route.method.upper()
        self.data = [(key, str(value)) for key, value in route.data(world).items()]
        self.allowed = sorted(route.allowed)
        foreign = tuple(each for ids in world.foreign.values() for each in ids)
        near = world.foreign.get(name.partition(":")[0], ())
        self.attacker = Attacker(f"{SEED}:{name}", foreign, near)
        self.clients: dict[str, tuple[Client, Any]] = {}
        self.forms: dict[str, list[Form]] = {}

    def role(self) -> str:
        """Mostly somebody who may: they get further."""
        chance = self.attacker.chance
        if self.allowed and chance.random() < 0.7:
            return chance.choice(self.allowed)
        return chance.choice([*sorted(self.world.people), ANYBODY])

    def answer(self, asked: Asked, role: str) -> Any:
        """The response, or what was raised; what it did is undone."""
        if role not in self.clients:
            client = Client() if role == ANYBODY else signed_in(self.world.people[role])
            self.clients[role] = client, copy.deepcopy(client.cookies)
        client, cookies = self.clients[role]
        client.cookies = copy.deepcopy(cookies)
        headers = {"REMOTE_ADDR": f"10.0.0.{self.attacker.chance.randrange(250)}", **asked.headers}
        try:
            with transaction.atomic():
                response = client.generic(
                    asked.method, asked.url, asked.body, asked.content_type, **headers
                )
                if response.status_code < 400 and asked.method != "GET":
                    connection.check_constraints()  # what PostgreSQL would say at the commit
                transaction.set_rollback(True)
        except (Exception, Error) as error:
            return error
        return response

    def forms_for(self, role: str) -> list[Form]:
        """The forms on the page, or those on the pages above it that lead here."""
        if role not in self.forms:
            self.forms[role] = list(self._forms(role))
        return self.forms[role]

    def _forms(self, role: str) -> Iterator[Form]:
        if self.method == "GET":
            yield from self._on_page(self.url, role)
            return
        above = self.url
        while above.count("/") > 2:
            above = above.rstrip("/").rpartition("/")[0] + "/"
            found = [form for form in self._on_page(above, role) if form.action == self.url]
            if found:
                yield from found
                return
        yield Form(self.url, "post", self.data or [(name, "1") for name in PARAMETERS[:12]])

    def _on_page(self, url: str, role: str) -> list[Form]:
        response = self.answer(Asked("GET", url), role)
        is_page = getattr(response, "headers", {}).get("Content-Type", "").startswith("text/html")
        return forms_of(response.text, url) if is_page else []

    def next(self, role: str) -> Asked:
        """What is asked next, in one of several ways."""
        chance, attacker = self.attacker.chance, self.attacker
        forms = self.forms_for(role)
        ways = ["transport", "query"] + ["path"] * bool(self.arguments) + ["form"] * 4 * bool(forms)
        match chance.choice(ways):
            case "form":
                return attacker.form(chance.choice(forms))
            case "path":
                path = attacker.path(self.url, self.arguments)
                body = "a=1" if self.method == "POST" else ""
                return Asked(self.method, path, body.encode())
            case "query":
                names = {name for form in forms for name, _ in form.fields if form.method == "get"}
                return attacker.query(self.url, sorted({*names, *PARAMETERS}))
            case _:
                return attacker.transport(self.url, self.method)


def wrong_with(response: Any, secrets: tuple[str, ...]) -> list[str]:
    if isinstance(response, Exception):
        return ["".join(traceback.format_exception(response)[-6:])[-1800:]]
    return list(faults(response, secrets))


@pytest.mark.parametrize("name", sorted(TABLE))
def test_whatever_is_sent_nothing_breaks_and_nothing_is_told(name, world, tally):
    siege = Siege(name, world)
    found = []
    for _ in range(REQUESTS):
        role = siege.role()
        asked = siege.next(role)
        response = siege.answer(asked, role)
        tally[str(getattr(response, "status_code", "raised"))] += 1
        secrets = world.secrets.get(role, (OURS, THEIRS))
        found += [f"as {role}: {asked}\n    {wrong}" for wrong in wrong_with(response, secrets)]
    assert not found, "\n".join(found)
