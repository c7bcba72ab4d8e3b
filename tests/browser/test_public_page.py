"""A customer's telephone: the code on the printed card, the page it leads to, two languages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from company.access import access_of
from company.models import Store, User
from tests.browser.judging import Judge, turn
from tests.shop import Goods, give_back, receive, sell
from tests.warranty.pdfs import codes_of
from warranty.models import Card, Claim
from warranty.printing import request_print

LONG_AGO = dt.datetime(2024, 3, 1, 12, tzinfo=dt.UTC)
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DESK = {"viewport": {"width": 1280, "height": 900}}


@pytest.fixture
def visit(
    chromium: Browser, live_server: LiveServer, transactional_db: None, settings
) -> Iterator[Callable[..., Page]]:
    """A page in the browser of somebody who never signed in; problems in its console fail."""
    settings.PUBLIC_URL = live_server.url
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def open_page(url: str, **looks: object) -> Page:
        context = chromium.new_context(base_url=live_server.url, **looks)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console", lambda said: problems.append(said.text) if said.type == "error" else None
        )
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [problem for problem in problems if "404" not in problem] == []


@pytest.mark.parametrize("paper", ["a4", "a5", "roll80"])
def test_the_code_of_a_printed_card_opens_its_page(visit, store, manager, goods, paper):
    receive(store, manager, (goods.strict, ["352099001761481"]))
    sold = sell(store, manager, (goods.strict, ["352099001761481"]))
    asked = request_print(
        sold.posting_id, paper=paper, by=access_of(manager), now=timezone.now()
    )  # fmt: skip

    (address,) = (code for code in codes_of(bytes(asked.pdf)) if "/w/" in code)
    page = visit(address, locale="en-GB", java_script_enabled=False, **PHONE)

    expect(page.get_by_role("heading", level=1)).to_have_text("In warranty")
    expect(page.get_by_text("1481")).to_be_visible()
    page.get_by_role("link", name="Українська").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("На гарантії")
    expect(page.locator("html")).to_have_attribute("lang", "uk")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("In warranty")


@pytest.fixture
def pages(store: Store, manager: User, goods: Goods) -> list[str]:
    """The addresses of a card in each state, and of none."""
    store.phone = "+380 44 123 45 67"
    store.save()
    texts = ["SN-0001", "SN-0002", "SN-0003"]
    receive(store, manager, (goods.strict, [*texts, "SN-0004"]), (goods.period, 3), now=LONG_AGO)
    sell(store, manager, (goods.strict, ["SN-0004"]), now=LONG_AGO)
    sold = sell(store, manager, (goods.strict, texts), (goods.period, 2))
    give_back(sold, store, manager, (goods.strict, ["SN-0002"]))
    in_repair = Card.objects.get(term__serial__key="SN-0003")
    Claim.objects.create(
        reference="R", store=store, product=goods.strict, card=in_repair,
        claimed_on=store.date_of(timezone.now()),
    )  # fmt: skip
    tokens = Card.objects.order_by("pk").values_list("token", flat=True)
    return [*(reverse("public:card", args=[token]) for token in tokens), "/w/nothing/"]


LOOKS = {
    "phone, light": PHONE | {"color_scheme": "light"},
    "phone, dark": PHONE | {"color_scheme": "dark"},
    "desk, light": DESK | {"color_scheme": "light"},
    "desk, dark": DESK | {"color_scheme": "dark"},
    "320": {"viewport": {"width": 320, "height": 600}, "color_scheme": "light"},
}


@pytest.mark.parametrize("language", ["en", "uk"])
def test_axe_finds_nothing_on_it(visit, pages, language):
    """Each is asked for once: whoever asks too often is told to wait."""
    first, *others = LOOKS
    page = visit(
        pages[0], locale=language, bypass_csp=True, reduced_motion="reduce", **LOOKS[first]
    )
    judge = Judge(page)
    for path in pages:
        page.goto(path)
        judge(f"{path} ({first})")
        for name in others:
            turn(page, LOOKS[name])
            judge.again(f"{path} ({name})")
        turn(page, LOOKS[first])
    assert judge.found == []
