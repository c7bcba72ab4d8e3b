"""What one store's people see of another store's business: the ledger's facts and nothing else.

Every test looks as the manager of Podil at what the people of Lviv did. Customers are the whole
company's; documents, prices, partners, people and cards are a store's own.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import formats, timezone

from backoffice.home import latest
from backoffice.searching import search
from backoffice.serial_life import life_of
from backoffice.week import Figures
from company.access import access_of
from company.models import Membership, Store, User
from company.rights import Role
from documents import scanning
from documents.models import Document, Kind
from documents.queries import document_of_scan, refusal_views
from partners.models import Customer, Supplier
from products.models import Product
from serials.models import Serial
from serials.refusals import refusal
from tests.lasting import lasting
from tests.shop import draft, post, receive
from warranty.models import Card, CardPrint, PrintRun

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@dataclasses.dataclass
class Business:
    """What one store did, and every word that would tell of it."""

    store: Store
    person: User
    supplier: Supplier
    customer: Customer
    receipt: Document
    sale: Document
    draft: Document
    card: Card

    @property
    def numbers(self) -> list[str]:
        return [str(self.receipt), str(self.sale)]

    @property
    def partners(self) -> list[str]:
        return [self.supplier.name, self.customer.name, self.customer.phone]

    @property
    def links(self) -> list[str]:
        """The pages of its documents and its card, and its print job."""
        own = [document_url(each) for each in (self.receipt, self.sale, self.draft)]
        return [*own, card_url(self.card), reverse("warranty:print", args=[self.sale.posting_id])]


def document_url(document: Document) -> str:
    return reverse("documents:document", args=[document.pk])


def card_url(card: Card) -> str:
    return reverse("warranty:card", args=[card.number])


def serial_url(key: str) -> str:
    return reverse("backoffice:serial", args=[Serial.objects.get(key=key).pk])


def search_url(text: str) -> str:
    return f"{reverse('backoffice:search')}?q={text}"


def _post(
    kind: str, store: Store, by: User, lines: Any, *, price: int, on: dt.date, **header: Any
) -> Document:
    document = draft(kind, store, by, lines, on=on)
    document.lines.update(unit_price=price)
    Document.objects.filter(pk=document.pk).update(is_opening=False, **header)
    return post(document, by)


def _business(
    store: Store, person: User, goods: Any, *, who: str, prices: tuple[int, int], ago: int
) -> Business:
    """Goods in and out: the unit SPAN that every store had, and one of the store's own."""
    supplier = Supplier.objects.create(name=f"{who} Wholesale")
    customer = Customer.objects.create(name=f"{who} Buyer", phone=f"+38067{prices[0]:07d}")
    on = store.date_of(timezone.now()) - dt.timedelta(days=ago)
    own = f"OWN-{store.prefix}"
    shelf = f"SHELF-{store.prefix}"
    lines = [(goods.recorded, ["SPAN"]), (goods.strict, [own])]
    receipt = _post(
        "receipt", store, person, [lines[0], (goods.strict, [own, shelf])],
        price=prices[0], on=on, supplier=supplier,
    )  # fmt: skip
    sale = _post("sale", store, person, lines, price=prices[1], on=on, customer=customer)
    card = Card.objects.select_related("term").get(
        term__serial__key="SPAN", term__posting=sale.posting_id
    )
    run = PrintRun.objects.create(
        posting_id=card.term.posting_id, requested_by=person, requested_at=timezone.now(), total=1
    )
    CardPrint.objects.create(run=run, card=card, copy=1)
    unfinished = draft("sale", store, person, [(goods.strict, [shelf])])
    return Business(store, person, supplier, customer, receipt, sale, unfinished, card)


@lasting
def ours(store, manager, goods) -> Business:
    return _business(store, manager, goods, who="Olena", prices=(1111, 2222), ago=200)


@lasting
def theirs(ours, other_store, other_manager, goods) -> Business:
    return _business(other_store, other_manager, goods, who="Bohdan", prices=(7777, 8888), ago=0)


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def browser(manager: User) -> Client:
    return signed_in(manager)


