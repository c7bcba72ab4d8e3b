"""Forms of other sites, and parts of one thing asked for through another."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from documents.models import Line, LineSerial
from inventory.models import Scan
from repairs.models import Charge, Loan, Photo, Repair
from tests.test_access import TABLE

from .conftest import THEIRS

pytestmark = pytest.mark.django_db

PARTS = (Line, LineSerial, Charge, Photo, Scan, Loan)
MISSING = dict.fromkeys(
    (
        "documents:remove_line", "documents:remove_serial", "documents:remove_refused",
        "inventory:take_back", "repairs:remove_charge",
    ),
    302,
)  # fmt: skip
"""What is removed already is removed: these lead back to the page, and remove nothing else."""
POSTED = sorted(name for name, route in TABLE.items() if route.method == "post")


def test_no_form_is_taken_from_another_site(world):
    """Without a token of ours nothing is posted anywhere. Every form there is: some seconds."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.people["manager"])
    taken = []
    for name in POSTED:
        with transaction.atomic():
            url = reverse(name, args=TABLE[name].args(world))
            answer = client.post(url, TABLE[name].data(world), HTTP_ORIGIN="https://evil.example")
            transaction.set_rollback(True)
        if answer.status_code != 403:
            taken.append((name, answer.status_code))
    assert len(POSTED) > 40
    assert taken == []


def test_a_part_of_one_thing_is_not_reached_through_another(world):
    """A line through another document, a scan through another count; some seconds, like above."""
    instead = {
        "documents": world.return_draft.pk,
        "inventory": world.closed_count.pk,
        "repairs": Repair.objects.filter(store=world.store).first().pk,
    }
    client = Client()
    client.force_login(world.people["manager"])
    reached, asked = [], 0
    for name, route in TABLE.items():
        app = name.partition(":")[0]
        with transaction.atomic():
            args = route.args(world)
            if app in instead and len(args) > 1 and args[0] != instead[app] and args[1] != "intake":
                asked += 1
                url = reverse(name, args=[instead[app], *args[1:]])
                before = [model.objects.count() for model in PARTS]
                answer = getattr(client, route.method)(url, route.data(world))
                is_as_before = before == [model.objects.count() for model in PARTS]
                if not is_as_before or answer.status_code != MISSING.get(name, 404):
                    reached.append((name, answer.status_code))
            transaction.set_rollback(True)
    assert asked > 15
    assert reached == []


def test_nothing_of_another_store_is_reached_by_its_number(world):
    """Every page and form of a document, repair, count or card, with the number of theirs."""
    client = Client()
    client.force_login(world.people["manager"])
    places = {"documents": "documents", "repairs": "repairs", "inventory": "counts"}
    reached, asked = [], 0
    for name, route in TABLE.items():
        app = name.partition(":")[0]
        with transaction.atomic():
            args = route.args(world)
            of_one = (
                app in places and args and f"/{places[app]}/{args[0]}/" in reverse(name, args=args)
            )
            if of_one or name in {"warranty:card", "warranty:override"}:
                asked += 1
                url = reverse(name, args=[world.theirs[app][0], *args[1:]])
                answer = getattr(client, route.method)(url, route.data(world))
                # Only an admin changes an end: a manager is told so whatever the card.
                expected = 403 if name == "warranty:override" else 404
                if answer.status_code != expected or THEIRS.encode() in answer.content:
                    reached.append((name, answer.status_code))
            transaction.set_rollback(True)
    assert asked > 60
    assert reached == []
