"""Long files: a page shows how far the job is, what the file comes to, what came of it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from company.reading_tables import rows_about
from documents import uploading_long
from documents.models import Document, LineSerial, Upload
from serials import reading_files
from serials.reading_files import takes_long
from tests.documents.test_uploading import xlsx
from tests.shop import draft, post, put

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def short_patience(monkeypatch):
    monkeypatch.setattr(reading_files, "LONG_TEXT", 3)
    monkeypatch.setattr(reading_files, "LONG_SHEET", 3)
    monkeypatch.setattr(reading_files, "TOLD_EVERY", 2)


@pytest.fixture
def receipt(store, manager) -> Document:
    return draft("receipt", store, manager, [])


@pytest.fixture
def browser(client_of, manager):
    return client_of(manager)


def content(goods, *serials: str) -> str:
    return "SKU;Serial\n" + "".join(f"{goods.strict.sku};{one}\n" for one in serials)


def choose(browser, receipt: Document, text: str | bytes, name: str = "list.csv") -> str:
    """The page that a chosen file leads to."""
    raw = text.encode() if isinstance(text, str) else text
    sent = {"file": SimpleUploadedFile(name, raw)}
    answer = browser.post(reverse("documents:upload", args=[receipt.pk]), sent)
    assert answer.status_code == 302
    return answer["Location"]


def entered(receipt: Document) -> list[str]:
    rows = LineSerial.objects.filter(document=receipt).order_by("pk")
    return list(rows.values_list("text", flat=True))


HTMX = {"HTTP_HX_REQUEST": "true"}


def test_a_long_file_is_read_and_added_by_jobs_while_the_page_shows_it(browser, receipt, goods):
    page = choose(browser, receipt, content(goods, "S1", "S2", "S2", "SKU-STRICT,", "S3"))
    held = Upload.objects.get()
    assert (held.status, held.total, held.done) == ("waiting", 7, 0)
    shown = browser.get(page).content.decode()
    assert "Waiting to be read" in shown
    assert 'hx-trigger="every 1s"' in shown
    assert entered(receipt) == []

    uploading_long.take_upload(held.pk)
    assert browser.get(page, **HTMX)["HX-Redirect"] == page
    shown = browser.get(page).content.decode()
    assert "4 serial numbers to add" in shown
    assert "1 was there already and counts once (B4)" in shown
    assert entered(receipt) == []

    add = reverse("documents:add_uploaded", args=[receipt.pk, held.pk])
    for _press in range(2):
        assert browser.post(add)["Location"] == page
    assert "Adding what the file lists" in browser.get(page).content.decode()
    for _run in range(2):
        uploading_long.take_upload(held.pk)
    assert entered(receipt) == ["S1", "S2", "SKU-STRICT,", "S3"]
    answer = browser.get(page, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("documents:document", args=[receipt.pk])
    assert "4 added from the file." in answer.content.decode()
    assert not Upload.objects.exists()


def test_a_long_file_tells_which_price_it_changes(browser, receipt, goods, manager):
    put(receipt, manager, goods.strict, ["A"])
    rows = "".join(f"{goods.strict.sku};{one};2.5\n" for one in "BCDE")
    page = choose(browser, receipt, f"SKU;Serial;Price\n{rows}")
    uploading_long.take_upload(Upload.objects.get().pk)
    said = "the price of the 1 unit already on the line changes from 0.00 to 2.50."
    assert said in browser.get(page).content.decode()


def test_a_long_spreadsheet_that_is_none_says_so_and_offers_to_choose_again(browser, receipt):
    broken = xlsx(*[["S"]] * 9).replace(b"<?xml", b"<?xmm")
    rows = xlsx(*[[f"S{n}", "x"] for n in range(9)])  # two columns, no header
    page = choose(browser, receipt, rows, "list.xlsx")
    uploading_long.take_upload(Upload.objects.get().pk)
    shown = browser.get(page, **HTMX).content.decode()
    assert "several columns and no header" in shown
    assert "Choose the file again" in shown
    assert "hx-trigger" not in shown
    assert rows_about("a.xlsx", b"PK\x03\x04 nothing") == 0
    assert not takes_long("a.xlsx", broken[:100])


def test_a_document_posted_meanwhile_keeps_the_file_out(browser, receipt, goods, manager):
    page = choose(browser, receipt, content(goods, *"ABCDE"))
    held = Upload.objects.get()
    uploading_long.take_upload(held.pk)
    browser.post(reverse("documents:add_uploaded", args=[receipt.pk, held.pk]))
    Upload.objects.filter(pk=held.pk).update(document=post_another(receipt, goods, manager))
    uploading_long.take_upload(held.pk)
    held.refresh_from_db()
    assert held.status == "failed"
    assert "can't be changed any more" in held.problem
    assert page


def post_another(receipt: Document, goods, manager) -> Document:
    return post(draft("receipt", receipt.store, manager, [(goods.strict, ["X"])]), manager)


def test_a_job_that_does_not_begin_is_said_to_be_late(browser, receipt, goods):
    page = choose(browser, receipt, content(goods, *"ABCDE"))
    assert "longer than it should" not in browser.get(page).content.decode()
    Upload.objects.update(uploaded_at=timezone.now() - dt.timedelta(minutes=1))
    assert "longer than it should" in browser.get(page).content.decode()


def test_what_was_sold_since_the_preview_is_not_added(browser, store, receipt, goods, manager):
    page = choose(browser, receipt, content(goods, *"ABCDE"))
    held = Upload.objects.get()
    uploading_long.take_upload(held.pk)
    post(draft("receipt", store, manager, [(goods.strict, ["C"])]), manager)
    browser.post(reverse("documents:add_uploaded", args=[receipt.pk, held.pk]))
    uploading_long.take_upload(held.pk)
    assert entered(receipt) == ["A", "B", "D", "E"]
    assert "1 row was not taken." in browser.get(page, follow=True).content.decode()
