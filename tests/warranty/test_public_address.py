"""The address of a card's public page: one spelling, and whose it is."""

from __future__ import annotations

import uuid

import pytest
from django.urls import resolve, reverse
from hypothesis import given
from hypothesis import strategies as st

from company.models import Company
from warranty.public import public_address, public_url

TOKEN = uuid.UUID("1c9511ee-1a70-4740-928c-65c11b140784")
CODE = "HJUR7hpwR0CSjGXBGxQHhA"


@given(st.uuids(version=4))
def test_every_token_has_a_short_address_that_leads_back_to_it(token):
    path = reverse("public:card", args=[token])

    assert len(path) == len("/w//") + 22
    assert resolve(path).kwargs == {"token": token}


@pytest.mark.parametrize(
    "code",
    [
        CODE[:-1] + "B",  # decodes to the same bytes
        CODE[:-1],
        CODE + "A",
        CODE + "==",
        CODE.replace("H", "+", 1),
        CODE.replace("H", "/", 1),
        "HJUR7hpwR0CSjGXBGxQHh\u0410",
        str(TOKEN),
        TOKEN.hex,
    ],
)
def test_another_spelling_is_no_address(code):
    assert resolve(f"/w/{code}/").view_name == "public:unknown"


@pytest.mark.django_db
def test_the_companys_own_address_goes_before_the_environments(settings):
    settings.PUBLIC_URL = ""
    assert public_url(TOKEN) == ""

    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    assert public_url(TOKEN) == f"http://127.0.0.1:8000/w/{CODE}/"

    company = Company.current()
    company.public_address = "https://shop.example/warranty/"
    company.save()
    assert public_url(TOKEN) == f"https://shop.example/warranty/w/{CODE}/"


@pytest.mark.django_db
def test_a_known_address_is_not_asked_again(django_assert_num_queries, settings):
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    address = public_address()

    with django_assert_num_queries(0):
        assert public_url(TOKEN, at=address).startswith(address)
        assert public_url(TOKEN, at="") == ""
