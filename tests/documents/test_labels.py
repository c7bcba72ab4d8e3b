"""Labels with serial numbers: read back from the paper, and numbers made for goods without."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from company.access import access_of
from company.models import NumberSequence
from documents.labels import MOST_LABELS, PAPERS, Label, choices_for, render_labels
from documents.making_serials import make_serials
from documents.models import Kind, LineSerial
from products.models import ProductType
from serials.models import Serial
from tests.books import books_agree
from tests.shop import draft, receive
from tests.warranty.pdfs import codes_of, kinds_of, sizes_of, text_of

SERIALS = ["352099001761481", "KY1-N2026-000042", "SN-0001"]
NAME = "Навушники з дуже довгою назвою, що не вміщується в один рядок, чорні, бездротові"


@pytest.mark.parametrize("code", ["bars", "qr"])
@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS.keys())
def test_labels_are_read_back_from_every_paper(paper, code):
    labels = [Label(serial, NAME, "SKU-0123456789") for serial in SERIALS]
    pdf = render_labels(labels, paper, code=code)
    assert codes_of(pdf, dpi=150) == set(SERIALS)
    told = text_of(pdf)
    assert all(serial in told.replace(" ", "") for serial in SERIALS)
    assert "Навушники" in told
    assert "SKU-0123456789" in told
    size = tuple(round(length) for length in paper.page_mm)
    assert sizes_of(pdf) == [size] * (1 if paper.columns > 1 else 3)


@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS.keys())
def test_what_no_bars_can_say_is_said_otherwise(paper):
    labels = [Label("СН-123", "Phone", "P"), Label("W" * 80, "Phone", "P")]
    pdf = render_labels(labels, paper, code="bars")
    assert "СН-123" in text_of(pdf)
    assert text_of(pdf).replace(" ", "").count("W") == 80


def test_a_sheet_is_filled_before_the_next_begins():
    labels = [Label(f"S{nth:03}", "Phone", "P") for nth in range(50)]
    assert len(sizes_of(render_labels(labels, PAPERS["a4-48"], code="bars"))) == 2
    pdf = render_labels(labels, PAPERS["a4-24"], code="bars")
    assert len(sizes_of(pdf)) == 3
    assert "S023" in text_of(pdf, page=1)
    assert "S024" in text_of(pdf, page=2)


def words(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


@pytest.mark.django_db
def test_the_labels_of_a_receipt_by_the_pages(client_of, store, manager, goods):
    receipt = receive(store, manager, (goods.strict, ["S1", "S2"]), (goods.recorded, ["R1"]))
    browser = client_of(manager)
    page = browser.get(reverse("documents:document", args=[receipt.pk]))
    url = reverse("documents:labels", args=[receipt.pk])
    assert url in page.content.decode()
    assert "Print 3 labels" in words(browser.get(url))
    assert "Print 2 labels" in words(browser.get(f"{url}?line={receipt.lines.first().pk}"))

    pdf = reverse("documents:labels_pdf", args=[receipt.pk])
    answer = browser.get(pdf, {"paper": "roll-40", "code": "qr"})
    assert answer["Content-Type"] == "application/pdf"
    assert codes_of(answer.content, dpi=203) == {"S1", "S2", "R1"}
    assert 'value="roll-40" checked' in browser.get(url).content.decode()
    assert browser.get(pdf, {"paper": "nonsense", "code": "x", "first": "x"}).status_code == 200
    assert browser.get(pdf, {"first": "4"}).status_code == 404


@pytest.mark.django_db
def test_a_paper_that_takes_a_qr_code_only_says_so_beside_its_choice(
    client_of, store, manager, goods
):
    texts = ["KY1-N2026-000001", "KY1-N2026-000002"]
    receipt = draft(Kind.RECEIPT, store, manager, [(goods.strict, texts)])
    browser, url = client_of(manager), reverse("documents:labels", args=[receipt.pk])
    said = words(browser.get(url))
    always = "Always with a QR code: a bar code of KY1-N2026-000002 would be too fine"
    for size, has_bars in ("70 × 37", True), ("45.7 × 21.2", False), ("40 × 25", False):
        assert (f"{size} mm {always}" in said) is not has_bars
    longer = draft(Kind.RECEIPT, store, manager, [(goods.strict, ["S1", texts[0]])])
    said = words(browser.get(reverse("documents:labels", args=[longer.pk])))
    assert "45.7 × 21.2 mm Partly with QR codes: a bar code of KY1-N2026-000001" in said
    assert "Always" not in said


@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS.keys())
def test_what_the_choice_says_of_a_paper_is_what_it_prints(paper):
    (choice,) = [one for one in choices_for(["KY1-N2026-000042"]) if one.paper is paper]
    bars = render_labels([Label("KY1-N2026-000042", NAME, "S")], paper, code="bars")
    square = render_labels([Label("KY1-N2026-000042", NAME, "S")], paper, code="qr")
    assert kinds_of(square) == {"QR-Code"}
    assert kinds_of(bars) == {"QR-Code" if choice.always else "CODE-128"}


@pytest.mark.django_db
def test_many_labels_come_in_parts(client_of, store, manager, goods):
    texts = [f"L{nth:04}" for nth in range(MOST_LABELS + 5)]
    receipt = draft(Kind.RECEIPT, store, manager, [(goods.strict, texts)])
    browser = client_of(manager)
    with CaptureQueriesContext(connection) as captured:
        page = browser.get(reverse("documents:labels", args=[receipt.pk]))
    assert len(captured) < 12
    assert f"{MOST_LABELS + 1} – {MOST_LABELS + 5}" in words(page)
    pdf = browser.get(
        reverse("documents:labels_pdf", args=[receipt.pk]), {"first": MOST_LABELS + 1}
    )
    assert text_of(pdf.content).count("L0") == 5


@pytest.mark.django_db
def test_the_label_of_one_unit_is_on_its_page(client_of, store, manager, other_manager, goods):
    receive(store, manager, (goods.strict, ["S1"]))
    unit = Serial.objects.get()
    browser = client_of(manager)
    url = reverse("documents:unit_labels", args=[unit.pk])
    assert url in browser.get(reverse("backoffice:serial", args=[unit.pk])).content.decode()
    assert "Print 1 label" in words(browser.get(url))
    pdf = browser.get(reverse("documents:unit_labels_pdf", args=[unit.pk]))
    assert "S1" in text_of(pdf.content)
    assert client_of(other_manager).get(url).status_code == 404


# Numbers of our own


@pytest.fixture
def receipt(store, manager, goods):
    document = draft(Kind.RECEIPT, store, manager, [(goods.strict, ["S1"])])
    document.lines.update(quantity=4)
    return document


def texts(document) -> list[str]:
    return list(
        LineSerial.objects.filter(document=document).order_by("pk").values_list("text", flat=True)
    )


def make(document, by, count: int, entered: int):
    line = document.lines.get()
    return make_serials(
        document.pk, line.pk, count, entered=entered, by=access_of(by), now=timezone.now()
    )


@pytest.mark.django_db
def test_numbers_are_made_without_gaps_and_only_once(receipt, manager):
    year = timezone.now().year
    assert make(receipt, manager, 3, 1).added == 3
    assert texts(receipt) == ["S1", *(f"KY1-N{year}-{nth:06}" for nth in (1, 2, 3))]
    with pytest.raises(ValidationError, match="meanwhile"):
        make(receipt, manager, 3, 1)
    make(receipt, manager, 1, 4)
    assert texts(receipt)[-1] == f"KY1-N{year}-000005"[:-1] + "4"
    books_agree()  # numbers that were made and lie unused are no gap of documents


@pytest.mark.django_db
def test_numbers_that_do_not_fit_the_type_are_not_taken(receipt, manager, goods):
    ProductType.objects.update(serial_format="imei", on_bad_format="refuse")
    with pytest.raises(ValidationError, match="IMEI"):
        make(receipt, manager, 3, 1)
    assert texts(receipt) == ["S1"]
    assert not NumberSequence.objects.filter(series="N").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("count", [0, 1001])
def test_how_many_are_made_at_once(receipt, manager, count):
    with pytest.raises(ValidationError, match="between 1 and 1000"):
        make(receipt, manager, count, 1)


@pytest.mark.django_db
def test_nothing_is_made_for_goods_that_leave_or_have_no_serials(store, manager, goods):
    for document in (
        draft(Kind.SALE, store, manager, [(goods.strict, 1)]),
        draft(Kind.RECEIPT, store, manager, [(goods.plain, 1)]),
    ):
        with pytest.raises(ValidationError, match="come in"):
            make(document, manager, 1, 0)


@pytest.mark.django_db
def test_numbers_are_made_on_the_page_and_a_wrong_count_is_said(client_of, receipt, manager):
    browser = client_of(manager)
    url = reverse("documents:make_serials", args=[receipt.pk, receipt.lines.get().pk])
    page = browser.get(reverse("documents:document", args=[receipt.pk]))
    assert re.search(r'name="count"[^>]* value="3"', page.content.decode())
    wrong = browser.post(url, {"count": "many", "entered": "1"})
    assert wrong.status_code == 422
    assert "between 1 and 1000" in words(wrong)
    assert 'value="many"' in wrong.content.decode()
    made = browser.post(url, {"count": "3", "entered": "1"}, headers={"HX-Request": "true"})
    assert "3 added" in words(made)
    assert "Print labels" in words(made)
    assert len(texts(receipt)) == 4
