"""The card designer in a real browser: typing changes the card beside it, and F9 saves it."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from company.models import Store, User
from tests.browser.keyboard import press, ready
from tests.shop import Goods
from tests.warranty.designs import picture
from warranty.designing import newest_design


def test_typing_changes_the_card_beside_it_and_saving_keeps_it(
    open_as: Callable[..., Page], store: Store, admin: User, goods: Goods
):
    page = open_as(admin, at="/settings/cards/")
    page.get_by_role("link", name="Phones").click()
    ready(page)
    sheet = page.locator("#preview .sheet")
    expect(sheet).to_have_count(1)
    before = sheet.get_attribute("src")

    terms = page.get_by_label("Terms", exact=True)
    terms.fill("All of {product} is **ours**.")
    expect(sheet).not_to_have_attribute("src", before or "")
    typed = sheet.get_attribute("src")
    expect(terms).to_be_focused()

    terms.fill("All of {goods}.")
    expect(page.locator("#id_text_problem")).to_contain_text("nothing to fill in for {goods}")
    expect(sheet).to_have_attribute("src", typed or "")

    terms.fill("All of {product} is **ours**.")
    expect(page.locator("#id_text_problem")).to_be_empty()
    page.get_by_label("Paper").select_option("roll80")
    expect(page.locator("#preview .sheets--roll")).to_be_visible()

    page.get_by_label("Logo").set_input_files(
        {"name": "logo.png", "mimeType": "image/png", "buffer": picture()}
    )
    expect(page.get_by_alt_text("The logo")).to_be_visible()

    with page.expect_popup() as opened:
        press(page, "F8")
    opened.value.close()
    press(page, "F9")
    expect(page.locator(".toast")).to_contain_text("Version 1 of the card is saved")
    made = newest_design(goods.strict.type_id)
    assert made is not None
    assert (made.text, made.paper) == ("All of {product} is **ours**.", "roll80")
    assert made.logo is not None
