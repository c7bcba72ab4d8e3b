"""The pages of documents as a browser without scripts, and one with htmx, sees them."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from company.models import Company
from documents.listing import PAGE
from documents.models import Document, Kind, Status
from partners.models import Customer, Supplier
from serials.models import Serial
from tests.shop import draft, receive, sell

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def url(name: str, document: Document, *more: int) -> str:
    return reverse(f"documents:{name}", args=[document.pk, *more])


@pytest.fixture
def browser(client_of, manager):
    return client_of(manager)


def words(response) -> str:
    """The text of a page, without its tags."""
    text = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(text.split())


def test_a_sale_from_the_home_page_to_its_card(browser, store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1"]))
    page = browser.post(reverse("documents:start", args=["sale"]), {"scan": "SN1"})
    assert "Accepted" in words(page)
    document = Document.objects.get(kind=Kind.SALE)
    posted = browser.post(url("post", document), follow=True)
    assert "KY1-S" in words(posted)
    assert "Print the warranty card" in words(posted)


def test_posting_shows_every_refusal_at_its_line_and_keeps_the_lines(
    browser, store, manager, goods
):
    receive(store, manager, (goods.strict, ["HERE"]))
    document = draft("sale", store, manager, [(goods.strict, ["HERE", "NEVER"]), (goods.plain, 5)])
    page = browser.post(url("post", document))

    assert page.status_code == 422
    said = words(page)
    assert "NEVER was never received" in said
    assert "Only 0 in stock here, 5 asked for" in said
    assert "2 things stop this document" in said
    assert document.lines.get(position=1).serials.count() == 2


def test_refused_serials_are_taken_off_in_one_press(browser, store, manager, goods):
    receive(store, manager, (goods.strict, ["HERE"]))
    document = draft("sale", store, manager, [(goods.strict, ["HERE", "N1", "N2"])])
    line = document.lines.get()
    assert "Take off the 2 refused ones" in words(browser.get(url("document", document)))
    browser.post(url("remove_refused", document, line.pk))
    line.refresh_from_db()
    assert list(line.serials.values_list("key", flat=True)) == ["HERE"]
    assert line.quantity == 1


def test_posting_twice_by_the_browser_answers_twice_and_posts_once(browser, store, manager, goods):
    document = draft("receipt", store, manager, [(goods.strict, ["SN1"])])
    answers = [browser.post(url("post", document)) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert Serial.objects.get().seq == 1


def test_editing_what_was_posted_meanwhile_says_so_and_changes_nothing(
    browser, store, manager, goods
):
    document = receive(store, manager, (goods.plain, 3))
    line = document.lines.get()
    data = {f"line-{line.pk}-quantity": "9", f"line-{line.pk}-unit_price": "1"}
    for name, *more in (("scan",), ("line", line.pk), ("remove_line", line.pk), ("discard",)):
        answer = browser.post(url(name, document, *more), {"scan": "SKU-NONE", **data})
        assert answer.status_code == 302
        assert "posted or cancelled meanwhile" in str(list(get_messages(answer.wsgi_request))[-1])
    answer = browser.post(url("scan", document), {"scan": "x"}, headers=HTMX)
    assert answer.headers["HX-Redirect"] == url("document", document)
    line.refresh_from_db()
    assert line.quantity == 3


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("quantity", "-1", "at least one piece"),
        ("quantity", "0", "at least one piece"),
        ("quantity", "4006381333931", "At most 1000000 pieces"),
        ("quantity", "9" * 400, "At most|whole number"),
        ("quantity", "two", "as a whole number"),
        ("quantity", "1.5", "as a whole number"),
        ("quantity", "", "how many"),
        ("quantity", "\x00", "as a whole number"),
        ("unit_price", "-0.01", "not negative"),
        ("unit_price", "abc", "as a number"),
        ("unit_price", "NaN", "as a number"),
        ("unit_price", "1e400", "digits"),
        ("unit_price", "99999999999999", "digits"),
        ("unit_price", "1.999", "decimal places"),
        ("remark", "x" * 201, "at most 200"),
        ("remark", "a\x00b", "ull characters"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_a_wrong_number_is_refused_at_its_field_and_kept_as_typed(
    browser, store, manager, goods, field, typed, said, headers
):
    document = draft("receipt", store, manager, [(goods.plain, 3)])
    line = document.lines.get()
    data = {"quantity": "3", "unit_price": "5", "remark": "", field: typed}
    named = {f"line-{line.pk}-{name}": value for name, value in data.items()}
    page = browser.post(url("line", document, line.pk), named, headers=headers)

    assert page.status_code == 422
    assert re.search(said, words(page))
    line.refresh_from_db()
    assert (line.quantity, line.unit_price) == (3, 0)


@pytest.mark.parametrize(
    "text",
    ["", "\x00", "\x00\x1b[31m", "9" * 5000, "<script>alert(1)</script>", "%s%(x)s{}",
     "' OR 1=1 --",
     "\u202e\u200b", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"), "ﷺ" * 80],
)  # fmt: skip
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_a_hostile_scan_is_answered_in_words(browser, store, manager, goods, text, headers):
    document = draft("receipt", store, manager, [(goods.strict, 1)])
    page = browser.post(url("scan", document), {"scan": text}, headers=headers)
    assert page.status_code in {200, 422}
    assert "data-result" in page.content.decode()
    assert b"<script>alert" not in page.content
    browser.post(url("paste", document, document.lines.get().pk), {"serials": text})
    assert browser.get(url("document", document)).status_code == 200


@pytest.mark.parametrize(
    "answers",
    [
        {"nonce": "no uuid"},
        {"product": "abc"},
        {"product": "9" * 30},
        {"product": "-1"},
        {"product": "123456", "as_serial": "1"},
    ],
)
def test_a_forged_answer_to_a_scan_is_no_crash(browser, store, manager, goods, answers):
    document = draft("sale", store, manager, [])
    page = browser.post(url("scan", document), {"scan": "SN1", **answers})
    assert page.status_code in {200, 422}


@pytest.mark.parametrize("pk", ["0", "999999", "99999999999999999999999999"])
def test_what_is_not_there_is_not_found(browser, pk):
    for path in ("", "scan/", "post/", f"lines/{pk}/"):
        answer = (
            browser.post(f"/documents/{pk}/{path}") if path else browser.get(f"/documents/{pk}/")
        )
        assert answer.status_code == 404


def test_a_line_of_another_document_is_not_touched(browser, store, manager, goods):
    mine = draft("receipt", store, manager, [(goods.plain, 1)])
    other = draft("receipt", store, manager, [(goods.plain, 1)])
    line = other.lines.get()
    data = {f"line-{line.pk}-quantity": "9", f"line-{line.pk}-unit_price": "1"}
    assert browser.post(url("line", mine, line.pk), data).status_code == 404
    browser.post(url("remove_line", mine, line.pk))
    assert other.lines.get().quantity == 1


def test_a_date_before_the_lock_date_is_told_at_the_date(browser, store, manager, goods):
    Company.objects.update_or_create(id=1, defaults={"lock_date": dt.date(2026, 6, 1)})
    document = draft("receipt", store, manager, [(goods.plain, 1)], on=dt.date(2026, 5, 1))
    page = browser.post(url("post", document))
    assert page.status_code == 422
    assert 'href="#id_effective_on"' in page.content.decode()
    assert "The books are closed before" in words(page)


@pytest.mark.parametrize("typed", ["31.02.2026", "yesterday", "0000-00-00", "99999-01-01"])
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_a_date_that_is_none_is_refused_at_its_field(browser, store, manager, typed, headers):
    document = draft("receipt", store, manager, [])
    answer = browser.post(
        url("header", document), {"effective_on": typed, "note": "kept"}, headers=headers
    )
    assert answer.status_code == 422
    assert "Enter a valid date" in words(answer)
    assert "kept" in answer.content.decode()


def test_the_header_is_saved_as_it_is_typed(browser, store, manager):
    supplier = Supplier.objects.create(name="Wholesale")
    document = draft("receipt", store, manager, [])
    data = {"effective_on": "2026-01-05", "supplier": supplier.pk, "note": "two boxes"}
    assert "Saved" in words(browser.post(url("header", document), data, headers=HTMX))
    document.refresh_from_db()
    assert (document.supplier, document.note) == (supplier, "two boxes")
    assert document.effective_on == dt.date(2026, 1, 5)


def test_a_customer_is_found_by_phone_or_entered_anew(browser, store, manager):
    known = Customer.objects.create(name="Iryna", phone="+380 50 111 22 33")
    document = draft("sale", store, manager, [])
    assert "Iryna" in words(browser.get(url("customer", document) + "?q=0501112233"))
    browser.post(url("customer", document), {"customer": known.pk})
    document.refresh_from_db()
    assert document.customer == known
    new = {"new": "1", "name": "Petro", "phone": "1", "email": "no e-mail"}
    assert browser.post(url("customer", document), new).status_code == 422
    browser.post(url("customer", document), {**new, "email": ""})
    document.refresh_from_db()
    assert document.customer.name == "Petro"
    browser.post(url("customer", document), {"customer": ""})
    document.refresh_from_db()
    assert document.customer is None


def test_a_discarded_draft_is_gone(browser, store, manager, goods):
    document = draft("receipt", store, manager, [(goods.strict, ["A"])])
    browser.post(url("discard", document))
    assert not Document.objects.exists()


def test_the_list_shows_own_stores_only_and_pages_by_key(
    browser, store, other_store, manager, admin, goods
):
    receive(other_store, admin, (goods.plain, 1))
    for _ in range(2 * PAGE + 10):
        Document.objects.create(kind=Kind.SALE, store=store, author=manager)
    seen: list[str] = []
    address = reverse("documents:list") + "?kind=sale"
    for _ in range(3):
        page = browser.get(address)
        seen += re.findall(r"Draft (\d+)", page.content.decode())
        older = re.search(r'rel="next" href="([^"]+)"', page.content.decode())
        if not older:
            break
        address = reverse("documents:list") + older[1].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 2 * PAGE + 10
    assert "LV1-R" not in words(browser.get(reverse("documents:list")))


@pytest.mark.parametrize(
    "query",
    ["?kind=x&status=y&store=z", "?before=abc&after=-1", "?before=" + "9" * 40, "?since=never",
     "?q=%00", "?store=999999"],
)  # fmt: skip
def test_a_forged_filter_is_no_crash(browser, query):
    assert browser.get(reverse("documents:list") + query).status_code == 200


def test_statements_of_a_page_do_not_grow_with_what_it_shows(browser, store, manager, goods):
    def statements(document: Document) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(url("document", document)).status_code == 200
        return len(captured)

    receive(store, manager, (goods.strict, [f"S{n}" for n in range(300)]))
    few = draft(
        "sale", store, manager, [(goods.strict, ["S0"]), (goods.recorded, ["R0"]), (goods.plain, 1)]
    )
    many = draft(
        "sale",
        store,
        manager,
        [(goods.strict, [f"S{n}" for n in range(250)]), (goods.recorded, ["R1"]), (goods.plain, 9)],
    )
    statements(few)  # the company's row and the places are made on first use
    assert statements(few) == statements(many)
    sell(store, manager, (goods.strict, [f"S{n}" for n in range(250, 300)]))

    def statements_of(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(address).status_code == 200
        return len(captured)

    before = statements_of(reverse("documents:list"))
    for _ in range(20):
        draft("sale", store, manager, [(goods.plain, 1)])
    assert statements_of(reverse("documents:list")) == before


def test_a_scan_takes_as_many_statements_with_many_serials_as_with_few(
    browser, store, manager, goods
):
    receive(store, manager, (goods.strict, [f"S{n}" for n in range(500)]))
    counts = []
    for size in (2, 400):
        texts = [f"S{n}" for n in range(1, size)]
        document = draft("sale", store, manager, [(goods.strict, texts)])
        browser.post(url("scan", document), {"scan": "S450"}, headers=HTMX)
        with CaptureQueriesContext(connection) as captured:
            answer = browser.post(url("scan", document), {"scan": "S460"}, headers=HTMX)
        assert 'data-result="accepted"' in answer.content.decode()
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_a_receipt_in_another_store_is_started_there(client_of, other_manager, other_store):
    browser = client_of(other_manager)
    browser.post(reverse("documents:start", args=["receipt"]))
    assert Document.objects.get().store == other_store
    assert browser.post(reverse("documents:start", args=["nonsense"])).status_code == 404


def test_the_day_of_a_document_is_the_stores_own(store, manager, goods):
    late = dt.datetime(2026, 3, 1, 22, 30, tzinfo=dt.UTC)  # half past midnight in Kyiv
    document = receive(store, manager, (goods.plain, 1), now=late)
    assert document.effective_on == dt.date(2026, 3, 2)
    assert document.status == Status.POSTED
    assert timezone.is_aware(document.posting.posted_at)


def test_a_page_left_open_does_not_put_back_what_a_colleague_changed(
    browser, store, manager, goods
):
    document = draft("receipt", store, manager, [(goods.plain, 1)])
    line = document.lines.get()
    name = f"line-{line.pk}"
    shown = {f"initial-{name}-quantity": "1", f"initial-{name}-unit_price": "0.00"}
    line.quantity = 5
    line.save()
    data = {f"{name}-quantity": "1", f"{name}-unit_price": "9.50", f"{name}-remark": ""}
    browser.post(url("line", document, line.pk), {**shown, **data}, headers=HTMX)
    line.refresh_from_db()
    assert (line.quantity, str(line.unit_price)) == (5, "9.50")

    Document.objects.filter(pk=document.pk).update(note="of a colleague")
    shown = {"initial-note": "", "initial-effective_on": ""}
    data = {"note": "", "effective_on": "2026-01-05"}
    browser.post(url("header", document), {**shown, **data}, headers=HTMX)
    document.refresh_from_db()
    assert (document.note, document.effective_on) == ("of a colleague", dt.date(2026, 1, 5))


def test_the_page_sends_along_what_it_showed(browser, store, manager, goods):
    document = draft("receipt", store, manager, [(goods.plain, 3)])
    page = browser.get(url("document", document)).content.decode()
    line = document.lines.get()
    assert f'name="initial-line-{line.pk}-quantity" value="3"' in page
    assert 'name="initial-note"' in page


def test_one_scan_sent_three_times_from_the_home_page_makes_one_draft(
    browser, store, manager, goods
):
    receive(store, manager, (goods.strict, ["SN1"]))
    data = {"scan": "SN1", "nonce": "8d8ac610-566d-4ef0-9c22-186b2a5ed793"}
    for _ in range(3):
        browser.post(reverse("documents:start", args=["sale"]), data, follow=True)
    assert Document.objects.filter(kind=Kind.SALE).count() == 1


def test_the_customer_of_a_receipt_is_not_there(client_of, storekeeper, store, manager, goods):
    document = draft("receipt", store, manager, [(goods.plain, 1)])
    assert client_of(storekeeper).get(url("customer", document)).status_code == 404


def test_a_customer_entered_by_a_double_press_is_one(browser, store, manager):
    document = draft("sale", store, manager, [])
    new = {"new": "1", "name": "Petro", "phone": "050", "email": ""}
    for _ in range(2):
        browser.post(url("customer", document), new)
    assert Customer.objects.count() == 1


@pytest.mark.parametrize("chosen", ["²", "9" * 30, "-1", "\x00", "abc"])
def test_a_forged_customer_or_serial_is_no_crash(browser, store, manager, goods, chosen):
    document = draft("sale", store, manager, [(goods.strict, ["A"])])
    assert browser.post(url("customer", document), {"customer": chosen}).status_code in {302, 404}
    line = document.lines.get()
    assert browser.post(url("remove_serial", document, line.pk), {"key": chosen}).status_code == 302


def test_scanning_another_product_while_one_is_active_asks_nothing(browser, store, manager, goods):
    document = draft("receipt", store, manager, [])
    for code in (goods.strict.sku, "SN1", goods.recorded.sku, "R1", goods.plain.sku):
        page = browser.post(url("scan", document), {"scan": code}, headers=HTMX)
        assert 'data-result="accepted"' in page.content.decode(), code
    assert document.lines.count() == 3
