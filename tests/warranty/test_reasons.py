"""Why a card ends when it does, as its page and the page of its unit tell it."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from company.access import access_of
from company.models import Company
from documents.models import Document
from tests.claims import claim, close, repair
from tests.lasting import lasting
from tests.shop import exchange, receive, sell
from warranty.adjusting import override_end, revoke
from warranty.models import Card
from warranty.queries import cover_of_card
from warranty.reasons import end_of, ends_of
from warranty.terms import Cover

SOLD = dt.date(2026, 1, 31)
TODAY = dt.date(2026, 11, 28)
day = dt.date

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC), tick=False):
        yield


@lasting
def card(store, manager, goods) -> Card:
    """A unit sold on 31 January with 12 months."""
    receive(store, manager, (goods.strict, ["SN1", "SN2"]), on=SOLD)
    sell(store, manager, (goods.strict, ["SN1"]), on=SOLD)
    return Card.objects.get()


def again(card: Card) -> Card:
    return Card.objects.select_related("term").get(pk=card.pk)


def words(page) -> str:
    """The reasons on a page, as they are read."""
    (found,) = re.findall(r'<ul class="term__reasons">(.*?)</ul>', page.text, re.DOTALL)
    rows = re.findall(r"<li>(.*?)</li>", found, re.DOTALL)
    plain = [re.sub(r"\s+", " ", re.sub(r"<(?!/?s>)[^>]*>", "", row)).strip() for row in rows]
    return "\n".join(plain)


@pytest.fixture
def pages(client_of, manager):
    """The page of the card and that of its unit, which tell the same."""

    def open_both(card: Card) -> str:
        client = client_of(manager)
        on_card = words(client.get(reverse("warranty:card", args=[card.number])))
        assert (
            words(client.get(reverse("backoffice:serial", args=[card.term.serial_id]))) == on_card
        )
        return on_card

    return open_both


def test_a_repair_with_its_days_and_document(card, manager, pages):
    sale = Document.objects.get(kind="sale")
    assert pages(card) == f"12 months from the sale {sale.number}"
    made = repair(card, day(2026, 11, 2), day(2026, 11, 16), manager)
    assert pages(card) == (
        f"12 months from the sale {sale.number} → 31 Jan 2027\n"
        f"+ 14 days in repair {made.claim.reference} (2 Nov 2026 – 16 Nov 2026)"
        " → 14 Feb 2027"
    )


def test_an_override_and_what_was_taken_back(card, manager, admin, pages):
    made = repair(card, day(2026, 11, 2), day(2026, 11, 16), manager)
    at = {"by": access_of(admin), "now": timezone.now()}
    override_end(card.pk, ends_on=day(2027, 6, 1), reason="promised", seen=made.ends_on, **at)
    revoke(made.pk, reason="it was another", seen=day(2027, 6, 1), **at)
    rows = pages(card).split("\n")
    assert rows[1].startswith("<s>+ 14 days in repair")
    assert rows[1].endswith(" → 14 Feb 2027</s> (taken back)")
    assert rows[2:] == [
        "Set by admin: promised → 1 Jun 2027",
        f"The repair {made.claim.reference} was taken back by admin: it was another → 1 Jun 2027",
    ]


def test_days_that_overlap_and_months_added_once_say_so(card, manager, pages):
    repair(card, day(2026, 11, 2), day(2026, 11, 16), manager)
    repair(card, day(2026, 11, 10), day(2026, 11, 20), manager)
    assert "+ 10 days in repair" in pages(card)
    assert "of which 4 had not counted yet → 18 Feb 2027" in pages(card)


def test_months_once(store, manager, goods, pages):
    Company.current()
    Company.objects.update(extension="months", extension_months=3)
    receive(store, manager, (goods.strict, ["SN1"]), on=SOLD)
    sell(store, manager, (goods.strict, ["SN1"]), on=SOLD)
    card = Card.objects.get()
    repair(card, day(2026, 3, 1), day(2026, 3, 2), manager)
    repair(card, day(2026, 4, 1), day(2026, 4, 2), manager)
    first, second = pages(card).split("\n")[1:]
    assert first.startswith("+ 3 months for the repair")
    assert first.endswith("(1 Mar 2026 – 2 Mar 2026) → 30 Apr 2027")
    assert second.endswith("(1 Apr 2026 – 2 Apr 2026), added once already → 30 Apr 2027")
    claim(card, day(2026, 11, 1))
    last = pages(card).split("\n")[-1]
    assert "since 1 Nov 2026." in last
    assert last.endswith("It would end on 30 Apr 2027 if handed back today.")


def test_a_term_is_paused_while_its_unit_is_in_repair(card, pages):
    opened = claim(card, day(2026, 11, 2))
    assert pages(card).split("\n")[1] == (
        f"In repair {opened.reference} since 2 Nov 2026: paused."
        " It would end on 26 Feb 2027 if handed back today."
    )
    before, after = (
        cover_of_card(again(card), today=on, custody=end_of(again(card), today=on).custody)
        for on in (TODAY, day(2027, 6, 1))
    )
    assert before.days_left == after.days_left == (day(2027, 1, 31) - day(2026, 11, 2)).days
    assert after.cover == Cover.COVERED


def test_a_repair_that_is_paid_pauses_nothing(card, pages):
    claim(card, day(2026, 11, 2), is_warranty=False)
    assert pages(card).endswith("This repair does not extend the warranty.")
    assert not end_of(again(card), today=TODAY).custody.is_paused


@pytest.mark.parametrize(("on", "extends"), [(day(2027, 1, 31), True), (day(2027, 2, 1), False)])
def test_what_nobody_decided_goes_by_the_day_of_the_claim(card, on, extends):
    claim(card, on, is_warranty=None)
    custody = end_of(again(card), today=day(2027, 2, 9)).custody
    assert (custody.is_decided, custody.extends) == (False, extends)


def test_what_was_added_is_on_the_bar(card, manager):
    repair(card, day(2026, 11, 2), day(2026, 11, 16), manager)
    cover = cover_of_card(again(card), today=TODAY)
    assert (cover.days_more, cover.days_total) == (14, 380)
    assert (cover.extra, cover.extra_from) == (36, 964)


def test_pieces_of_one_line_have_their_own_ends(store, manager, goods, client_of):
    receive(store, manager, (goods.period, 2), on=SOLD)
    sell(store, manager, (goods.period, 2), on=SOLD)
    first, second = Card.objects.order_by("unit")
    repair(first, day(2026, 11, 2), day(2026, 11, 16), manager)
    client = client_of(manager)
    for card, ends in ((first, "14 Feb 2027"), (second, "31 Jan 2027")):
        page = client.get(reverse("warranty:card", args=[card.number]))
        assert f"<dd>{ends}</dd>" in page.text
    listed = client.get(reverse("documents:document", args=[Document.objects.get(kind="sale").pk]))
    assert "until 14 Feb 2027" in listed.text
    assert "until 31 Jan 2027" in listed.text


def test_what_was_exchanged_had_the_days_of_its_repairs(store, manager, goods, client_of):
    Company.current()
    Company.objects.update(replacement="inherit")
    receive(store, manager, (goods.strict, ["SN1", "SN2"]), on=SOLD)
    sale = sell(store, manager, (goods.strict, ["SN1"]), on=SOLD)
    repair(Card.objects.get(), day(2026, 2, 1), day(2026, 2, 4), manager)
    exchange(
        sale, store, manager, [(goods.strict, ["SN1"])], [(goods.strict, ["SN2"])],
        on=day(2026, 2, 5),
    )  # fmt: skip
    new = Card.objects.get(term__serial_text="SN2")
    assert new.ends_on == day(2027, 2, 3)
    told = words(client_of(manager).get(reverse("warranty:card", args=[new.number])))
    assert told.startswith("The rest of the term of what it replaces")


def test_reading_the_ends_takes_two_statements(card, manager, store, goods):
    sell(store, manager, (goods.strict, ["SN2"]), on=SOLD)
    for each in Card.objects.all():
        for month in (3, 4, 5):
            repair(each, day(2026, month, 1), day(2026, month, 5), manager)
        claim(each, day(2026, 11, 1))
    cards = list(Card.objects.select_related("term"))
    with CaptureQueriesContext(connection) as captured:
        ends = ends_of(cards, today=TODAY)
    assert len(captured) == 2
    assert [len(ends[each.pk].reasons) for each in cards] == [3, 3]


def test_a_closed_claim_is_no_custody(card, manager):
    close(claim(card, day(2026, 11, 2)), day(2026, 11, 3), manager)
    assert end_of(again(card), today=TODAY).custody is None
