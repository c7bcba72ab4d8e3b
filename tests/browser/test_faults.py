"""What a person sees of a fault: a toast with its code, and a page that axe has nothing against."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from django.test import Client
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from company.models import User
from tests.browser.judging import LOOKS, Judge
from tests.shop import draft

CODE = re.compile(r"[2-9A-Z]{4}-[2-9A-Z]{4}")
WORDS = "Диск сервера заповнено. Код: K7QM-3XPA"


@pytest.mark.parametrize("look", LOOKS)
def test_a_fault_is_told_with_its_code(
    chromium: Browser, live_server: LiveServer, store, manager: User, goods, look: str
):
    sale = draft("sale", store, manager, [(goods.plain, 1)])
    signed_in = Client()
    signed_in.force_login(manager)
    context = chromium.new_context(base_url=live_server.url, **LOOKS[look])
    try:
        session = signed_in.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.goto(f"/documents/{sale.pk}/")
        # A part of the page that could not be saved: the page stays, a toast speaks.
        page.route(
            "**/header/",
            lambda route: route.fulfill(status=503, headers={"X-Error-Words": quote(WORDS)}),
        )
        saving = page.locator("#header-form [name=note]").first
        saving.evaluate("field => field.dispatchEvent(new Event('change', {bubbles: true}))")
        expect(page.locator("#toasts .toast")).to_contain_text(WORDS)
        # A whole page: a form with more fields than any of ours.
        page.locator("form[action='/sign-out/']").evaluate("""form => {
            for (let nth = 0; nth < 2100; nth++) {
                form.append(Object.assign(document.createElement("input"), {name: "n" + nth}));
            }
            form.submit();
        }""")
        expect(page.get_by_role("heading", name="This request can't be understood")).to_be_visible()
        expect(page.locator("strong.serial")).to_have_text(CODE)
        judge = Judge(page, whole=look == "light, desk")
        judge("fault")
        assert judge.found == []
    finally:
        context.close()
