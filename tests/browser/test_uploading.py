"""A file of serial numbers from the disk to the draft, at the keyboard."""

from __future__ import annotations

import io
import re

from openpyxl import Workbook
from playwright.sync_api import expect

from documents.models import LineSerial
from tests.browser.keyboard import press
from tests.shop import draft, receive


def workbook() -> bytes:
    book = Workbook()
    for row in (
        ["Product", "Serial number", "Price"],
        ["SKU-STRICT", "S1", 10],
        ["SKU-STRICT", 3.5e14 + 0.5, 10],
        ["SKU-STRICT", "OLD", 10],
        ["SKU-STRICT", "S2", "ten"],
        ["SKU-STRICT", "S3", None],
    ):
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_file_is_shown_with_errors_by_cell_and_its_good_rows_are_added(
    open_as, store, manager, goods
):
    receive(store, manager, (goods.strict, ["OLD"]))
    document = draft("receipt", store, manager, [])
    page = open_as(manager, at=f"/documents/{document.pk}/")
    page.get_by_role("link", name="Upload a file").press("Enter")
    press(page, "F9")
    expect(page.get_by_text("Choose the file first").first).to_be_visible()
    file = {"name": "march.xlsx", "mimeType": "application/octet-stream", "buffer": workbook()}
    page.get_by_label("File", exact=True).set_input_files(file)
    press(page, "F9")

    page.wait_for_url(re.compile(r"/upload/\d+/"))
    rows = page.get_by_role("table", name="Rows that can't be taken").get_by_role("row")
    expect(rows).to_have_count(4)
    for nth, cell in enumerate(("B3", "B4", "C5"), start=1):
        expect(rows.nth(nth).get_by_role("rowheader")).to_have_text(cell)
    assert not LineSerial.objects.filter(document=document).exists()
    press(page, "F9")

    expect(page.get_by_text("2 added from the file.")).to_be_visible()
    expect(page.locator(".chip")).to_have_count(2)
    expect(page.get_by_label("Price")).to_have_value("10.00")


def test_a_range_is_seen_and_added_at_the_keyboard(open_as, store, manager, goods):
    document = draft("receipt", store, manager, [(goods.strict, 1)])
    page = open_as(manager, at=f"/documents/{document.pk}/")
    page.get_by_text("Add a range").press("Enter")
    page.get_by_label("From", exact=True).fill("A001")
    page.get_by_label("To", exact=True).fill("B250")
    press(page, "Enter")
    expect(page.get_by_text("everything but its number")).to_be_visible()
    page.get_by_label("To", exact=True).fill("A250")
    press(page, "Enter")
    expect(page.get_by_role("button", name="Add 250")).to_be_focused()
    expect(page.locator(".chip")).to_have_count(0)
    press(page, "Enter")
    expect(page.get_by_text("250 added")).to_be_visible()
    expect(page.locator(".chip")).to_have_count(60)