@pytest.fixture
def their_browser(other_manager: User) -> Client:
    return signed_in(other_manager)


ASKED = re.compile(
    r"<title>.*?</title>|<header class=\"(topbar|page-header)\">.*?</header>|<select.*?</select>",
    re.DOTALL,
)


def page_of(response: Any) -> str:
    """The page without what says what was asked for, and without its lists to choose from.

    Suppliers are the whole company's, and a draft offers them all.
    """
    return ASKED.sub("", response.content.decode())


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def in_words(day: dt.date) -> str:
    """A day as the pages write it."""
    return formats.date_format(day, "DATE_FORMAT")


PRICES = re.compile(r"[78],?\d{3}[.,]00|7777|8888|16,?665|17,?776")


def tells_nothing(page: str, theirs: Business, *, numbers: bool = True) -> None:
    """Nothing of the other store is on the page; its documents may be named if not `numbers`."""
    forbidden = [*theirs.partners, theirs.person.username, theirs.card.number, *theirs.links]
    if numbers:
        forbidden += theirs.numbers
    found = [word for word in forbidden if word in page]
    assert not found
    assert not PRICES.search(words(page)), PRICES.search(words(page))


def tells_all(page: str, own: Business) -> None:
    """The check can find what it looks for: on a page of the store's own people it does."""
    with pytest.raises(AssertionError):
        tells_nothing(page, own)


# The serial page: a life over two stores


def test_their_part_of_a_life_is_store_number_and_day(browser, ours, theirs):
    page = page_of(browser.get(serial_url("SPAN")))
    tells_nothing(page, theirs, numbers=False)
    said = words(page)
    for number in theirs.numbers:
        assert f"{in_words(theirs.sale.effective_on)} Lviv {number}" in said


def test_own_part_of_the_same_life_is_told_in_full(browser, ours, theirs):
    page = page_of(browser.get(serial_url("SPAN")))
    for word in (
        *ours.partners[:2], ours.person.username, ours.card.number, *ours.numbers,
        document_url(ours.receipt), document_url(ours.sale), card_url(ours.card),
        "1,111.00", "2,222.00",
    ):  # fmt: skip
        assert word in page, word


def test_each_store_reads_the_same_life_its_own_way(their_browser, ours, theirs):
    page = page_of(their_browser.get(serial_url("SPAN")))
    tells_nothing_of_ours = [
        *ours.partners, ours.card.number, document_url(ours.sale), document_url(ours.receipt),
        "1,111.00", "2,222.00",
    ]  # fmt: skip
    assert not [word for word in tells_nothing_of_ours if word in page]
    tells_all(page, theirs)
    assert PRICES.search(words(page))


def test_every_movement_is_told_and_only_own_ones_have_more_than_the_ledger(manager, ours, theirs):
    serial = Serial.objects.get(key="SPAN")
    today = ours.store.date_of(timezone.now())
    events = life_of(serial, access=access_of(manager), today=today).events
    moved = [event for event in events if event.icon != "print"]
    assert [event.reference for event in moved] == [*theirs.numbers[::-1], *ours.numbers[::-1]]
    for event in moved[:2]:
        assert (event.document, event.amount, event.who) == (None, None, "")
        assert event.title in {"Sold", "Received"}
        assert event.where == "Lviv"
    for event, amount in zip(moved[2:], (2222, 1111), strict=True):
        assert (event.amount, event.who) == (Decimal(amount), "manager")
        assert event.document is not None


def test_neither_their_term_nor_their_card_nor_its_print_is_told(manager, ours, theirs):
    serial = Serial.objects.get(key="SPAN")
    today = ours.store.date_of(timezone.now())
    life = life_of(serial, access=access_of(manager), today=today)
    assert [term.term.posting_id for term in life.terms] == [ours.sale.posting_id]
    assert [term.card for term in life.terms] == [ours.card]
    prints = [event for event in life.events if event.icon == "print"]
    assert [(event.reference, event.who) for event in prints] == [(ours.card.number, "manager")]


