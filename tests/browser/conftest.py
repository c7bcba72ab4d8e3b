"""A real Chromium at the real pages, with the database behind a live server.

Keys are pressed through `keyboard`, which waits for the page's scripts.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from company.models import User
from tests.browser.keyboard import ready
from tests.conftest import signed_in

CHROMIUM = (
    os.environ.get("CHROMIUM")
    or shutil.which("chromium")
    or shutil.which("chromium-browser")
    or shutil.which("google-chrome")
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SLOW_MACHINE_MS = 15_000
# Keys, scripts and closing have no time limit of their own: with a browser that no longer
# answers they would wait for ever. Less than the limit of every test (pyproject.toml), which
# ends the whole process.
LONGEST_TEST = 240  # seconds


@pytest.fixture(scope="session")
def running_chromium() -> Iterator[Callable[[], Browser]]:
    """The browser of all tests; a new one when the last was killed."""
    # Playwright keeps an event loop in this thread; Django would take it for async code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    assert CHROMIUM, "Chromium is missing: script/test says how to install it."
    expect.set_options(timeout=SLOW_MACHINE_MS)
    browsers: list[Browser] = []
    with sync_playwright() as playwright:

        def browser() -> Browser:
            if not browsers or not browsers[-1].is_connected():
                browsers.append(playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS))
            return browsers[-1]

        yield browser
        if browsers:
            with _killed_after(LONGEST_TEST, browsers[-1]):
                browsers[-1].close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def chromium(running_chromium: Callable[[], Browser]) -> Iterator[Browser]:
    """A browser that is killed when the test lasts too long, so that nothing waits for it."""
    browser = running_chromium()
    with _killed_after(LONGEST_TEST, browser):
        yield browser
    assert browser.is_connected(), f"The browser died, or was killed after {LONGEST_TEST} s."


@contextlib.contextmanager
def _killed_after(seconds: float, browser: Browser) -> Iterator[None]:
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    pid = next(one["id"] for one in processes if one["type"] == "browser")
    timer = threading.Timer(seconds, os.kill, [pid, signal.SIGKILL])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@pytest.fixture(autouse=True)
def _as_in_a_shop(as_web_role: None) -> None:
    """The pages are served by the role that owns nothing: what it lacks would fail a test here."""


@pytest.fixture
def open_as(
    chromium: Browser, live_server: LiveServer, transactional_db: None
) -> Iterator[Callable[..., Page]]:
    """A page with a person signed in; problems in its console fail the test.

    The keys of the way there are pressed in test_signing_in.py and test_main_flow.py.
    """
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def note(kind: str, text: str) -> None:
        if kind == "error" and "422" not in text:  # a refused form is no problem
            problems.append(text)

    def open_page(person: User, *, at: str = "/", **options: object) -> Page:
        context = chromium.new_context(base_url=live_server.url, **options)
        context.set_default_timeout(SLOW_MACHINE_MS)
        contexts.append(context)
        session = signed_in(person).cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: note(message.type, message.text))
        page.goto(at)
        return ready(page)

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []
