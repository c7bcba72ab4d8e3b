"""One unit was written, another one was handed over: the two change places by a correction."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from company.access import access_of
from company.models import Company, Membership, Replacement
from company.rights import Role
from documents.cancelling import CancellingRefused
from documents.continuing import receive_at_once
from documents.correcting import CorrectionRefused, Seen, correct, look_at
from documents.models import Document, Line, Outstanding
from documents.sold import units_left
from serials.models import LedgerEntry, Serial
from serials.text import SerialText
from tests.books import books_agree, everything, pieces, place_of, refusals_of, valid_cards
from tests.shop import (
    arrive,
    bring_back,
    cancel,
    exchange,
    give_back,
    identify,
    post,
    put,
    receive,
    return_to_supplier,
    sell,
    transfer,
    write_off,
)
from warranty.models import Card, Term
from warranty.printing import request_print
from warranty.queries import card_views

pytestmark = pytest.mark.django_db

MODES = ("strict", "recorded")


def text(serial: str) -> SerialText:
    return SerialText(serial, serial)


def put_right(store, by, product, lies: str, went: str, *, seen: Seen | None = None, **more):
    """Correct what was mixed up, as whoever looks at the preview and presses the button."""
    access = access_of(by)
    if seen is None:
        seen = look_at(store, product, lies=text(lies), went=text(went), by=access).seen
    return correct(
        store, product, lies=text(lies), went=text(went), seen=seen, by=access,
        now=timezone.now(), **more,
    )  # fmt: skip


def refused(store, by, product, lies: str, went: str, **more) -> str:
    before = everything()
    with pytest.raises(CorrectionRefused) as raised:
        put_right(store, by, product, lies, went, **more)
    assert everything() == before
    return str(raised.value)


@pytest.fixture
def of_both(manager, other_store):
    """A manager of both stores."""
    Membership.objects.create(user=manager, store=other_store, role=Role.MANAGER)
    return manager


@pytest.mark.parametrize("mode", MODES)
class TestASwapAtTheSale:
    """A1 was written on a sale, B1 was handed over."""

    @pytest.fixture
    def product(self, goods, mode):
        return getattr(goods, mode)

    @pytest.fixture
    def sale(self, store, manager, product) -> Document:
        receive(store, manager, (product, ["A1", "B1", "C1"]))
        return sell(store, manager, (product, ["A1"]))

    def test_the_written_unit_is_back_in_stock_and_the_other_one_is_sold(
        self, store, manager, product, sale
    ):
        correction = put_right(store, manager, product, "A1", "B1", note="Count 1")
        assert (place_of("A1"), place_of("B1"), place_of("C1")) == ("shelf", "customer", "shelf")
        assert pieces(product) == 2
        assert (correction.kind, correction.origin, correction.status) == (
            "correction", sale, "posted",
        )  # fmt: skip
        assert correction.number.startswith("KY1-C20")
        assert correction.note == "Count 1"
        books_agree()

    def test_term_and_card_move_with_the_days_of_the_sale(self, store, manager, product):
        receive(store, manager, (product, ["A1", "B1"]), on=dt.date(2026, 1, 2))
        sold = sell(store, manager, (product, ["A1"]), on=dt.date(2026, 1, 31))
        old = Card.objects.get(term__serial__key="A1")
        correction = put_right(store, manager, product, "A1", "B1")
        old.refresh_from_db()
        assert old.void_on == correction.effective_on
        new = Card.objects.select_related("term").get(void_on=None)
        assert new.number != old.number
        assert (new.term.serial_text, new.term.posting_id) == ("B1", correction.posting_id)
        assert (new.term.starts_on, new.term.ends_on) == (
            dt.date(2026, 1, 31), dt.date(2027, 1, 31),
        )  # fmt: skip
        assert new.term.sale_id == sold.posting_id
        assert new.term.replaces_id == old.term_id
        books_agree()

    def test_the_new_card_names_the_sale(self, store, manager, product, sale):
        correction = put_right(store, manager, product, "A1", "B1")
        run = request_print(correction.posting_id, by=access_of(manager), now=timezone.now())
        (view,) = card_views(run)
        assert (view.sale_number, view.serial_text, view.void_on) == (sale.number, "B1", None)

    def test_the_unit_that_went_comes_back_of_the_sale(self, store, manager, product, sale):
        put_right(store, manager, product, "A1", "B1")
        give_back(sale, store, manager, (product, ["B1"]))
        assert place_of("B1") == "shelf"
        assert valid_cards(product) == 0
        books_agree()

    def test_the_sale_offers_the_unit_that_went_to_be_taken_back(
        self, store, manager, product, sale
    ):
        put_right(store, manager, product, "A1", "B1")
        left = units_left(list(sale.lines.all()), limit=5)
        assert [unit.key for unit in left] == ["B1"]

    def test_the_unit_that_was_written_is_sold_again(self, store, manager, product, sale):
        put_right(store, manager, product, "A1", "B1")
        sell(store, manager, (product, ["A1"]))
        assert valid_cards(product) == 2
        books_agree()

    def test_cancelling_restores_everything(self, store, manager, product, sale):
        before = everything()
        cancel(put_right(store, manager, product, "A1", "B1"), manager)
        assert everything() == before
        give_back(sale, store, manager, (product, ["A1"]))
        books_agree()

    def test_the_sale_is_cancelled_only_after_its_correction(self, store, manager, product, sale):
        correction = put_right(store, manager, product, "A1", "B1")
        with pytest.raises(CancellingRefused, match=correction.number):
            cancel(sale, manager)
        cancel(correction, manager)
        cancel(sale, manager)
        assert place_of("A1") == place_of("B1") == "shelf"
        books_agree()

    def test_the_correction_stays_once_the_unit_moved_on(self, store, manager, product, sale):
        correction = put_right(store, manager, product, "A1", "B1")
        again = sell(store, manager, (product, ["A1"]))
        with pytest.raises(CancellingRefused, match=again.number):
            cancel(correction, manager)

    def test_a_correction_can_itself_be_put_right(self, store, manager, product, sale):
        put_right(store, manager, product, "A1", "B1")
        second = put_right(store, manager, product, "B1", "C1")
        assert second.origin == sale
        assert (place_of("A1"), place_of("B1"), place_of("C1")) == ("shelf", "shelf", "customer")
        assert Card.objects.get(void_on=None).term.serial_text == "C1"
        books_agree()
        give_back(sale, store, manager, (product, ["C1"]))
        books_agree()

    def test_swapped_there_and_back_the_first_unit_may_come_back(
        self, store, manager, product, sale
    ):
        put_right(store, manager, product, "A1", "B1")
        put_right(store, manager, product, "B1", "A1")
        assert [unit.key for unit in units_left(list(sale.lines.all()), limit=5)] == ["A1"]
        give_back(sale, store, manager, (product, ["A1"]))
        books_agree()

    def test_it_costs_the_same_whatever_the_sale_was(
        self, store, manager, product, sale, django_assert_num_queries
    ):
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as small:
            put_right(store, manager, product, "A1", "B1")
        many = [f"M{n:03}" for n in range(300)]
        receive(store, manager, (product, [*many, "Z1"]))
        sell(store, manager, (product, many))
        with CaptureQueriesContext(connection) as large:
            put_right(store, manager, product, "M007", "Z1")
        assert len(large) <= len(small)


class TestWhateverTookItOut:
    """A1 was written on a document out of the store, B1 left in its place."""

    @pytest.fixture(autouse=True)
    def _stock(self, store, manager, goods):
        receive(store, manager, (goods.strict, ["A1", "B1", "C1"]))

    def test_of_a_supplier_return_the_reason_goes_with_the_unit(self, store, manager, goods):
        return_to_supplier(store, manager, (goods.strict, ["A1"]), reason="dead pixel")
        correction = put_right(store, manager, goods.strict, "A1", "B1")
        assert (place_of("A1"), place_of("B1")) == ("shelf", "supplier")
        assert [line.remark for line in correction.lines.order_by("position")] == ["", "dead pixel"]
        ((code, _, serial),) = refusals_of(lambda: receive(store, manager, (goods.strict, ["B1"])))
        assert (code, serial) == ("returned_to_supplier_before", "B1")
        books_agree()

    def test_of_a_write_off(self, store, manager, goods):
        write_off(store, manager, (goods.strict, ["A1"]))
        put_right(store, manager, goods.strict, "A1", "B1")
        assert (place_of("A1"), place_of("B1")) == ("shelf", "written_off")
        books_agree()

    def test_of_a_transfer_the_one_that_is_on_the_way_arrives(
        self, store, other_store, of_both, goods
    ):
        sent = transfer(store, other_store, of_both, (goods.strict, ["A1"]))
        put_right(store, of_both, goods.strict, "A1", "B1")
        assert (place_of("A1"), place_of("B1")) == ("shelf", "transit")
        refusals_of(lambda: arrive(sent, of_both, (goods.strict, ["A1"])))
        Document.objects.get(kind="arrival").lines.get().serials.all().delete()
        Document.objects.get(kind="arrival").delete()
        arrive(sent, of_both, (goods.strict, ["B1"]))
        assert Outstanding.objects.get(line__document=sent).left == 0
        books_agree()

    def test_everything_arrived_is_what_was_sent_in_fact(self, store, other_store, of_both, goods):
        sent = transfer(store, other_store, of_both, (goods.strict, ["A1"]))
        put_right(store, of_both, goods.strict, "A1", "B1")
        put_right(store, of_both, goods.strict, "B1", "C1")
        put_right(store, of_both, goods.strict, "C1", "B1")
        receive_at_once(sent.pk, by=access_of(of_both), now=timezone.now())
        lies = dict(Serial.objects.values_list("key", "place__store__prefix"))
        assert lies == {"A1": "KY1", "B1": "LV1", "C1": "KY1"}
        books_agree()

    def test_of_a_transfer_that_arrived_the_one_there_is_the_other(
        self, store, other_store, of_both, goods
    ):
        sent = transfer(store, other_store, of_both, (goods.strict, ["A1"]))
        arrival = arrive(sent, of_both, (goods.strict, ["A1"]))
        correction = put_right(store, of_both, goods.strict, "A1", "B1")
        assert correction.origin == arrival
        units = dict(Serial.objects.values_list("key", "place__store__name"))
        assert units == {"A1": store.name, "B1": other_store.name, "C1": store.name}
        assert pieces(goods.strict) == 3
        books_agree()

    def test_of_a_transfer_that_arrived_it_takes_the_right_in_both_stores(
        self, store, other_store, manager, other_manager, goods
    ):
        sent = transfer(store, other_store, manager, (goods.strict, ["A1"]))
        arrive(sent, other_manager, (goods.strict, ["A1"]))
        assert other_store.name in refused(store, manager, goods.strict, "A1", "B1")

    def test_of_an_exchange(self, store, manager, goods):
        Company.objects.update(replacement=Replacement.INHERIT)
        sale = sell(store, manager, (goods.strict, ["C1"]))
        swapped = exchange(sale, store, manager, [(goods.strict, ["C1"])], [(goods.strict, ["A1"])])
        ends = Term.objects.get(void_on=None).ends_on
        correction = put_right(store, manager, goods.strict, "A1", "B1")
        assert correction.origin == swapped
        term = Term.objects.get(void_on=None)
        assert (term.serial_text, term.ends_on) == ("B1", ends)
        assert place_of("A1") == "shelf"
        back = bring_back(swapped, store, manager)
        put(back, manager, goods.strict, ["B1"], origin=swapped.lines.get(origin=None))
        back.lines.update(remark="broke")
        post(back, manager)
        assert valid_cards(goods.strict) == 0
        books_agree()

    def test_of_a_sale_whose_serial_was_entered_later(self, store, manager, goods):
        from documents.posting import post_document
        from tests.shop import draft

        loose = draft("sale", store, manager, [(goods.strict, 1)])
        sale = post_document(
            loose.pk, by=access_of(manager), now=timezone.now(), without_serials="no light"
        )
        identify(sale, manager, (goods.strict, ["A1"]))
        correction = put_right(store, manager, goods.strict, "A1", "B1")
        assert correction.origin == sale
        assert Card.objects.get(void_on=None).term.serial_text == "B1"
        give_back(sale, store, manager, (goods.strict, ["B1"]))
        books_agree()


class TestAMistypedReceipt:
    """B1 was typed when A1 was received."""

    @pytest.fixture
    def receipt(self, store, manager, goods):
        return receive(store, manager, (goods.strict, ["B1", "C1"]))

    @pytest.mark.parametrize("mode", MODES)
    def test_the_unit_gets_its_number(self, store, manager, goods, mode):
        product = getattr(goods, mode)
        receipt = receive(store, manager, (product, ["B1", "C1"]))
        correction = put_right(store, manager, product, "A1", "B1")
        assert (place_of("A1"), place_of("B1")) == ("shelf", "outside")
        assert correction.origin == receipt
        assert pieces(product) == 2
        books_agree()
        sell(store, manager, (product, ["A1"]))
        books_agree()

    def test_the_wrong_number_is_unknown_again(self, store, manager, goods, receipt):
        put_right(store, manager, goods.strict, "A1", "B1")
        ((code, _, _),) = refusals_of(lambda: sell(store, manager, (goods.strict, ["B1"])))
        assert code == "never_received"
        receive(store, manager, (goods.strict, ["B1"]))
        books_agree()

    def test_cancelling_restores_everything(self, store, manager, goods, receipt):
        before = {key: value for key, value in everything().items() if key != "serials"}
        cancel(put_right(store, manager, goods.strict, "A1", "B1"), manager)
        assert {key: value for key, value in everything().items() if key != "serials"} == before
        assert (place_of("A1"), place_of("B1")) == ("outside", "shelf")
        put_right(store, manager, goods.strict, "A1", "B1")
        assert place_of("A1") == "shelf"
        books_agree()

    def test_a_unit_that_came_back_from_a_customer_was_not_mistyped(
        self, store, manager, goods, receipt
    ):
        sale = sell(store, manager, (goods.strict, ["B1"]))
        back = give_back(sale, store, manager, (goods.strict, ["B1"]))
        assert back.number in refused(store, manager, goods.strict, "A1", "B1")


class TestRefusals:
    @pytest.fixture(autouse=True)
    def _stock(self, store, manager, goods):
        receive(store, manager, (goods.strict, ["A1", "B1"]))

    def test_the_other_unit_is_not_in_the_records_of_the_store(self, store, manager, goods):
        sell(store, manager, (goods.strict, ["A1", "B1"]))
        assert "B1 is not in this store" in refused(store, manager, goods.strict, "A1", "B1")

    def test_the_unit_is_in_the_records_already(self, store, manager, goods):
        assert "A1 is in this store" in refused(store, manager, goods.strict, "A1", "B1")

    def test_the_other_came_only_after_the_first_had_left(self, store, manager, goods):
        sell(store, manager, (goods.strict, ["A1"]))
        later = receive(store, manager, (goods.strict, ["D1"]))
        assert later.number in refused(store, manager, goods.strict, "A1", "D1")

    def test_a_unit_of_another_store_did_not_leave_this_one(
        self, store, other_store, manager, other_manager, goods
    ):
        receive(other_store, other_manager, (goods.strict, ["E1"]))
        assert "did not leave this store" in refused(store, manager, goods.strict, "E1", "B1")

    @pytest.mark.parametrize("moved", ["A1", "B1"])
    def test_one_of_them_moved_since_it_was_looked_at(self, store, manager, goods, moved):
        sale = sell(store, manager, (goods.strict, ["A1"]))
        seen = look_at(
            store, goods.strict, lies=text("A1"), went=text("B1"), by=access_of(manager)
        ).seen
        if moved == "A1":
            give_back(sale, store, manager, (goods.strict, ["A1"]))
            sell(store, manager, (goods.strict, ["A1"]))
        else:
            cancel(sell(store, manager, (goods.strict, ["B1"])), manager)
        told = refused(store, manager, goods.strict, "A1", "B1", seen=seen)
        assert "moved since" in told or "after A1 had left" in told

    def test_a_product_without_serials_has_nothing_to_mix_up(self, store, manager, goods):
        assert "no serial numbers" in refused(
            store, manager, goods.plain, "A1", "B1", seen=Seen(1, 1)
        )

    def test_only_who_may_correct_does(self, store, manager, cashier, storekeeper, stranger, goods):
        sell(store, manager, (goods.strict, ["A1"]))
        for person in (cashier, storekeeper, stranger):
            with pytest.raises(PermissionDenied):
                put_right(store, person, goods.strict, "A1", "B1")
            with pytest.raises(PermissionDenied):
                put_right(store, person, goods.strict, "A1", "B1", seen=Seen(2, 1))


class TestKeptByPostgreSQL:
    """Past the ORM: what a correction may not do."""

    @pytest.fixture
    def correction(self, store, manager, goods):
        receive(store, manager, (goods.strict, ["A1", "B1", "C1"]))
        sell(store, manager, (goods.strict, ["A1"]))
        return put_right(store, manager, goods.strict, "A1", "B1")

    def _posting(self, document: Document, *moves: tuple[str, str, str]) -> None:
        """A correction's posting with entries written by hand: (serial, from kind, to kind)."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT nextval('serials_posting_id_seq')")
            (posting_id,) = cursor.fetchone()
            for serial, source, target in moves:
                cursor.execute(
                    """
                    UPDATE serials_serial SET seq = seq + 1, place_id =
                        (SELECT id FROM serials_place WHERE kind = %s LIMIT 1)
                    WHERE key = %s RETURNING id, product_id, seq
                    """,
                    [target, serial],
                )
                pk, product_id, seq = cursor.fetchone()
                cursor.execute(
                    """
                    INSERT INTO serials_ledgerentry (posting_id, line, product_id, serial_id,
                        quantity, from_place_id, to_place_id, seq, continues, verified)
                    VALUES (%s, 1, %s, %s, 1,
                        (SELECT id FROM serials_place WHERE kind = %s LIMIT 1),
                        (SELECT id FROM serials_place WHERE kind = %s LIMIT 1), %s, %s, true)
                    """,
                    [posting_id, product_id, pk, source, target, seq, seq - 1],
                )
            cursor.execute(
                """
                INSERT INTO serials_posting
                    (id, kind, store_id, effective_on, reference, posted_at, posted_by_id)
                VALUES (%s, 'correction', %s, %s, 'X', now(), %s)
                """,
                [posting_id, document.store_id, document.effective_on, document.author_id],
            )

    def test_a_correction_takes_nothing_out_of_the_store(self, correction):
        with pytest.raises(IntegrityError, match="a correction of store"):
            self._posting(correction, ("C1", "shelf", "customer"))

    def test_a_correction_brings_nothing_in(self, correction):
        with pytest.raises(IntegrityError, match="a correction of store"):
            self._posting(correction, ("B1", "customer", "shelf"))

    def test_units_that_change_places_are_taken(self, correction):
        self._posting(correction, ("C1", "shelf", "customer"), ("B1", "customer", "shelf"))

    def test_a_correction_has_both_its_lines(self, store, manager, goods, correction):
        other = Document.objects.create(
            kind="correction", store=store, author=manager, origin=correction.origin
        )
        Line.objects.create(
            document=other, position=1, product=goods.strict, mode="strict",
            origin=correction.origin.lines.get(),
        )  # fmt: skip
        with (
            pytest.raises(IntegrityError, match="does not change two units of one line"),
            transaction.atomic(),
        ):
            self._seal(other)

    def _seal(self, document: Document) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO serials_posting
                    (kind, store_id, effective_on, reference, posted_at, posted_by_id)
                VALUES ('correction', %s, current_date, 'X1', now(), %s) RETURNING id
                """,
                [document.store_id, document.author_id],
            )
            (posting_id,) = cursor.fetchone()
            cursor.execute(
                """
                UPDATE documents_line SET mode = 'none' WHERE document_id = %s;
                UPDATE documents_document SET status = 'posted', number = 'X1',
                    effective_on = current_date, posting_id = %s WHERE id = %s
                """,
                [document.pk, posting_id, document.pk],
            )
        connection.check_constraints()

    def test_pieces_without_a_serial_are_no_correction(self, correction, goods):
        with pytest.raises(IntegrityError, match="a correction of store"):
            self._loose_posting(correction, goods.plain)

    def _loose_posting(self, document: Document, product) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT nextval('serials_posting_id_seq')")
            (posting_id,) = cursor.fetchone()
            cursor.execute(
                """
                INSERT INTO serials_ledgerentry (posting_id, line, product_id, quantity,
                    from_place_id, to_place_id, verified)
                SELECT %s, 1, %s, 1, source.id, target.id, false
                FROM serials_place source, serials_place target
                WHERE (source.kind, target.kind) IN (('customer', 'shelf'), ('shelf', 'customer'))
                """,
                [posting_id, product.pk],
            )
            cursor.execute(
                """
                INSERT INTO serials_posting
                    (id, kind, store_id, effective_on, reference, posted_at, posted_by_id)
                VALUES (%s, 'correction', %s, %s, 'X2', now(), %s)
                """,
                [posting_id, document.store_id, document.effective_on, document.author_id],
            )

    def test_a_term_keeps_its_sale(self, correction):
        with (
            pytest.raises(IntegrityError, match="warranty_term"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("UPDATE warranty_term SET sale_id = sale_id + 1")


def test_both_movements_of_a_correction_are_in_the_ledger(store, manager, goods):
    receive(store, manager, (goods.strict, ["A1", "B1"]))
    sell(store, manager, (goods.strict, ["A1"]))
    correction = put_right(store, manager, goods.strict, "A1", "B1")
    entries = LedgerEntry.objects.filter(posting=correction.posting_id).order_by("line")
    assert [
        (entry.serial.key, entry.from_place.kind, entry.to_place.kind) for entry in entries
    ] == [("A1", "customer", "shelf"), ("B1", "shelf", "customer")]
