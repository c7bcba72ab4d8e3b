"""A form that comes when the sign-in has ended or changed is kept, and sent with one press."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from company.held import LARGEST
from company.models import Session, User
from partners.models import Supplier
from tests.company.test_second_factor import enrol

PASSWORD = "a-long-passphrase-7"
TYPED = {"name": "Оптова база", "phone": "+380 44 000 00 00", "note": "\nline one\r\nline two <b>"}


@pytest.fixture
def ended(client_of: Callable[[User], Client], storekeeper: User) -> Client:
    """A browser whose sign-in ended while a form was open."""
    browser = client_of(storekeeper)
    Session.objects.all().delete()
    return browser


def names(page: Any) -> set[str]:
    return {each.name for each in page.templates}


def go_on_with(browser: Client, page: Any, **answers: str) -> Any:
    """Answer the page of a sign-in as its form would, with what it carries."""
    carried = {"next": page.context["next"], "held": page.context["held"].signed()}
    return browser.post("/sign-in/", answers | carried)


def send(browser: Client, page: Any) -> Any:
    """Press the button of the page that shows what was kept."""
    held = page.context["held"]
    return browser.post(held.path, dict(held.fields))


def test_form_is_there_again_after_the_sign_in(ended: Client, storekeeper: User) -> None:
    page = ended.post("/partners/suppliers/new/", TYPED | {"csrfmiddlewaretoken": "x"})
    assert page.status_code == 422
    assert "What you typed is kept" in page.text
    wrong = go_on_with(ended, page, username="storekeeper", password="wrong")
    assert wrong.status_code == 422
    kept = go_on_with(ended, wrong, username="storekeeper", password=PASSWORD)
    assert "company/held.html" in names(kept)
    assert dict(kept.context["held"].fields) == TYPED
    assert "line one" in kept.text
    assert "<b>" not in kept.text
    assert Supplier.objects.count() == 0
    assert send(ended, kept).status_code == 302
    assert Supplier.objects.get().name == "Оптова база"


def test_form_goes_through_the_code_of_a_second_factor(ended: Client, storekeeper: User) -> None:
    codes = enrol(storekeeper)
    page = ended.post("/partners/suppliers/new/", TYPED)
    asked = go_on_with(ended, page, username="storekeeper", password=PASSWORD)
    assert "company/code.html" in names(asked)
    carried = {"held": asked.context["held"].signed(), "code": codes[0]}
    kept = ended.post("/sign-in/code/", carried)
    assert dict(kept.context["held"].fields) == TYPED


def test_passwords_and_files_are_not_carried(ended: Client) -> None:
    page = ended.post(
        "/password/", {"old_password": "hush-hush", "new_password1": "hush-hush", "other": "kept"}
    )
    assert page.context["held"].fields == [("other", "kept")]
    assert "hush-hush" not in page.text
    file = SimpleUploadedFile("list.txt", b"SN1")
    page = ended.post("/documents/1/upload/", {"file": file, "product": "7"})
    assert page.context["held"].had_files


def test_form_with_nothing_typed_leads_back_to_its_page(ended: Client) -> None:
    answer = ended.post(
        "/documents/new/receipt/",
        headers={"Referer": "http://testserver/documents/?kind=receipt"},
    )
    assert answer.headers["Location"] == "/sign-in/?next=/documents/%3Fkind%3Dreceipt"
    elsewhere = ended.post("/documents/new/receipt/", headers={"Referer": "https://evil.example/"})
    assert elsewhere.headers["Location"] == "/sign-in/?next=/documents/new/receipt/"


def test_far_too_much_is_not_carried(ended: Client) -> None:
    page = ended.post("/partners/suppliers/new/", {"note": "x" * (LARGEST + 1)})
    assert page.status_code == 302


@pytest.mark.parametrize("held", ["x", "", "\0", "W10:1x:y", "{}"])
def test_what_we_did_not_sign_is_not_shown(client: Client, cashier: User, held: str) -> None:
    answers = {"username": "cashier", "password": PASSWORD, "held": held}
    assert client.post("/sign-in/", answers).headers["Location"] == "/"


def test_old_page_after_another_tab_signed_in_loses_nothing(storekeeper: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    token = browser.get("/sign-in/").context["csrf_token"]
    data = {"username": "storekeeper", "password": PASSWORD, "csrfmiddlewaretoken": str(token)}
    browser.post("/sign-in/", data)
    form = TYPED | {"csrfmiddlewaretoken": str(token)}  # the token from before the sign-in
    ours = {"Origin": "http://testserver"}
    page = browser.post("/partners/suppliers/new/", form, headers=ours)
    assert (page.status_code, dict(page.context["held"].fields)) == (422, TYPED)
    assert Supplier.objects.count() == 0
    fresh = dict(page.context["held"].fields) | {
        "csrfmiddlewaretoken": str(page.context["csrf_token"])
    }
    assert browser.post("/partners/suppliers/new/", fresh, headers=ours).status_code == 302
    assert Supplier.objects.count() == 1


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_form_of_another_site_is_refused_and_not_offered(
    storekeeper: User, headers: dict[str, str]
) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(storekeeper)
    page = browser.post("/partners/suppliers/new/", TYPED, headers=headers)
    assert page.status_code == 403
    assert "Оптова" not in page.text


def test_fragment_of_an_old_page_is_told_to_send_the_form_whole(storekeeper: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(storekeeper)
    headers = {"Origin": "http://testserver", "HX-Request": "true"}
    page = browser.post("/partners/suppliers/new/", TYPED, headers=headers)
    assert (page.status_code, page.headers["X-Form"]) == (403, "stale")
