"""One press puts an unknown unit right: the two that were mixed up change places."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection
from django.db.transaction import atomic
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from company.access import access_of
from company.models import Company, Membership, Replacement
from company.rights import Role
from documents.correcting import CorrectionRefused, Seen
from documents.models import Document
from inventory.fixing import Preview, fix, preview
from inventory.models import Count, Scan
from inventory.pausing import abandon_count, pause_count
from inventory.taking_back import take_back
from inventory.unknowns import Unknowns, unknown_units
from serials.models import Serial
from tests.books import books_agree, everything, pieces, place_of, valid_cards
from tests.inventory.conftest import begin, take
from tests.shop import (
    arrive,
    cancel,
    exchange,
    give_back,
    receive,
    return_to_supplier,
    sell,
    transfer,
    write_off,
)
from warranty.models import Card, Term

pytestmark = pytest.mark.django_db

MODES = ("strict", "recorded")


def unknowns(count: Count, by) -> Unknowns:
    return unknown_units(count, access=access_of(by))


def unit(serial: str, **more) -> Serial:
    return Serial.objects.get(key=serial, **more)


def look(count: Count, by, lies: str, went: str) -> Preview:
    scan = Scan.objects.get(count=count, key=lies, taken_back_at=None)
    return preview(count.pk, scan.pk, unit(went).pk, by=access_of(by))


def press(count: Count, by, lies: str, went: str, *, seen: Seen | None = None) -> Document:
    """Look at what would change, and press the button."""
    scan = Scan.objects.get(count=count, key=lies, taken_back_at=None)
    if seen is None:
        seen = look(count, by, lies, went).seen
    return fix(count.pk, scan.pk, unit(went).pk, seen=seen, by=access_of(by), now=timezone.now())


def refused(count: Count, by, lies: str, went: str, **more) -> str:
    before = everything()
    with pytest.raises(CorrectionRefused) as raised:
        press(count, by, lies, went, **more)
    assert everything() == before
    return str(raised.value)


@pytest.fixture
def of_both(manager, other_store):
    """A manager of both stores."""
    Membership.objects.create(user=manager, store=other_store, role=Role.MANAGER)
    return manager


@pytest.mark.parametrize("mode", MODES)
class TestEachKindThatTookAUnitOut:
    """SN-1 was written on it, SN-2 went: the count finds the one and misses the other."""

    @pytest.fixture
    def product(self, goods, mode):
        return getattr(goods, mode)

    @pytest.fixture
    def counted(self, store, of_both, product):
        """What a count of the store says once everything but SN-2 was scanned."""
        receive(store, of_both, (product, ["SN-1", "SN-2", "SN-3"]))

        def count() -> Count:
            count = begin(store, of_both)
            for text in ("SN-1", "SN-3"):
                take(count, of_both, text)
            return count

        return count

    def put_right(self, count: Count, by) -> Document:
        """Press the button of the only card, which proposes the right unit."""
        (card,) = unknowns(count, by).units
        assert (card.scan.key, card.best.serial.key) == ("SN-1", "SN-2")
        assert card.may_fix
        correction = press(count, by, "SN-1", "SN-2")
        assert correction.note == f"Count {count.number}"
        assert unknowns(count, by).total == 0
        assert place_of("SN-1") == "shelf"
        books_agree()
        return correction

    def test_a_sale(self, store, of_both, product, counted):
        sale = sell(store, of_both, (product, ["SN-1"]))
        correction = self.put_right(counted(), of_both)
        assert correction.origin == sale
        assert place_of("SN-2") == "customer"
        assert Card.objects.get(void_on=None).term.serial_text == "SN-2"

    def test_a_supplier_return(self, store, of_both, product, counted):
        return_to_supplier(store, of_both, (product, ["SN-1"]))
        self.put_right(counted(), of_both)
        assert place_of("SN-2") == "supplier"

    def test_a_write_off(self, store, of_both, product, counted):
        write_off(store, of_both, (product, ["SN-1"]))
        self.put_right(counted(), of_both)
        assert place_of("SN-2") == "written_off"

    def test_a_transfer_under_way(self, store, other_store, of_both, product, counted):
        transfer(store, other_store, of_both, (product, ["SN-1"]))
        self.put_right(counted(), of_both)
        assert place_of("SN-2") == "transit"

    def test_a_transfer_that_arrived(self, store, other_store, of_both, product, counted):
        sent = transfer(store, other_store, of_both, (product, ["SN-1"]))
        arrive(sent, of_both, (product, ["SN-1"]))
        self.put_right(counted(), of_both)
        assert unit("SN-2").place.store == other_store
        assert unit("SN-1").place.store == store

    def test_an_exchange(self, store, of_both, product, counted):
        Company.objects.update(replacement=Replacement.INHERIT)
        receive(store, of_both, (product, ["SN-9"]))
        sale = sell(store, of_both, (product, ["SN-9"]))
        exchange(sale, store, of_both, [(product, ["SN-9"])], [(product, ["SN-1"])])
        count = counted()
        take(count, of_both, "SN-9")
        self.put_right(count, of_both)
        assert Term.objects.get(void_on=None).serial_text == "SN-2"

    def test_a_receipt_under_a_mistyped_number(self, store, of_both, product):
        receive(store, of_both, (product, ["SN-O815", "SN-3000"]))
        count = begin(store, of_both)
        take(count, of_both, product.sku)
        take(count, of_both, "SN-0815", context=product.pk)
        take(count, of_both, "SN-3000")
        (card,) = unknowns(count, of_both).units
        assert card.best.serial.key == "SN-O815"
        assert "Rename: SN-O815 is SN-0815" in card.best.doing_it
        press(count, of_both, "SN-0815", "SN-O815")
        assert (place_of("SN-0815"), place_of("SN-O815")) == ("shelf", "outside")
        assert unknowns(count, of_both).total == 0
        assert pieces(product) == 2
        books_agree()


class TestThePreview:
    @pytest.fixture
    def count(self, store, manager, goods):
        receive(store, manager, (goods.strict, ["SN-1", "SN-2"]), on=dt.date(2026, 1, 2))
        sell(store, manager, (goods.strict, ["SN-1"]), on=dt.date(2026, 1, 31))
        count = begin(store, manager)
        take(count, manager, "SN-1")
        return count

    def test_it_names_the_document_and_the_warranty_that_moves(self, count, manager):
        found = look(count, manager, "SN-1", "SN-2")
        assert found.doing_it == "Swap: SN-1 lies here, SN-2 was sold"
        assert found.mixed_up.line.document.kind == "sale"
        assert (found.term.starts_on, found.term.ends_on) == (
            dt.date(2026, 1, 31), dt.date(2027, 1, 31),
        )  # fmt: skip
        assert [card.number for card in found.cards] == [Card.objects.get().number]

    def test_it_changes_nothing(self, count, manager):
        before = everything()
        look(count, manager, "SN-1", "SN-2")
        assert everything() == before

    def test_the_new_card_is_valid_and_the_old_one_is_not(self, count, manager):
        old = Card.objects.get()
        correction = press(count, manager, "SN-1", "SN-2")
        old.refresh_from_db()
        assert old.void_on == correction.effective_on
        assert Card.objects.get(void_on=None).term.serial_text == "SN-2"

    def test_it_can_be_cancelled_and_the_unit_is_unknown_again(self, count, manager):
        before = everything()
        cancel(press(count, manager, "SN-1", "SN-2"), manager)
        assert everything() == before
        assert unknowns(count, manager).total == 1

    def test_a_paused_count_can_be_put_right(self, count, manager):
        pause_count(count.pk, by=access_of(manager))
        press(count, manager, "SN-1", "SN-2")
        assert unknowns(count, manager).total == 0

    def test_the_number_of_statements_is_the_same_for_a_large_sale(
        self, store, manager, goods, count, django_assert_max_num_queries
    ):
        with CaptureQueriesContext(
            connection,
        ) as small:
            press(count, manager, "SN-1", "SN-2")
        many = [f"M-{nth:04d}" for nth in range(300)]
        abandon_count(count.pk, by=access_of(manager), now=timezone.now())
        receive(store, manager, (goods.strict, [*many, "M-X"]))
        sell(store, manager, (goods.strict, many))
        large = begin(store, manager)
        take(large, manager, "M-0007")
        with django_assert_max_num_queries(len(small)):
            press(large, manager, "M-0007", "M-X")


class TestAScanOfNobodyKnowsWhat:
    """Nobody said what the number is of: the missing unit says it."""

    @pytest.fixture
    def count(self, store, manager, goods):
        receive(store, manager, (goods.recorded, ["SN-O815", "SN-3"]))
        count = begin(store, manager)
        take(count, manager, "SN-0815")
        assert Scan.objects.get().product is None
        return count

    def test_it_gets_the_product_of_the_missing_unit(self, count, manager, goods):
        (card,) = unknowns(count, manager).units
        assert card.best.serial.key == "SN-O815"
        press(count, manager, "SN-0815", "SN-O815")
        scan = Scan.objects.get()
        assert (scan.product, scan.serial) == (goods.recorded, unit("SN-0815"))
        assert unknowns(count, manager).total == 0
        books_agree()

    def test_a_product_that_is_not_counted_is_refused(self, store, manager, goods, count):
        receive(store, manager, (goods.strict, ["SN-0816"]))
        abandon_count(count.pk, by=access_of(manager), now=timezone.now())
        narrow = begin(store, manager, scope="products", products=[goods.recorded])
        take(narrow, manager, "SN-0815")
        assert "not part of this count" in refused(
            narrow, manager, "SN-0815", "SN-0816", seen=Seen(0, 1)
        )


class TestRefusals:
    @pytest.fixture
    def sale(self, store, manager, goods):
        receive(store, manager, (goods.strict, ["SN-1", "SN-2", "SN-3"]))
        return sell(store, manager, (goods.strict, ["SN-1"]))

    @pytest.fixture
    def count(self, store, manager, sale):
        count = begin(store, manager)
        take(count, manager, "SN-1")
        take(count, manager, "SN-3")
        return count

    def test_the_unit_came_back_since_it_was_looked_at(self, store, manager, goods, sale, count):
        seen = look(count, manager, "SN-1", "SN-2").seen
        give_back(sale, store, manager, (goods.strict, ["SN-1"]))
        assert "by now" in refused(count, manager, "SN-1", "SN-2", seen=seen)

    def test_the_unit_moved_on_since_it_was_looked_at(self, store, manager, goods, sale, count):
        seen = look(count, manager, "SN-1", "SN-2").seen
        cancel(sale, manager)
        sell(store, manager, (goods.strict, ["SN-1"]))
        assert "SN-1" in refused(count, manager, "SN-1", "SN-2", seen=seen)

    def test_the_other_one_moved_since_it_was_looked_at(self, store, manager, goods, count):
        seen = look(count, manager, "SN-1", "SN-2").seen
        sell(store, manager, (goods.strict, ["SN-2"]))
        assert "SN-2" in refused(count, manager, "SN-1", "SN-2", seen=seen)

    def test_the_other_one_was_scanned_meanwhile(self, manager, count):
        seen = look(count, manager, "SN-1", "SN-2").seen
        take(count, manager, "SN-2")
        assert "it lies here too" in refused(count, manager, "SN-1", "SN-2", seen=seen)

    @pytest.mark.parametrize("way", ["of its product", "of nobody knows what"])
    def test_the_other_one_was_scanned_before_it_was_received(
        self, store, manager, goods, count, way
    ):
        product = {"product_id": goods.strict.pk, "as_serial": True}
        take(count, manager, "SN-8", **(product if way == "of its product" else {}))
        receive(store, manager, (goods.strict, ["SN-8"]))
        take(count, manager, "SN-9", **product)
        assert "it lies here too" in refused(count, manager, "SN-9", "SN-8")

    def test_the_scan_was_taken_back_meanwhile(self, manager, count):
        scan = Scan.objects.get(key="SN-1")
        found = look(count, manager, "SN-1", "SN-2")
        take_back(count.pk, scan.pk, by=access_of(manager), now=timezone.now())
        with pytest.raises(CorrectionRefused, match="taken back"):
            fix(
                count.pk, scan.pk, unit("SN-2").pk, seen=found.seen, by=access_of(manager),
                now=timezone.now(),
            )  # fmt: skip

    def test_the_count_was_given_up_meanwhile(self, manager, count):
        seen = look(count, manager, "SN-1", "SN-2").seen
        abandon_count(count.pk, by=access_of(manager), now=timezone.now())
        assert "has ended" in refused(count, manager, "SN-1", "SN-2", seen=seen)

    def test_a_unit_of_another_product(self, store, manager, goods, count):
        receive(store, manager, (goods.recorded, ["R-1"]))
        assert "another product" in refused(count, manager, "SN-1", "R-1", seen=Seen(2, 1))

    def test_a_second_press_writes_no_second_correction(self, manager, count):
        seen = look(count, manager, "SN-1", "SN-2").seen
        press(count, manager, "SN-1", "SN-2", seen=seen)
        assert "by now" in refused(count, manager, "SN-1", "SN-2", seen=seen)
        assert Document.objects.filter(kind="correction").count() == 1
        assert valid_cards() == 1

    def test_of_a_transfer_that_arrived_it_takes_the_right_in_both_stores(
        self, store, other_store, manager, other_manager, goods
    ):
        receive(store, manager, (goods.strict, ["T-1", "T-2"]))
        sent = transfer(store, other_store, manager, (goods.strict, ["T-1"]))
        arrive(sent, other_manager, (goods.strict, ["T-1"]))
        count = begin(store, manager)
        take(count, manager, "T-1")
        (card,) = unknowns(count, manager).units
        assert (card.may_fix, card.elsewhere) == (False, other_store)
        assert other_store.name in refused(count, manager, "T-1", "T-2", seen=Seen(3, 1))

    def test_who_may_not_correct_does_not(self, store, manager, cashier, storekeeper, count):
        for person in (cashier, storekeeper):
            with pytest.raises(PermissionDenied):
                look(count, person, "SN-1", "SN-2")
            with pytest.raises(PermissionDenied):
                press(count, person, "SN-1", "SN-2", seen=Seen(2, 1))

    def test_who_may_not_correct_is_not_told_what_stops_it(self, store, storekeeper, count):
        taken = Scan.objects.get(key="SN-1")
        take_back(count.pk, taken.pk, by=access_of(storekeeper), now=timezone.now())
        with pytest.raises(PermissionDenied):
            preview(count.pk, taken.pk, unit("SN-2").pk, by=access_of(storekeeper))

    def test_another_store_s_count_is_not_there(self, manager, other_manager, stranger, count):
        for person in (other_manager, stranger):
            with pytest.raises(Count.DoesNotExist):
                look(count, person, "SN-1", "SN-2")
            with pytest.raises(Count.DoesNotExist):
                press(count, person, "SN-1", "SN-2", seen=Seen(2, 1))


class TestKeptByPostgreSQL:
    """Past the ORM: a scan is named once, where it had no name."""

    @pytest.fixture
    def nameless(self, store, manager, goods) -> Scan:
        count = begin(store, manager)
        take(count, manager, "SN-0815")
        return Scan.objects.get()

    def test_a_scan_of_nobody_knows_what_gets_its_product(self, nameless, goods):
        Scan.objects.update(product=goods.strict)
        nameless.refresh_from_db()
        assert nameless.product == goods.strict

    def test_it_keeps_the_product_it_got(self, nameless, goods):
        Scan.objects.update(product=goods.strict)
        for other in (goods.recorded, None):
            with pytest.raises(IntegrityError, match="taken_back_or_explained"), atomic():
                Scan.objects.update(product=other)

    @pytest.mark.parametrize("change", [{"text": "X"}, {"key": "X"}, {"was_here": True}])
    def test_nothing_else_changes_with_it(self, nameless, goods, change):
        with pytest.raises(IntegrityError), atomic():
            Scan.objects.update(product=goods.strict, **change)

    def test_an_ended_count_is_not_named(self, nameless, manager, goods):
        abandon_count(nameless.count_id, by=access_of(manager), now=timezone.now())
        with pytest.raises(IntegrityError, match="frozen"), atomic():
            Scan.objects.update(product=goods.strict)
