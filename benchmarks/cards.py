"""Warranty cards: 100 of one sale as one PDF, and the first card of a sale of one unit."""

from __future__ import annotations

import io
import statistics
import time
import uuid

import weasyprint
from django.template.loader import get_template
from django.test import Client, override_settings
from django.utils import timezone, translation
from pypdf import PdfReader

from company.access import access_of
from company.models import User
from documents.models import Document, Kind
from documents.posting import post_document
from warranty.models import PrintRun
from warranty.printing import make_pdf, request_print
from warranty.queries import card_views
from warranty.sheets import sheet_of

from .figures import draft_of
from .limits import seconds
from .stage import Stage

CARDS = 100
CARDS_BAR = 1.5
FIRST_CARD_LIMIT_MS = 1000.0
SHOP = "https://warranty.shop.example"  # as long as they come: its QR code has many modules


def first_card_figures(stage: Stage, rounds: int) -> dict[str, float]:
    """Milliseconds from F8 on a sale of one unit to the last byte of its PDF.

    By the whole server side; `first` is the very first card that this process makes.
    """
    client = Client()
    client.force_login(User.objects.get(pk=stage.manager.pk))
    times = []
    with override_settings(PUBLIC_URL=SHOP):
        for _round in range(2 * rounds + 1):
            sold = _sold(stage, 1)
            start = time.perf_counter()
            answer = client.post(f"/cards/print/{sold.posting_id}/", follow=True)
            times.append((time.perf_counter() - start) * 1000)
            if not answer.content.startswith(b"%PDF"):
                raise RuntimeError(f"no card was printed: {answer.status_code}")
    return {"first": times[0], "median": statistics.median(times[1:])}


def hundred_cards_figures(stage: Stage, rounds: int) -> tuple[float, float]:
    """The job of 100 cards as a ratio to WeasyPrint alone, and its seconds: medians.

    WeasyPrint gets the same markup and style, as one document. The job reads the cards and draws
    their codes besides, lays them out in chunks so that its progress is seen, and keeps the PDF.
    """
    ratios, spent = [], []
    with override_settings(PUBLIC_URL=SHOP):
        for _round in range(rounds):
            run = _asked(stage)
            took = seconds(lambda run=run: make_pdf(run.pk))  # type: ignore[misc]
            html, css = _markup(run)
            plain: list[bytes] = []
            limit = seconds(lambda: plain.append(_weasyprint_alone(html, css)))  # noqa: B023
            _all_there(plain[0])
            run.refresh_from_db()
            _all_there(bytes(run.pdf or b""))
            ratios.append(took / limit)
            spent.append(took)
    return statistics.median(ratios), statistics.median(spent)


def _sold(stage: Stage, units: int) -> Document:
    """A sale of so many units that were received just now."""
    tag = uuid.uuid4().hex[:8].upper()
    texts = [f"{tag}{nth:06d}" for nth in range(units)]
    for kind in (Kind.RECEIPT, Kind.SALE):
        document = draft_of(stage, kind, texts)
        post_document(document.pk, by=access_of(stage.manager), now=timezone.now())
    return Document.objects.get(pk=document.pk)


def _asked(stage: Stage) -> PrintRun:
    """A print run of a sale of 100 units, which waits for its job."""
    posting = _sold(stage, CARDS).posting_id
    assert posting is not None
    return request_print(posting, by=access_of(stage.manager), now=timezone.now())


def _weasyprint_alone(html: str, css: str) -> bytes:
    pdf: bytes = weasyprint.HTML(string=html).write_pdf(stylesheets=[weasyprint.CSS(string=css)])
    return pdf


def _markup(run: PrintRun) -> tuple[str, str]:
    """What the run's cards are in HTML and CSS, all in one."""
    cards = card_views(run)
    sheets = [sheet_of(card, "") for card in cards]
    context = {"sheets": sheets, "title": "Cards", "language": cards[0].language}
    with translation.override(cards[0].language):
        html = get_template("print/card.html").render(context)
    return html, get_template("print/card.css").render()


def _all_there(pdf: bytes) -> None:
    pages = len(PdfReader(io.BytesIO(pdf)).pages)
    if pages != CARDS:
        raise RuntimeError(f"{CARDS} cards came out as {pages} pages")
