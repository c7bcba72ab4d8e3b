"""A file of products from the disk to the list, in a browser without scripts."""

from __future__ import annotations

from django.test import Client
from playwright.sync_api import expect

from products.models import Product

LIST = "SKU;Name;Type;Price\nSKU-NONE;Cable;;12,50\nNEW;New phone;Phones;99\nBAD;Bad;Nothing;1\n"


def test_a_file_is_seen_and_written_without_scripts(
    chromium, live_server, transactional_db, admin, goods
):
    client = Client()
    client.force_login(admin)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value}
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
    context.add_cookies([cookie | {"url": live_server.url}])
    page = context.new_page()
    page.goto("/products/")
    page.get_by_role("link", name="Import").click()
    file = {"name": "march.csv", "mimeType": "text/csv", "buffer": LIST.encode()}
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Show what would change").click()

    expect(page.get_by_role("row", name="Cable")).to_contain_text("100.00 → 12.50")
    page.get_by_role("link", name="Refused 1").click()
    expect(page.get_by_role("row", name="row 4")).to_contain_text("C4 Type")
    assert Product.objects.count() == 4
    page.get_by_role("button", name="Import 2 rows").click()
    expect(page.get_by_text("2 rows of this file are imported.")).to_be_visible()

    page.goto("/products/?q=new")
    expect(page.get_by_role("link", name="New phone")).to_be_visible()
    context.close()