def test_end_of_their_term_is_not_on_the_page(browser, ours, theirs):
    said = words(page_of(browser.get(serial_url("SPAN"))))
    assert in_words(ours.card.term.ends_on) in said
    assert in_words(theirs.card.term.ends_on) not in said


def test_a_unit_that_was_never_here_has_no_page(browser, their_browser, ours, theirs):
    for key in ("OWN-LV1", "SHELF-LV1"):
        assert browser.get(serial_url(key)).status_code == 404
        assert their_browser.get(serial_url(key)).status_code == 200


def test_nobody_without_a_store_opens_a_unit(stranger, ours, theirs):
    assert signed_in(stranger).get(serial_url("SPAN")).status_code == 404


# Search


@pytest.mark.parametrize("what", ["receipt", "sale", "card", "serial", "beginning", "draft"])
def test_search_does_not_find_what_is_theirs(browser, their_browser, ours, theirs, what):
    text = {
        "receipt": theirs.receipt.number,
        "sale": theirs.sale.number,
        "card": theirs.card.number,
        "serial": "OWN-LV1",
        "beginning": "SHELF-L",
        "draft": str(theirs.draft.pk),
    }[what]
    answer = browser.get(search_url(text))
    assert answer.status_code == 200
    assert answer.context["found"].nothing
    assert "Nothing found" in words(page_of(answer))
    if what != "draft":
        found = their_browser.get(search_url(text))
        assert found.status_code == 302 or not found.context["found"].nothing


@pytest.mark.parametrize("kind", ["documents", "cards", "serials"])
def test_search_finds_its_own_by_the_same_kind_of_text(manager, ours, theirs, kind):
    """Both stores have such things, and only the own one is found."""
    access = access_of(manager)
    texts = {
        "documents": (ours.sale.number, theirs.sale.number),
        "cards": (ours.card.number, theirs.card.number),
        "serials": ("OWN-KY1", "OWN-LV1"),
    }[kind]
    own, other = (getattr(search(text, access=access), kind) for text in texts)
    assert (len(own), len(other)) == (1, 0)


def test_a_common_beginning_lists_own_units_only(manager, ours, theirs):
    found = search("OWN", access=access_of(manager))
    assert [serial.key for serial in found.serials] == ["OWN-KY1"]
    found = search("SHELF-", access=access_of(manager))
    assert [serial.key for serial in found.serials] == ["SHELF-KY1"]


def test_one_serial_of_two_products_is_found_as_the_own_one_only(
    store, manager, other_store, other_manager, goods
):
    receive(store, manager, (goods.strict, ["TWIN"]))
    receive(other_store, other_manager, (goods.recorded, ["TWIN"]))
    found = search("TWIN", access=access_of(manager))
    assert [serial.product for serial in found.serials] == [goods.strict]
    assert found.exact == found.serials[0]


@pytest.mark.parametrize("text", ["Bohdan Buyer", "Bohdan", "+380670007777", "067 000 77 77"])
def test_customers_are_the_companys_and_found_from_any_store(browser, stranger, ours, theirs, text):
    page = page_of(browser.get(search_url(text)))
    assert theirs.customer.name in page
    assert not [link for link in theirs.links if link in page]

    answer = signed_in(stranger).get(search_url(text))
    assert answer.context["found"].nothing
    assert theirs.customer.name not in page_of(answer)


@pytest.mark.parametrize("what", ["sale", "card", "serial", "beginning", "customer"])
def test_somebody_of_no_store_finds_nothing_of_any(stranger, ours, theirs, what):
    text = {
        "sale": ours.sale.number,
        "card": ours.card.number,
        "serial": "SPAN",
        "beginning": "OWN",
        "customer": ours.customer.phone,
    }[what]
    answer = signed_in(stranger).get(search_url(text))
    assert answer.context["found"].nothing
    for business in (ours, theirs):
        assert not [word for word in business.partners[:2] if word in page_of(answer)]


