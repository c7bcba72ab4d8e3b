"""Ranges of serials: what they are, what is none, and that nothing becomes one by itself."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from company.access import access_of
from documents.models import Kind, LineSerial
from documents.pasting import add_range, paste_serials
from documents.ranges import WrongRange, looks_like_range, read_range
from serials.text import serial_key
from tests.shop import draft, receive, sell

HTMX = {"HX-Request": "true"}


@pytest.mark.parametrize(
    ("first", "last", "count", "begins", "ends"),
    [
        ("A001", "A250", 250, ["A001", "A002", "A003"], ["A248", "A249", "A250"]),
        ("1", "10", 10, ["1", "2", "3"], ["8", "9", "10"]),
        ("A998", "A1001", 4, ["A998", "A999", "A1000"], ["A1001"]),
        ("SN-0099-X", "SN-0101-X", 3, ["SN-0099-X", "SN-0100-X", "SN-0101-X"], []),
        (" a001 ", "A002", 2, ["a001", "a002"], []),
        ("7", "7", 1, ["7"], []),
        ("B2024-01", "B2024-05", 5, ["B2024-01", "B2024-02", "B2024-03"], ["B2024-04", "B2024-05"]),
        ("1A5", "2A5", 2, ["1A5", "2A5"], []),
        ("356938035643809", "356938035643811", 3,
         ["356938035643809", "356938035643810", "356938035643811"], []),
        ("A0001", "A10000", 10_000, ["A0001", "A0002", "A0003"], ["A9998", "A9999", "A10000"]),
    ],
)  # fmt: skip
def test_what_a_range_comes_to(first, last, count, begins, ends):
    found = read_range(first, last)
    assert (len(found), found.first, found.last) == (count, begins, ends)
    assert found.between == count - len(begins) - len(ends)
    texts = list(found)
    assert texts[: len(begins)] == begins
    assert len(set(texts)) == count


@pytest.mark.parametrize(
    ("first", "last", "field", "said"),
    [
        ("", "A5", "first", "Write the first"),
        ("A5", " ", "last", "Write the last"),
        ("ABC", "A5", "first", "no number"),
        ("A5", "ABC", "last", "no number"),
        ("A001", "B250", "last", "everything but its number"),
        ("A001X", "A250Y", "last", "everything but its number"),
        ("A001", "A250-1", "last", "everything but its number"),
        ("A250", "A001", "last", "comes before"),
        ("A001", "A2", "last", "count of digits"),
        ("A1", "A010", "last", "count of digits"),
        ("A1-1", "A2-2", "last", "more than one number"),
        ("A00001", "A10001", "last", "10000 serial numbers, and this one has 10001"),
        ("A1", "A" + "9" * 79, "last", "at most"),
        ("A" * 90 + "1", "A2", "first", "80 characters"),
    ],
)
def test_what_is_no_range_is_said_at_its_field(first, last, field, said):
    with pytest.raises(WrongRange) as wrong:
        read_range(first, last)
    assert wrong.value.field == field
    assert said in wrong.value.message


@given(
    prefix=st.text(alphabet="ABab-/ ", max_size=6),
    suffix=st.text(alphabet="XYxy-/ ", max_size=4),
    start=st.integers(0, 10**12),
    more=st.integers(0, 300),
    zeros=st.integers(0, 5),
)
def test_any_range_has_its_ends_and_all_between(prefix, suffix, start, more, zeros):
    width = len(str(start)) + zeros
    ends = [f"{prefix}{number:0{width}}{suffix}" for number in (start, start + more)]
    texts = list(read_range(*ends))
    assert len({serial_key(text) for text in texts}) == len(texts) == more + 1
    assert [serial_key(texts[0]), serial_key(texts[-1])] == [serial_key(end) for end in ends]


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("A001..A250", ("A001", "A250")),
        ("A001 … A250", ("A001", "A250")),
        ("001–250", ("001", "250")),
        ("A001-A250", ("A001", "A250")),
        ("a001 - A250", ("a001", "A250")),
        ("SN-001-SN-250", ("SN-001", "SN-250")),
        ("A1-A99999", ("A1", "A99999")),
        ("2024-2031", None),
        ("SN-2024", None),
        ("A-100", None),
        ("A250-A001", None),
        ("A1-B2", None),
        ("A1..A1", None),
        ("352099001761481", None),
        ("", None),
        ("A" * 500 + "..", None),
    ],
)
def test_what_looks_like_a_range(text, ends):
    assert looks_like_range(text) == ends


@given(st.text(max_size=40))
def test_no_text_breaks_the_look(text):
    looks_like_range(text)


# On a draft


@pytest.fixture
def receipt(store, manager, goods):
    return draft(Kind.RECEIPT, store, manager, [(goods.strict, ["A001"])])


def texts(document) -> list[str]:
    return list(LineSerial.objects.filter(document=document).values_list("text", flat=True))


@pytest.mark.django_db
def test_a_range_is_added_once_and_its_statements_do_not_grow(receipt, manager):
    line, by = receipt.lines.get(), access_of(manager)

    def statements(first: str, last: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            add_range(receipt.pk, line.pk, first, last, by=by)
        return len(captured)

    assert statements("A001", "A003") == statements("B0001", "B2000")
    line.refresh_from_db()
    assert line.quantity == 2003
    assert texts(receipt)[:4] == ["A001", "A002", "A003", "B0001"]


@pytest.mark.django_db
def test_a_pasted_range_is_asked_about_and_never_expanded(receipt, manager):
    line, by = receipt.lines.get(), access_of(manager)
    result = paste_serials(receipt.pk, line.pk, "X1\nB1..B9\nX2", by=by, as_written=False)
    assert (result.added, result.left_over) == (2, "B1..B9")
    assert (result.ranges[0].first, result.ranges[0].last) == ("B1", "B9")
    paste_serials(receipt.pk, line.pk, "B1..B9", by=by)
    assert texts(receipt) == ["A001", "X1", "X2", "B1..B9"]


def words(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


@pytest.mark.django_db
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_the_page_shows_a_range_before_it_is_added(client_of, manager, receipt, headers):
    browser, line = client_of(manager), receipt.lines.get()
    url = reverse("documents:range", args=[receipt.pk, line.pk])
    seen = browser.post(url, {"first": "A001", "last": "A250"}, headers=headers)
    assert seen.status_code == 200
    assert "250 serial numbers: A001 , A002 , A003 … A248 , A249 , A250" in words(seen)
    assert "1 is on this document already" in words(seen)
    assert "Add 250" in words(seen)
    assert texts(receipt) == ["A001"]

    added = browser.post(url, {"first": "A001", "last": "A250", "add": "1"}, headers=headers)
    assert added.status_code == 200
    assert "249 added, 1 was there already and counts once" in words(added)
    assert len(texts(receipt)) == 250


@pytest.mark.django_db
def test_the_preview_says_what_will_be_refused(client_of, store, manager, goods):
    receive(store, manager, (goods.strict, [f"A{nth:03}" for nth in range(1, 10)]))
    sell(store, manager, (goods.strict, ["A002"]))
    sale = draft(Kind.SALE, store, manager, [(goods.strict, ["A001"])])
    url = reverse("documents:range", args=[sale.pk, sale.lines.get().pk])
    page = client_of(manager).post(url, {"first": "A001", "last": "A011"})
    assert "3 will be refused" in words(page)
    assert "A002 was already sold by" in words(page)
    assert "A010 was never received" in words(page)


@pytest.mark.django_db
def test_a_wrong_range_keeps_what_was_typed_and_says_where(client_of, manager, receipt):
    url = reverse("documents:range", args=[receipt.pk, receipt.lines.get().pk])
    for data in ({"first": "A5", "last": "B9"}, {"first": "A5", "last": "B9", "add": "1"}):
        page = client_of(manager).post(url, data, headers=HTMX)
        assert page.status_code == 422
        html = page.content.decode()
        assert 'value="A5"' in html
        assert 'value="B9"' in html
        assert 'aria-invalid="true"' in html
        assert "everything but its number" in html
    assert texts(receipt) == ["A001"]


@pytest.mark.django_db
def test_a_pasted_range_offers_both_ways_on_the_page(client_of, manager, receipt):
    browser, line = client_of(manager), receipt.lines.get()
    url = reverse("documents:paste", args=[receipt.pk, line.pk])
    page = browser.post(url, {"serials": "B1..B9"}, headers=HTMX)
    assert page.status_code == 422
    assert "“B1..B9” looks like a range" in words(page)
    assert 'name="as_written"' in page.content.decode()
    browser.post(url, {"serials": "B1..B9", "as_written": "1"}, headers=HTMX)
    assert texts(receipt) == ["A001", "B1..B9"]
