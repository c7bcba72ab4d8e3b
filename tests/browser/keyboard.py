"""The keyboard as people and scanners use it: on a page that is there with all its scripts.

Playwright goes on as soon as the words it waits for are on the page, and on a slow machine that
is before the page's scripts have run: a key pressed then does less than a person would see.
"""

from __future__ import annotations

from playwright.sync_api import Page


def ready(page: Page) -> Page:
    """The page, once it is loaded and its scripts listen. Reach it before: wait for its words."""
    page.wait_for_load_state("load")
    return page


def press(page: Page, key: str) -> None:
    """Press a key, wherever the focus is."""
    ready(page).keyboard.press(key)


def scan(page: Page, text: str) -> None:
    """What a keyboard-wedge scanner does: types fast, then Enter. Nobody touches the mouse."""
    ready(page).keyboard.type(text)
    page.keyboard.press("Enter")
