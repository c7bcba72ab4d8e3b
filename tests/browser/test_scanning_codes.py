"""What a scanner's keys carry: GS1 codes with their separator, another layout, the camera."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from products.models import Product
from tests.browser.keyboard import ready, scan
from tests.shop import draft, receive

GTIN = "04006381333931"

CAMERA = f"""
    window.BarcodeDetector = class {{
        static async getSupportedFormats() {{ return ["data_matrix", "code_128"]; }}
        async detect() {{ return [{{ rawValue: "]d201{GTIN}21SN-1\\x1d10LOT" }}]; }}
    }};
    navigator.mediaDevices.getUserMedia = async () => {{
        const canvas = document.createElement("canvas");
        canvas.getContext("2d").fillRect(0, 0, 10, 10);
        return canvas.captureStream(10);
    }};
"""


@pytest.fixture
def phone(goods) -> Product:
    goods.strict.barcode = GTIN
    goods.strict.save()
    return goods.strict


@pytest.fixture
def page(open_as, store, manager, phone) -> Page:
    """A receipt's draft, ready to scan."""
    page = open_as(manager, at=f"/documents/{draft('receipt', store, manager, []).pk}/")
    expect(page.locator("#scan")).to_be_focused()
    return ready(page)


def answer(page: Page, outcome: str):
    return page.locator(f"#scan-result [data-result={outcome}]")


def test_a_gs1_code_comes_with_ctrl_bracket_for_its_separator(page, phone):
    page.keyboard.type(f"]d201{GTIN}21SN-1")
    page.keyboard.press("Control+BracketRight")
    page.keyboard.type("10LOT")
    page.keyboard.press("Enter")
    expect(answer(page, "accepted")).to_contain_text("SN-1")
    expect(answer(page, "accepted")).to_contain_text(phone.name)
    expect(page.locator(".chip")).to_have_text(re.compile("SN-1"))


def test_a_slow_cyrillic_text_is_asked_about_and_the_latin_one_is_first(page, phone):
    scan(page, phone.sku)
    expect(answer(page, "accepted")).to_be_visible()
    page.keyboard.type("ІТ-1", delay=60)
    page.keyboard.press("Enter")
    first = answer(page, "asks").get_by_role("button").first
    expect(first).to_be_focused()
    expect(first).to_contain_text("SN-1")
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_text(re.compile("SN-1"))


def test_a_scanner_under_a_cyrillic_layout_is_read_by_its_keys_and_that_is_said(page, phone):
    page.evaluate(
        """([text, keys]) => {
            const input = document.querySelector("#scan");
            [...text].forEach((key, nth) => {
                const [code, shiftKey, ctrlKey] = keys[nth];
                const event = { key, code, shiftKey, ctrlKey, bubbles: true, cancelable: true };
                if (input.dispatchEvent(new KeyboardEvent("keydown", event))) input.value += key;
            });
            input.form.requestSubmit();
        }""",
        [
            f"їв201{GTIN}21ІТ-1ї10ДЩЕ",
            [
                ["BracketRight", False, False],
                ["KeyD", False, False],
                *([f"Digit{digit}", False, False] for digit in f"201{GTIN}21"),
                ["KeyS", True, False],
                ["KeyN", True, False],
                ["Minus", False, False],
                ["Digit1", False, False],
                ["BracketRight", False, True],
                ["Digit1", False, False],
                ["Digit0", False, False],
                *([f"Key{letter}", True, False] for letter in "LOT"),
            ],
        ],
    )
    expect(answer(page, "accepted")).to_contain_text("SN-1")
    expect(answer(page, "accepted")).to_contain_text("the keyboard is set to a Cyrillic layout")


def test_what_the_camera_reads_is_a_scan_and_counts_once(page, phone):
    expect(page.locator("[data-camera]")).to_have_count(0)  # none where no detector is
    page.add_init_script(CAMERA)
    page.reload()
    button = ready(page).get_by_role("button", name="Scan with the camera")
    button.click()
    expect(answer(page, "accepted")).to_contain_text("SN-1")
    expect(page.locator("video.scan__camera")).to_be_visible()
    page.wait_for_timeout(700)
    expect(answer(page, "accepted")).to_contain_text("SN-1")  # held still: not scanned again
    button.click()
    expect(page.locator("video")).to_have_count(0)
    expect(page.locator("#scan")).to_be_focused()


def test_home_sells_by_a_gs1_code_in_one_scan(open_as, store, manager, phone):
    receive(store, manager, (phone, ["SN-1"]))
    page = open_as(manager)
    scan(page, f"(01){GTIN}(21)SN-1")
    page.wait_for_url(re.compile(r"/documents/\d+/"))
    expect(page.locator(".chip")).to_have_text(re.compile("SN-1"))