def test_what_search_hides_is_not_there_by_its_address_either(browser, ours, theirs):
    for link in (*theirs.links[:3], card_url(theirs.card)):
        assert browser.get(link).status_code == 404, link
    assert browser.post(theirs.links[-1]).status_code == 404


# The warranty check and the reports


def test_the_warranty_check_finds_nothing_of_theirs(browser, their_browser, ours, theirs):
    for text in (theirs.sale.number, theirs.card.number, "OWN-LV1", "-LV1", theirs.customer.phone):
        answer = browser.get(reverse("backoffice:warranty"), {"q": text})
        assert answer.context["found"].pieces == [], text
        assert their_browser.get(reverse("backoffice:warranty"), {"q": text}).context["verdicts"]


def test_of_a_unit_that_both_sold_only_store_number_and_day_of_theirs_are_told(
    browser, ours, theirs
):
    page = page_of(browser.get(reverse("backoffice:warranty"), {"q": "SPAN"}))
    tells_nothing(page, theirs, numbers=False)
    assert ours.card.number in page
    assert f"Sold in Lviv on {in_words(theirs.sale.effective_on)}" in words(page)
    assert in_words(theirs.card.term.ends_on) not in words(page)


@pytest.mark.parametrize("name", ["under_warranty", "claims"])
def test_reports_of_warranties_are_of_own_stores(browser, their_browser, ours, theirs, name):
    url = reverse(f"backoffice:{name}")
    for asked in (url, f"{url}?store={theirs.store.pk}", f"{url}?customer=Bohdan"):
        tells_nothing(page_of(browser.get(asked)), theirs)
    if name == "under_warranty":
        tells_all(page_of(their_browser.get(url)), theirs)


# Lists and the home page


@pytest.mark.parametrize(
    "query",
    ["", "?q=LV1", "?q={number}", "?kind=sale", "?status=draft", "?status=posted",
     "?store={store}", "?before=999999999", "?after=1", "?since=2000-01-01"],
)  # fmt: skip
def test_lists_are_of_own_documents(browser, ours, theirs, query):
    asked = query.format(number=theirs.sale.number, store=theirs.store.pk)
    answer = browser.get(reverse("documents:list") + asked)
    listed = {document.store_id for document in answer.context["page"].documents}
    assert listed <= {ours.store.pk}
    text = re.sub(r"<form class=\"filters\".*?</form>", "", page_of(answer), flags=re.DOTALL)
    tells_nothing(text, theirs)


def test_their_store_is_not_even_a_choice_of_the_list(manager, ours, theirs):
    third = Store.objects.create(name="Odesa", prefix="OD1")
    Membership.objects.create(user=manager, store=third, role=Role.CASHIER)
    page = signed_in(manager).get(reverse("documents:list")).content.decode()
    assert "Odesa" in page
    assert "Lviv" not in page


def test_their_list_tells_it_all(their_browser, ours, theirs):
    tells_all(page_of(their_browser.get(reverse("documents:list"))), theirs)


def test_home_is_of_the_own_store(browser, their_browser, ours, theirs):
    answer = browser.get("/")
    tells_nothing(page_of(answer), theirs)
    home = answer.context["home"]
    # Theirs were sold today, ours months ago.
    assert (home.week.store, home.week.so_far, home.week.before) == (
        ours.store, Figures(), Figures(),
    )  # fmt: skip
    assert home.stores == ()
    assert [document.number for document in home.latest] == ours.numbers[::-1]

    seen = their_browser.get("/").context["home"]
    assert (seen.week.so_far.sales, seen.week.so_far.pieces) == (1, 2)
    assert seen.week.so_far.amount == 2 * 8888
    assert [document.number for document in seen.latest] == theirs.numbers[::-1]


def test_drafts_stay_in_their_store_when_their_author_moves(other_manager, store, ours, theirs):
    """Who left a store sees nothing of it any more, not even what they began there."""
    Membership.objects.filter(user=other_manager).update(store=store)
    answer = signed_in(other_manager).get("/")
    assert answer.context["home"].drafts == []
    assert document_url(theirs.draft) not in answer.content.decode()
    assert signed_in(other_manager).get(document_url(theirs.draft)).status_code == 404


