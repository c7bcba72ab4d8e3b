"""Printing a large document in a real browser: offer, progress, ready; axe finds nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from company.models import Store, User
from documents.models import DocumentPrint
from documents.printing import INLINE_SERIALS, make_pdf
from tests.browser.judging import Judge
from tests.browser.keyboard import press
from tests.shop import Goods, receive


def violations(page: Page) -> list[tuple[str, str, str]]:
    # A window that was just opened is blank at first.
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    judge = Judge(page)
    judge("here")
    return judge.found


@pytest.mark.parametrize("width", [1280, 360])
def test_a_large_document_from_its_page_to_its_pdf(
    open_as: Callable[..., Page], store: Store, manager: User, goods: Goods, width: int
):
    serials = [f"SN{n:06d}" for n in range(INLINE_SERIALS + 1)]
    document = receive(store, manager, (goods.strict, serials))
    opened = {"viewport": {"width": width, "height": 800}, "bypass_csp": True}
    page = open_as(manager, **opened, at=reverse("documents:document", args=[document.pk]))
    with page.expect_popup() as popup:
        page.get_by_role("link", name="Print", exact=True).click()
    sheet = popup.value
    assert violations(sheet) == []

    press(sheet, "F8")
    expect(sheet.get_by_text("Making the PDF")).to_be_visible()
    assert violations(sheet) == []
    made = DocumentPrint.objects.get()
    with sheet.expect_response(lambda answer: answer.url.endswith("document.pdf")) as answered:
        make_pdf(made.pk)
    assert answered.value.headers["content-type"] == "application/pdf"

    page.goto(reverse("documents:print", args=[document.pk]))
    expect(page.get_by_text("The PDF is ready")).to_be_visible()
    assert violations(page) == []
