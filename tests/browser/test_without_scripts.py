"""The main work by plain forms, in a browser that runs no scripts."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from company.models import Company, Store, User
from company.rights import Role
from documents.models import Document
from repairs.models import Repair
from tests.books import place_of
from tests.shop import Goods, supplier


def begin(page: Page, kind: str, button: str) -> None:
    """Start a document from its list."""
    page.goto(f"/documents/?kind={kind}")
    page.get_by_role("button", name=button).click()


def scan(page: Page, text: str, says: str = "Accepted") -> None:
    page.locator("#scan").fill(text)
    page.locator("#scan").press("Enter")
    expect(page.locator("#scan-result")).to_contain_text(says)


def post(page: Page, number: str) -> None:
    page.locator(".actionbar .button--primary").click()
    expect(page.locator("h1")).to_contain_text(number)


def save_header(page: Page) -> None:
    page.locator("#header-form").get_by_role("button", name="Save").click()


def test_a_day_in_the_shop_without_scripts(
    open_as, store: Store, other_store: Store, admin: User, goods: Goods
):
    admin.memberships.create(store=store, role=Role.MANAGER)
    admin.memberships.create(store=other_store, role=Role.MANAGER)
    supplier()
    page = open_as(admin, java_script_enabled=False)  # in Lviv, the first of their stores

    begin(page, "receipt", "New receipt")
    scan(page, goods.strict.sku)
    for text in ("SN1", "SN2", "SN3"):
        scan(page, text)
    page.get_by_label("Supplier", exact=True).select_option("Wholesale")
    save_header(page)
    post(page, "LV1-R")

    begin(page, "sale", "New sale")
    scan(page, "SN1")
    page.get_by_label("Price").fill("250")
    page.locator(".line").get_by_role("button", name="Save").click()
    page.locator("#id_customer").click()
    page.get_by_label("Name", exact=True).fill("Iryna Bondar")
    page.get_by_role("button", name="Save and choose").click()
    post(page, "LV1-S")
    sale = Document.objects.get(kind="sale")
    assert sale.customer is not None
    assert sale.lines.get().unit_price == 250
    page.get_by_role("button", name="Print the warranty card").click()

    begin(page, "customer_return", "New customer return")
    scan(page, sale.number or "")
    post(page, "Customer return")
    expect(page.locator("#refusals")).to_contain_text("Give the reason")
    page.get_by_label("Reason").fill("Wrong model")
    page.locator(".line").get_by_role("button", name="Save").click()
    post(page, "LV1-CR")
    assert place_of("SN1") == "shelf"

    begin(page, "transfer", "New transfer")
    scan(page, "SN3")
    page.get_by_label("To store").select_option("Podil")
    save_header(page)
    post(page, "LV1-T")
    page.get_by_role("button", name="Receive at once").click()
    expect(page.locator("h1")).to_contain_text("KY1-A")

    page.goto("/counts/start/")
    page.get_by_role("button", name="Start counting").click()
    scan(page, "SN1", "Expected")
    scan(page, "SN9", "Unknown here")

    page.goto("/repairs/new/")
    page.locator("#scan").fill("SN2")
    page.locator("#scan").press("Enter")
    page.get_by_label("Complaint").fill("Dead pixel")
    page.get_by_role("button", name="Take in").last.click()
    expect(page.locator("h1")).to_contain_text("Received")
    assert Repair.objects.get().is_own

    page.locator("#global-search").fill("SN3")
    page.locator("#global-search").press("Enter")
    expect(page.locator("h1")).to_contain_text("SN3")

    page.goto("/settings/")
    page.get_by_label("Name", exact=True).fill("Iskra")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Iskra")
    assert Company.current().name == "Iskra"

    page.goto("/settings/cards/general/")
    page.get_by_label("Title").fill("Our promise")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".sheet").first).to_be_visible()

    assert page.request.get("/documents/export.csv").ok