def test_colleagues_drafts_are_not_ones_own(cashier, ours):
    answer = signed_in(cashier).get("/")
    assert answer.context["home"].drafts == []


def test_latest_of_a_store_is_nothing_to_somebody_from_outside(manager, theirs):
    assert latest(theirs.store, access=access_of(manager)).documents == []


# Drafts: scans, chips and refusals


def answers(browser: Client, document: Document, scanned: str) -> dict[str, str]:
    """What a scan says as a fragment and, with nothing but HTML, as a page."""
    url = reverse("documents:scan", args=[document.pk])
    return {
        "fragment": browser.post(url, {"scan": scanned}, headers=HTMX).content.decode(),
        "page": page_of(browser.post(url, {"scan": scanned})),
    }


@pytest.mark.parametrize("kind", ["sale", "receipt"])
@pytest.mark.parametrize("unit", ["OWN-LV1", "SHELF-LV1"])
def test_a_refused_scan_names_their_document_and_tells_no_more(
    browser, store, manager, goods, ours, theirs, kind, unit
):
    document = draft(kind, store, manager, [(goods.strict, ["MINE"])])
    line = document.lines.get()
    Document.objects.filter(pk=document.pk).update(active_line=line)
    last = theirs.sale if unit == "OWN-LV1" else theirs.receipt
    for page in answers(browser, document, unit).values():
        assert "Refused" in page
        assert last.number in page
        tells_nothing(page, theirs, numbers=False)
        assert serial_url(unit) not in page


def test_a_refused_scan_of_an_own_unit_is_linked(browser, store, manager, ours, theirs):
    document = draft("sale", store, manager, [])
    for page in answers(browser, document, "OWN-KY1").values():
        assert f"Open {ours.sale.number}" in page
        assert document_url(ours.sale) in page


UNITS = ["OWN-LV1", "SHELF-LV1"]


def refused_pages(browser: Client, document: Document) -> dict[str, str]:
    """Every page and fragment that shows what stops a draft."""
    args = [document.pk]
    line = document.lines.get()
    changed = {
        f"line-{line.pk}-quantity": line.quantity,
        f"line-{line.pk}-unit_price": "1",
        f"line-{line.pk}-remark": "",
    }
    asked = {
        "page": browser.get(reverse("documents:document", args=args)),
        "refusals": browser.get(reverse("documents:refusals", args=args)),
        "header": browser.post(reverse("documents:header", args=args), {"note": "x"}, headers=HTMX),
        "line": browser.post(
            reverse("documents:line", args=[document.pk, line.pk]), changed, headers=HTMX
        ),
        "paste": browser.post(
            reverse("documents:paste", args=[document.pk, line.pk]),
            {"serials": UNITS[0]},
            headers=HTMX,
        ),
        "post": browser.post(reverse("documents:post", args=args)),
    }
    return {name: page_of(answer) for name, answer in asked.items()}


@pytest.mark.parametrize("kind", ["sale", "receipt"])
def test_refusals_name_their_documents_and_link_none(
    browser, store, manager, goods, ours, theirs, kind
):
    document = draft(kind, store, manager, [(goods.strict, UNITS)])
    for name, page in refused_pages(browser, document).items():
        for number in (theirs.sale.number, theirs.receipt.number):
            assert number in page, name
        tells_nothing(page, theirs, numbers=False)
        assert not [unit for unit in UNITS if serial_url(unit) in page], name


def test_refusals_link_own_documents_beside_theirs(browser, store, manager, goods, ours, theirs):
    document = draft("sale", store, manager, [(goods.strict, ["OWN-KY1", *UNITS])])
    views = {
        view.serial: view.document
        for view in browser.get(document_url(document)).context["refusals"]
    }
    assert views == {"OWN-KY1": ours.sale, "OWN-LV1": None, "SHELF-LV1": None}


