"""Every main page, light on a desk and dark on a phone: axe-core finds nothing."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from backoffice.import_kinds import KINDS
from backoffice.importing import AT_ONCE, hold_import
from backoffice.stock_choice import Chosen
from backoffice.stock_files import request_file
from company.access import access_of
from company.inviting import invitation_token
from company.models import Membership, Store, User
from company.people import save_person
from company.rights import Role
from company.till import know, make_till, set_pin
from documents.models import Document
from documents.uploading import hold_file
from documents.uploading_long import hold_long_file
from inventory.closing import close_count
from inventory.pausing import abandon_count
from partners.models import Customer, Supplier
from repairs.charging import add_charge, add_stock_part
from repairs.lending import lend
from repairs.photos import add_photos
from repairs.pictures import read_picture
from repairs.working import change_status
from serials.models import Serial
from tests.browser.judging import DARK_PHONE, LIGHT_DESK, LOOKS, Judge, turn
from tests.browser.keyboard import press, scan
from tests.claims import claim, repair
from tests.inventory.conftest import begin, take
from tests.shop import Goods, draft, hand_back, receive, sell, take_in
from warranty.adjusting import override_end
from warranty.design_forms import starting_values
from warranty.designing import save_design
from warranty.models import Adjustment, Card
from warranty.public import TokenConverter

LONG_AGO = dt.datetime(2023, 3, 1, 12, tzinfo=dt.UTC)
REFUSED = "#scan-result [data-result=refused]"


@pytest.fixture
def everybody(store: Store, admin: User) -> User:
    """An admin who works in the store: no page is closed to them."""
    Membership.objects.create(user=admin, store=store, role=Role.MANAGER)
    return admin


@pytest.fixture
def world(store: Store, other_store: Store, everybody: User, goods: Goods) -> dict[str, Any]:
    """A shop with a little of everything, and the keys of what its pages show."""
    supplier = Supplier.objects.create(name="Wholesale", phone="+380 44 000 00 00")
    customer = Customer.objects.create(name="Iryna Bondar", phone="+380 67 000 00 00")
    receive(store, everybody, (goods.strict, ["OLD1"]), now=LONG_AGO)
    sell(store, everybody, (goods.strict, ["OLD1"]), now=LONG_AGO)
    lines = [(goods.strict, ["SN1", "SN2"]), (goods.recorded, ["R1", "R2"]), (goods.plain, 9)]
    received = receive(store, everybody, *lines)
    sold = sell(store, everybody, (goods.strict, ["SN1"]), (goods.recorded, ["R1", "R9"]))
    unfinished = draft("receipt", store, everybody, [(goods.strict, ["SN8", "SN9"])])
    unfinished.lines.update(quantity=3)
    units = dict(Serial.objects.values_list("text", "pk"))
    ended = begin(other_store, everybody)
    abandon_count(ended.pk, by=access_of(everybody), now=timezone.now())
    counting = begin(store, everybody)
    for text in ("SN2", "SN1", "NEW-1", goods.plain.sku):
        take(counting, everybody, text)
    for nth in range(2):
        receive(other_store, everybody, (goods.strict, [f"X{nth}", f"Y{nth}"]), (goods.plain, 3))
        closed = begin(other_store, everybody)
        take(closed, everybody, f"X{nth}")
        take(closed, everybody, goods.plain.sku)
        close_count(closed.pk, by=access_of(everybody), now=timezone.now())
    receive(other_store, everybody, (goods.strict, ["Z1"]), (goods.period, 3))
    card = Card.objects.get(term__serial_text="SN1")
    override = repaired_and_overridden(card, everybody)
    save_design(
        None,
        starting_values(None, language="en"),
        by=access_of(everybody),
        now=timezone.now(),
        version=0,
    )
    return {
        "closed": closed.pk,
        "closing": begin(other_store, everybody).pk,
        "other_store": other_store.pk,
        "counting": counting.pk,
        "abandoned": ended.pk,
        "supplier": supplier.pk,
        "customer": customer.pk,
        "product": goods.strict.pk,
        "type": goods.strict.type_id,
        "store": store.pk,
        "person": everybody.pk,
        "invited": invited(everybody).pk,
        "received": received.pk,
        "sold": sold.pk,
        "in_stock": units["SN2"],
        "is_sold": units["SN1"],
        "over": units["OLD1"],
        "recorded": units["R1"],
        "card": card.number,
        "override": override.pk,
        "stock_file": stock_file(everybody),
        "code": TokenConverter().to_url(card.token),
        "selling": draft("sale", store, everybody, [(goods.plain, 2)]).pk,
        "receiving": unfinished.pk,
        "slow": slow_file(store, everybody),
        "held": hold_file(
            unfinished.pk,
            None,
            name="list.csv",
            content=LIST,
            by=access_of(everybody),
            now=timezone.now(),
        ).pk,
        **in_files(everybody),
        "line": Document.objects.get(pk=received.pk).lines.first().pk,
        **in_repair(store, everybody, goods),
    }


def in_repair(store: Store, by: User, goods: Goods) -> dict[str, int]:
    """A repair with all a page can show, one that is ready, and one that was handed back."""
    receive(store, by, (goods.strict, ["RP1", "RP2", "PART"]), (goods.recorded, ["RP3", "LENT"]))
    sell(store, by, (goods.strict, ["RP1", "RP2"]))
    access, now = access_of(by), timezone.now()
    full = take_in(store, by, "RP1", decided="warranty", promised_on=store.date_of(now))
    add_charge(full.pk, kind="work", name="Soldering", unit_price=Decimal(9), by=access, now=now)
    add_stock_part(full.pk, product=goods.strict, serials=["PART"], by=access, now=now)
    lend(full.pk, product=goods.recorded, serial="LENT", note="With charger", by=access, now=now)
    out = io.BytesIO()
    Image.new("RGB", (80, 60), "teal").save(out, "PNG")
    add_photos(full.pk, [read_picture(io.BytesIO(out.getvalue()))], by=access, now=now)
    ready = take_in(store, by, "RP2", decided="warranty")
    change_status(ready.pk, to="ready", version=ready.version, by=access, now=now)
    ended = take_in(store, by, "RP3", own=True)
    hand_back(ended, by, "repaired")
    return {"repair": full.pk, "ready": ready.pk, "mended": ended.pk}


def in_files(by: User) -> dict[str, uuid.UUID]:
    """A file of products that was read, with rows of every kind, and one that is being read."""
    kind, access, now = KINDS["products"], access_of(by), timezone.now()
    content = b"SKU;Price;Barcode;Shelf\nSKU-NONE;5;;A\nSKU-PERIOD;x;4006381333932;B\nNEW;;;C\n"
    seen = hold_import(kind, name="list.csv", content=content, clears=True, by=access, now=now)
    large = content + b"\n" * AT_ONCE
    read = hold_import(kind, name="large.csv", content=large, clears=False, by=access, now=now)
    return {"importing": seen.pk, "being_read": read.pk}


def stock_file(by: User) -> uuid.UUID:
    """A file of the stock that is being made."""
    access = access_of(by)
    chosen = Chosen(stores=access.store_ids, own=access.store_ids, day=timezone.localdate())
    now = timezone.now()
    return request_file(chosen, file_format="csv", filters="", by=access, now=now).pk


def repaired_and_overridden(card: Card, by: User) -> Adjustment:
    """The card was extended by a repair, its end set by an admin, and its unit is in repair."""
    start = card.term.starts_on
    made = repair(card, start, start + dt.timedelta(days=9), by)
    assert made is not None
    claim(card, start + dt.timedelta(days=9))
    return override_end(
        card.pk,
        ends_on=made.ends_on + dt.timedelta(days=30),
        reason="a promise",
        seen=made.ends_on,
        by=access_of(by),
        now=timezone.now(),
    )


@pytest.fixture
def page_in(
    chromium: Browser, live_server: LiveServer, transactional_db: None, everybody: User
) -> Iterator[Callable[[str], Page]]:
    """A page signed in as `everybody`, in one of the looks."""
    contexts: list[BrowserContext] = []

    def open_page(look: str) -> Page:
        # Axe measures with inline styles, which the policy of the pages refuses.
        context = chromium.new_context(
            base_url=live_server.url, bypass_csp=True, reduced_motion="reduce", **LOOKS[look]
        )
        contexts.append(context)
        client = Client()
        client.force_login(everybody)
        session = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


def invited(by: User) -> User:
    """Somebody who has not chosen a password yet."""
    data = {"username": "olena", "full_name": "Olena", "language": "en", "is_admin": False}
    return save_person(data, roles=[], by=access_of(by), now=timezone.now())


LIST = b"SKU;Serial;Price\nSKU-STRICT;N1;5\nSKU-STRICT;3.5E+14;5\nNO-SUCH;N2;\n"
PATHS = """
/  /documents/  /documents/?q=nothing  /documents/{received}/
/documents/{sold}/  /documents/{selling}/customer/?q=iryna
/documents/{received}/lines/{line}/serials/  /documents/{receiving}/
/documents/{received}/labels/  /documents/labels/{in_stock}/
/documents/{receiving}/upload/  /documents/{receiving}/upload/{held}/
/documents/{slow}/  /serials/{in_stock}/second-number/
/serials/{in_stock}/  /serials/{is_sold}/  /serials/{over}/  /serials/{recorded}/  /cards/{card}/
/cards/{card}/end/  /cards/{card}/taken-back/{override}/
/documents/?since=nonsense
/reports/mismatches/  /reports/  /reports/claims/
/reports/under-warranty/  /reports/under-warranty/?within=x
/warranty/  /warranty/?q={card}  /warranty/?q=SN  /warranty/?q=SN-1  /warranty/?q=nothing
/stock/  /stock/?q=nothing  /stock/?on=nonsense  /stock/totals/
/stock/?product_id={product}&on=2026-01-01  /stock/files/{stock_file}/
/search/?q=sn  /search/?q=product  /search/?q=nothing
/products/  /products/{product}/  /products/{product}/edit/  /products/new/?type={type}
/products/types/  /products/types/{type}/
/documents/accounting/{product}/  /documents/accounting/{product}/?mode=recorded
/documents/accounting/{product}/done/?document={received}
/partners/customers/  /partners/customers/{customer}/  /partners/suppliers/{supplier}/
/import/products/  /import/products/{importing}/  /import/products/{importing}/?show=refused
/import/products/{being_read}/
/customers/{customer}/erase/
/counts/  /counts/start/  /counts/{counting}/  /counts/{counting}/?list=unknown
/counts/{counting}/?list=counted  /counts/{counting}/?list=pieces  /counts/{abandoned}/
/counts/{counting}/upload/  /counts/{counting}/abandon/  /counts/{counting}/close/
/counts/{closing}/close/  /counts/{closed}/report/  /counts/accuracy/?store={other_store}
/repairs/  /repairs/?ended=1  /repairs/?q=nothing  /repairs/?technician=x
/repairs/new/  /repairs/new/?scan=OLD1  /repairs/new/?scan=RP1  /repairs/new/?scan=NOBODY
/repairs/{repair}/  /repairs/{ready}/  /repairs/{mended}/  /repairs/{repair}/hand-back/
/repairs/{repair}/cancel/
/audit/  /audit/?thing=products.product-{product}
/settings/  /settings/data/  /settings/stores/  /settings/stores/{store}/  /settings/people/
/settings/cards/  /settings/cards/general/  /settings/cards/{type}/
/settings/cards/general/versions/1/
/settings/people/{person}/  /settings/people/{invited}/  /settings/people/{invited}/invitation/
/settings/sign-in/  /account/  /account/second-factor/  /account/pin/  /password/
/nowhere/  /w/{code}/  /w/nowhere/
"""


PARTS = 4
"""Tests that share the pages among them: each takes a while, and none too long."""


def slow_file(store: Store, by: User) -> str:
    """A long file that waits to be read, by its address among the documents."""
    receipt = draft("receipt", store, by, [])
    held = hold_long_file(
        receipt.pk, None, name="long.csv", content=LIST, by=access_of(by), now=timezone.now()
    )
    return f"{receipt.pk}/upload/{held.pk}"


@pytest.mark.parametrize("part", range(PARTS))
def test_axe_finds_nothing_on_any_page(
    page_in: Callable[[str], Page], everybody: User, world: dict[str, Any], part: int
) -> None:
    """In Ukrainian, whose words are longer: first as on a desk, then as on a phone."""
    everybody.language = "uk"
    everybody.save()
    page = page_in("light, desk")
    judge = Judge(page)
    for path in PATHS.format(**world).split()[part::PARTS]:
        page.goto(path)
        judge(path)
        turn(page, DARK_PHONE)
        judge.again(f"{path} in the dark, on a phone")
        turn(page, LIGHT_DESK)
    assert judge.found == []


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_in_what_pages_answer(
    page_in: Callable[[str], Page], everybody: User, world: dict[str, Any], look: str
) -> None:
    page = page_in(look)
    judge = Judge(page, whole=look == "light, desk")
    page.goto(f"/documents/{world['selling']}/")
    judge("a draft")
    scan(page, "SN1")
    page.locator(REFUSED).wait_for()
    judge("a refused scan")
    for text, result in (("R2", "accepted"), ("R2", "repeated"), ("NEW-2", "unknown"),
                         ("SKU-STRICT", "chosen"), ("SKU-NONE", "accepted")):  # fmt: skip
        page.goto(f"/counts/{world['counting']}/")
        scan(page, text)
        page.locator(f"#scan-result [data-result={result}]").wait_for()
        judge(f"a scan in a count: {result}")
    page.goto(f"/documents/{world['receiving']}/")
    press(page, "F9")
    page.locator(".refusals").wait_for()
    judge("a refused posting")
    page.goto("/repairs/new/?scan=OLD1")
    press(page, "F9")
    page.locator(".error-summary").wait_for()
    judge("a refused intake")
    page.goto(f"/repairs/{world['repair']}/hand-back/")
    press(page, "F9")
    page.locator(".refusals[role=alert]").wait_for()
    judge("a refused hand-back")
    page.goto(f"/documents/accounting/{world['product']}/?mode=recorded")
    page.get_by_role("textbox", name="Podil, in stock").fill("A\nB")
    press(page, "F9")
    page.locator(".error-summary").wait_for()
    judge("a refused change of accounting")
    page.get_by_role("textbox", name="Podil, in stock").fill("OTHER")
    press(page, "F9")
    page.locator(".refusals--warn").wait_for()
    judge("a change of accounting before it is done")
    page.locator("summary", has_text="Signed in as").click()
    judge("the menu of the person")
    press(page, "Control+Slash")
    page.get_by_role("heading", name="Keyboard shortcuts").wait_for()
    judge("the overview of shortcuts")
    page.context.clear_cookies()
    page.goto("/sign-in/")
    judge("sign-in")
    page.keyboard.type("nobody")
    press(page, "Enter")
    page.get_by_label("Password").fill("wrong")
    press(page, "Enter")
    page.locator(".error-summary").wait_for()
    judge("a refused sign-in")
    now, olena = timezone.now(), User.objects.get(username="olena")
    page.goto(f"/welcome/{invitation_token(olena)}/")
    judge("an invitation")
    set_pin(everybody, "4071", now=now)
    till, secret = make_till(now=now)
    for person in (everybody, User.objects.create_user("without-pin")):
        know(till, person, now=now)
    address = page.url.partition("/welcome/")[0]
    page.context.add_cookies([{"name": "till", "value": secret, "url": address}])
    page.goto("/till/")
    judge("the till")

    assert judge.found == []
