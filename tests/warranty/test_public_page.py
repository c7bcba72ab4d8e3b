"""The public page of a card: what it says in each state and language, and never says."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import re
import uuid
from collections.abc import Callable

import pytest
import time_machine
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse

from company.models import Store, User
from documents.models import Document
from partners.models import Customer
from tests.shop import Goods, cancel, draft, exchange, give_back, post, receive, sell
from warranty.models import Adjustment, Card, Claim
from warranty.public_page import end_of_serial

pytestmark = pytest.mark.django_db

SERIAL = "352099001761481"
SOLD_AT = dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)


@dataclasses.dataclass
class Shop:
    """A sale of one unit with a number, and of three pieces without."""

    store: Store
    manager: User
    goods: Goods
    customer: Customer
    sale: Document

    def card(self, unit: int = 0) -> Card:
        """The card of the unit with a number, or of one of the pieces."""
        found = Card.objects.filter(term__posting=self.sale.posting)
        if unit:
            return found.get(term__serial=None, unit=unit)
        return found.get(term__serial__key=SERIAL)

    def serials(self, *texts: str) -> tuple:
        return (self.goods.strict, list(texts))


@pytest.fixture
def shop(store, manager, goods) -> Shop:
    store.phone = "+380 (44) 123-45-67"
    store.save()
    customer = Customer.objects.create(
        name="Оксана Бондаренко", phone="+380675551234", email="oksana@example.com"
    )
    with time_machine.travel(SOLD_AT, tick=False):
        receive(store, manager, (goods.strict, [SERIAL, "SPARE"]), (goods.period, 5))
        sale = draft("sale", store, manager, [(goods.strict, [SERIAL]), (goods.period, 3)])
        sale.customer = customer
        sale.save()
        sale.lines.update(unit_price="24990.00")
        post(sale, manager)
    sale.refresh_from_db()
    return Shop(store, manager, goods, customer, sale)


def address(card: Card) -> str:
    return reverse("public:card", args=[card.token])


def read(card: Card, on: dt.date | None = None, language: str = "en") -> str:
    """The words of the page as somebody who is not signed in gets it at noon of a day."""
    moment = dt.datetime.combine(on or SOLD_AT.date(), dt.time(10), dt.UTC)
    with time_machine.travel(moment, tick=False):
        response = Client().get(address(card), headers={"accept-language": language})
    assert response.status_code == 200
    return words(response.text)


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def test_a_unit_in_warranty(shop):
    page = read(shop.card())

    for said in (
        "In warranty", "until 23 Nov 2027", "365 days left", "Product strict", "ends in 1481",
        "12 months from 23 Nov 2026", "Podil", "Kontraktova 4, Kyiv", "+380 (44) 123-45-67",
    ):  # fmt: skip
        assert said in page
    for unsaid in ("Extended", "In repair", "Unit", "not valid"):
        assert unsaid not in page


@pytest.mark.parametrize(
    ("on", "said"),
    [
        ("2027-10-23", "In warranty until 23 Nov 2027 31 days left"),
        ("2027-10-24", "The warranty ends soon until 23 Nov 2027 30 days left"),
        ("2027-11-22", "1 day left"),
        ("2027-11-23", "today is the last day"),
        ("2027-11-24", "The warranty is over its last day was 23 Nov 2027"),
        ("2026-11-22", "The warranty has not begun valid from 23 Nov 2026 until 23 Nov 2027"),
    ],
)
def test_what_it_is_goes_by_the_day(shop, on, said):
    assert said in read(shop.card(), day(on))


def test_the_day_is_the_stores_own(shop):
    """At 22:30 UTC of its last day it is the next one in Kyiv."""
    with time_machine.travel(dt.datetime(2027, 11, 23, 22, 30, tzinfo=dt.UTC), tick=False):
        assert "The warranty is over" in words(Client().get(address(shop.card())).text)


def test_pieces_without_numbers_say_which_they_are(shop):
    page = read(shop.card(unit=2))

    assert "Unit 2 of 3" in page
    assert "Serial number" not in page


def test_goods_given_back(shop):
    with time_machine.travel(SOLD_AT + dt.timedelta(days=2), tick=False):
        give_back(shop.sale, shop.store, shop.manager, shop.serials(SERIAL))

    page = read(shop.card(), day("2026-12-01"))
    assert "This card is not valid since 25 Nov 2026" in page
    assert "given back to the shop" in page
    assert "In warranty" not in page
    assert "Bring the goods" not in page


def test_one_of_three_pieces_given_back(shop):
    with time_machine.travel(SOLD_AT + dt.timedelta(days=2), tick=False):
        give_back(shop.sale, shop.store, shop.manager, (shop.goods.period, 1))

    states = ["not valid" in read(shop.card(unit), day("2026-12-01")) for unit in (1, 2, 3)]
    assert sorted(states) == [False, False, True]


def test_goods_replaced(shop):
    with time_machine.travel(SOLD_AT + dt.timedelta(days=2), tick=False):
        exchange(
            shop.sale, shop.store, shop.manager, [shop.serials(SERIAL)], [shop.serials("SPARE")]
        )

    assert "were replaced; the replacement has a card" in read(shop.card(), day("2026-12-01"))
    assert "In warranty" in read(Card.objects.get(term__serial__key="SPARE"), day("2026-12-01"))


def test_a_cancelled_sale(shop):
    with time_machine.travel(SOLD_AT + dt.timedelta(hours=1), tick=False):
        cancel(shop.sale, shop.manager)

    assert "The shop cancelled this card." in read(shop.card(), day("2026-12-01"))


def claim(shop: Shop, on: str, *, is_warranty: bool | None = None) -> Claim:
    card = shop.card()
    return Claim.objects.create(
        reference="KY1-R2026-000001",
        store=shop.store,
        product=card.term.product,
        serial=card.term.serial,
        card=card,
        claimed_on=day(on),
        is_warranty=is_warranty,
    )


def test_goods_in_repair(shop):
    """Four days of a repair that nobody has decided on yet."""
    made = claim(shop, "2027-03-01")

    page = read(shop.card(), day("2027-03-05"))
    assert "In warranty until 27 Nov 2027" in page
    assert "In repair since 1 Mar 2027." in page
    assert "by the days it takes. The date above counts that up to today; the shop has" in page
    for unsaid in ("days left", "at first", "KY1-R2026-000001"):
        assert unsaid not in page

    made.is_warranty = True
    made.save()
    page = read(shop.card(), day("2027-03-05"))
    assert "by the days it takes. The date above counts that up to today. " in page


def test_goods_claimed_in_time_are_covered_however_long_the_repair_takes(shop):
    made = claim(shop, "2027-11-20")
    assert "The warranty ends soon until 8 Dec 2027" in read(shop.card(), day("2027-12-05"))

    made.is_warranty = False
    made.save()
    page = read(shop.card(), day("2027-12-05"))
    assert "The warranty is over" in page
    assert "In repair since 20 Nov 2027." in page
    assert "extends" not in page


def test_goods_claimed_too_late_are_not_covered(shop):
    claim(shop, "2027-11-24")

    assert "The warranty is over" in read(shop.card(), day("2027-11-25"))


@pytest.mark.parametrize(
    ("policy", "months", "said", "unsaid"),
    [("months", 3, "by 3 months, once", "days it takes"), ("none", 0, "In repair", "extends")],
)
def test_what_a_repair_adds_goes_by_the_policy_of_the_sale(
    shop, store, manager, goods, policy, months, said, unsaid
):
    goods.strict.type.extension = policy
    goods.strict.type.extension_months = months or None
    goods.strict.type.save()
    with time_machine.travel(SOLD_AT, tick=False):
        sold = sell(store, manager, (goods.strict, ["SPARE"]))
    shop.sale = sold
    card = Card.objects.get(term__serial__key="SPARE")
    Claim.objects.create(
        reference="R", store=store, product=goods.strict, card=card, claimed_on=day("2027-03-01")
    )

    page = read(card, day("2027-03-05"))
    assert said in page
    assert unsaid not in page


def test_an_extended_warranty_tells_its_first_end(shop, manager):
    closed = claim(shop, "2027-03-01", is_warranty=True)
    closed.closed_on = day("2027-03-15")
    closed.save()
    card = shop.card()
    Adjustment.objects.create(
        card=card, seq=1, kind="repair", claim=closed, from_on=closed.claimed_on,
        to_on=closed.closed_on, days=14, ends_before=card.ends_on, ends_on=day("2027-12-07"),
        made_by=manager, made_at=SOLD_AT,
    )  # fmt: skip
    Card.objects.filter(pk=card.pk).update(ends_on=day("2027-12-07"))

    page = read(card, day("2027-12-01"))
    assert "until 7 Dec 2027 6 days left" in page
    assert "Extended until 7 Dec 2027; at first it was 23 Nov 2027" in page
    assert "In repair" not in page


def test_nothing_of_the_customer_the_sale_or_the_whole_serial(shop):
    claim(shop, "2026-12-01")
    for card in (shop.card(), shop.card(unit=2)):
        for language in ("en", "uk"):
            headers = {"accept-language": language}
            with time_machine.travel(dt.datetime(2026, 12, 5, 10, tzinfo=dt.UTC), tick=False):
                response = Client().get(address(card), headers=headers)
            everything = response.text + str(response.headers)
            for secret in (
                "Оксана", "Бондаренко", "Bondarenko", "675551234", "oksana@example.com", SERIAL,
                SERIAL[:6], SERIAL[-5:], str(shop.sale), card.number, "24990", "24 990", "SKU-",
                "KY1-", "manager", str(card.token), f"/{card.pk}/", "UAH", "EUR",
            ):  # fmt: skip
                assert secret not in everything, secret


def test_a_person_who_is_signed_in_here_leaves_no_trace_on_it(shop, client_of):
    mine = client_of(shop.manager).get(address(shop.card()))

    assert mine.text == Client().get(address(shop.card())).text


@pytest.mark.parametrize(
    ("serial", "shown"),
    [("352099001761481", "1481"), ("12345678", "5678"), ("1234567", "567"), ("123", "3"),
     ("12", "2"), ("1", ""), ("", "")],
)  # fmt: skip
def test_of_a_serial_at_most_half_is_shown(serial, shown):
    assert end_of_serial(serial) == shown


def test_its_headers_keep_it_out_of_search_engines_caches_and_referrers(shop):
    response = Client().get(address(shop.card()))

    assert response.headers["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "Accept-Language" in response.headers["Vary"]
    assert 'name="robots" content="noindex' in response.text
    assert not response.cookies
    assert "<script" not in response.text


def test_it_takes_one_statement_and_one_or_two_to_count(shop, django_assert_num_queries):
    url = address(shop.card())
    with django_assert_num_queries(2):
        Client().get(url)
    with django_assert_num_queries(3):
        Client().get(url)
    claim(shop, "2026-11-24")
    with django_assert_num_queries(5):
        Client().get(url)


def test_it_is_read_and_never_written_to(shop):
    url = address(shop.card())

    head = Client().head(url)
    assert (head.status_code, head.content) == (200, b"")
    for method in ("post", "put", "delete", "patch", "options"):
        assert getattr(Client(enforce_csrf_checks=True), method)(url).status_code == 405


CODE = "HJUR7hpwR0CSjGXBGxQHhA"
HOSTILE = [
    CODE, CODE[:-1] + "B", CODE * 50, "x", "", "%00", "%ff%fe", "..%2f..%2fetc/passwd", "'--",
    "%D0%93%D0%B0%D1%80", "<script>", "{{7*7}}", "%0a", "a/b/c", "1", str(uuid.uuid4()), "A" * 22,
    "_" * 22, "-" * 22, "%F0%9F%92%A9" * 5, "w" * 4000,
]  # fmt: skip


@pytest.mark.parametrize("code", HOSTILE)
def test_what_is_no_card_is_the_same_friendly_404(code):
    path = f"/w/{code}/" if code else "/w/"
    response = Client().get(path)

    assert response.status_code == 404
    assert "No such warranty card" in response.text
    assert response.headers["X-Robots-Tag"].startswith("noindex")
    in_ukrainian = Client().get(path + "?lang=uk")
    assert "Такого гарантійного талона немає" in in_ukrainian.text
    assert '<html lang="uk">' in in_ukrainian.text


def test_an_address_without_its_last_slash_leads_to_it(shop):
    url = address(shop.card())
    assert Client().get(url.rstrip("/")).headers["Location"] == url


@pytest.mark.parametrize(
    ("header", "query", "expected"),
    [
        ("uk", "", "uk"),
        ("uk-UA,uk;q=0.9,en;q=0.5", "", "uk"),
        ("de-DE,de;q=0.9,uk;q=0.8,en;q=0.7", "", "uk"),
        ("de, fr", "", "en"),  # the store's
        ("", "", "en"),
        ("nonsense;;;=,,", "", "en"),
        ("uk", "?lang=en", "en"),
        ("en", "?lang=uk", "uk"),
        ("uk", "?lang=xx", "uk"),
        ("en", "?lang=%00", "en"),
    ],
)
def test_the_language_is_the_chosen_one_or_the_browsers(shop, header, query, expected):
    response = Client().get(address(shop.card()) + query, headers={"accept-language": header})

    assert f'<html lang="{expected}">' in response.text
    assert response.headers["Content-Language"] == expected
    assert f'aria-current="true">{dict(django_settings.CARD_LANGUAGES)[expected]}' in response.text


def test_otherwise_it_is_the_stores(shop):
    Store.objects.filter(pk=shop.store.pk).update(language="uk")
    response = Client().get(address(shop.card()), headers={"accept-language": "de"})
    assert '<html lang="uk">' in response.text


def test_in_ukrainian_it_is_ukrainian_throughout(shop):
    """What is Latin on the page is data of this shop."""
    claim(shop, "2026-12-01")
    own = "Product strict|Product period|Podil|Kontraktova|Kyiv|English"
    days = ("2026-12-05", "2027-11-20", "2028-01-01")
    for card, on in itertools.product((shop.card(), shop.card(unit=2)), days):
        page = re.sub(own, "", read(card, day(on), language="uk"))
        assert not re.findall(r"[A-Za-z]+", page)
    assert "до 23 листопада 2027" in read(shop.card(unit=1), day("2026-12-05"), language="uk")
    assert "12 місяців з 23 листопада 2026" in read(shop.card(), day("2026-12-05"), language="uk")


@pytest.mark.parametrize(
    ("on", "left"),
    [("2027-11-22", "залишився 1 день"), ("2027-11-20", "залишилося 3 дні"),
     ("2027-11-12", "залишилося 11 днів"), ("2027-11-02", "залишився 21 день")],
)  # fmt: skip
def test_days_are_counted_as_ukrainian_counts_them(shop, on, left):
    assert left in read(shop.card(), day(on), language="uk")


@pytest.fixture
def few(settings) -> Callable[[], list[int]]:
    settings.PUBLIC_RATE = "3/m"

    def ask(url: str = "/w/x/", times: int = 5, **extra: str) -> list[int]:
        with time_machine.travel(SOLD_AT, tick=False):
            return [Client().get(url, **extra).status_code for _ in range(times)]

    return ask


def test_too_many_requests_of_one_address_are_refused(shop, few):
    url = address(shop.card())

    assert few(url) == [200, 200, 200, 429, 429]
    assert few(url, times=1, REMOTE_ADDR="198.51.100.7") == [200]
    assert few("/w/x/", times=1) == [429]  # guessing counts as well

    with time_machine.travel(SOLD_AT, tick=False):
        for language, said in (("en", "Too many requests"), ("uk", "Забагато запитів")):
            refused = Client().get(f"{url}?lang={language}")
            assert refused.status_code == 429
            assert said in refused.text
            assert 1 <= int(refused.headers["Retry-After"]) <= 60
            assert shop.store.name not in refused.text
    with time_machine.travel(SOLD_AT + dt.timedelta(minutes=2), tick=False):
        assert Client().get(url).status_code == 200


def test_an_address_can_not_be_made_up(few):
    said = [f"203.0.113.{nth}" for nth in range(5)]
    assert [
        few(times=1, HTTP_X_FORWARDED_FOR=each) for each in said
    ] == [[404], [404], [404], [429], [429]]  # fmt: skip


def test_behind_a_proxy_each_customer_is_counted_apart(few, settings):
    settings.TRUSTED_PROXIES = 1
    assert few(HTTP_X_FORWARDED_FOR="203.0.113.5") == [404, 404, 404, 429, 429]
    assert few(times=1, HTTP_X_FORWARDED_FOR="203.0.113.5, 203.0.113.6") == [404]


def test_a_whole_ipv6_network_is_one_address(few):
    assert few(times=3, REMOTE_ADDR="2001:db8::1") == [404] * 3
    assert few(times=1, REMOTE_ADDR="2001:db8::2") == [429]
    assert few(times=1, REMOTE_ADDR="2001:db8:0:1::2") == [404]