def test_a_refusal_links_a_document_by_the_documents_own_store(manager, ours, theirs):
    """Whatever store the refusal itself says: it is only data."""
    wrong = dataclasses.replace(
        refusal("serials_not_asked", line=1),
        posting_id=theirs.sale.posting_id,
        store_id=ours.store.pk,
    )
    (view,) = refusal_views(ours.draft, [wrong], access=access_of(manager))
    assert view.document is None


def test_a_refusal_of_theirs_gives_no_link(manager, other_manager, ours, theirs):
    wrong = dataclasses.replace(
        refusal("serials_not_asked", line=1),
        posting_id=theirs.sale.posting_id,
        store_id=theirs.store.pk,
    )
    assert wrong.link_for(access_of(manager)) is None
    assert wrong.link_for(access_of(other_manager)) == theirs.sale.posting_id


def test_a_chip_leads_to_a_unit_only_when_it_was_here(
    browser, store, manager, other_store, other_manager, goods, ours, theirs
):
    receive(other_store, other_manager, (goods.recorded, ["ONLY-LV1"]))
    document = draft("sale", store, manager, [(goods.recorded, ["SPAN", "ONLY-LV1"])])
    page = browser.get(document_url(document)).content.decode()
    assert serial_url("SPAN") in page
    assert "ONLY-LV1" in page
    assert serial_url("ONLY-LV1") not in page
    tells_nothing(page, theirs)


def test_a_scanned_unit_of_theirs_is_taken_and_not_linked(
    browser, store, manager, other_store, other_manager, goods, ours, theirs
):
    receive(other_store, other_manager, (goods.recorded, ["ONLY-LV1"]))
    document = draft("receipt", store, manager, [])
    url = reverse("documents:scan", args=[document.pk])
    fragment = browser.post(url, {"scan": "ONLY-LV1"}, headers=HTMX).content.decode()
    assert "Accepted" in fragment
    assert serial_url("ONLY-LV1") not in fragment
    tells_nothing(fragment, theirs)


def test_a_scan_they_took_does_not_lead_to_their_document(browser, manager, goods, ours, theirs):
    nonce = uuid.uuid4()
    access = access_of(theirs.person)
    scanning.scan(theirs.draft.pk, goods.plain.sku, by=access, now=timezone.now(), nonce=nonce)
    assert document_of_scan(nonce, access=access) == theirs.draft
    assert document_of_scan(nonce, access=access_of(manager)) is None

    start = reverse("documents:start", args=[Kind.SALE])
    answer = browser.post(start, {"scan": goods.plain.sku, "nonce": str(nonce)})
    assert document_url(theirs.draft) not in answer.headers.get("Location", "")
    tells_nothing(page_of(answer), theirs)


def test_scanning_on_their_draft_is_not_possible(browser, goods, ours, theirs):
    for name in ("scan", "header", "refusals", "post", "discard"):
        url = reverse(f"documents:{name}", args=[theirs.draft.pk])
        answer = browser.get(url) if name == "refusals" else browser.post(url, headers=HTMX)
        assert answer.status_code == 404, name
        # The choice of a language comes back to the address that was asked for.
        tells_nothing(answer.content.decode().replace(f'value="{url}"', ""), theirs)


def test_the_page_of_a_product_tells_nothing_of_either(browser, goods, ours, theirs):
    for product in Product.objects.all():
        page = page_of(browser.get(reverse("products:product", args=[product.pk])))
        tells_nothing(page, theirs)


def test_the_public_page_of_a_card_tells_strangers_nothing_of_the_sale(browser, ours, theirs):
    """Not even to a person who is signed in, of the store that sold it or of another."""
    for own in (ours, theirs):
        own.card.refresh_from_db()
        url = reverse("public:card", args=[own.card.token])
        for client in (Client(), browser):
            page = client.get(url).content.decode()
            assert own.store.name in page
            tells_nothing(page, own)
            assert own.person.username not in page
            assert "SPAN" not in page
