"""Designs: each change is a version, a sale keeps the one in use, and nothing of one changes."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from company.access import access_of
from products.models import ProductType
from tests.at_once import at_once
from tests.documents.test_correcting import put_right
from tests.shop import exchange, receive, sell
from tests.warranty.designs import design
from tests.warranty.pdfs import sizes_of, text_of
from tests.warranty.test_rules_kept_by_postgresql import refused_by
from warranty.design_forms import starting_values
from warranty.design_models import CardDesign
from warranty.designing import DesignChanged, save_design, withdraw_design
from warranty.designs import design_use, designs_in_use, versions_of
from warranty.models import Card, Term
from warranty.printing import request_print
from warranty.queries import card_views

pytestmark = pytest.mark.django_db


def withdraw(by, type_id=None, *, version):
    return withdraw_design(type_id, by=access_of(by), now=timezone.now(), version=version)


def printed(posting_id, by) -> str:
    return text_of(bytes(request_print(posting_id, by=access_of(by), now=timezone.now()).pdf))


@pytest.fixture
def phones(goods) -> ProductType:
    return goods.strict.type


class TestVersions:
    def test_each_change_is_the_next_version(self, admin, phones):
        versions = [design(admin, title=title).version for title in ("A", "B", "C")]
        assert versions == [1, 2, 3]
        assert design(admin, phones.pk, title="A").version == 1
        assert [each.title for each in versions_of(None)] == ["C", "B", "A"]

    def test_saving_what_is_saved_makes_no_version(self, admin):
        assert design(admin, title="A") == design(admin, title="A")
        data = starting_values(None, language="en") | {"title": "A"}
        by, now = access_of(admin), timezone.now()
        assert save_design(None, data, by=by, now=now, version=0).version == 1

    def test_who_did_not_see_the_newest_is_told(self, admin):
        design(admin, title="A")
        design(admin, title="B")
        data = starting_values(None, language="en") | {"title": "C"}
        with pytest.raises(DesignChanged) as told:
            save_design(None, data, by=access_of(admin), now=timezone.now(), version=1)
        assert told.value.current.title == "B"
        with pytest.raises(DesignChanged):
            withdraw(admin, version=1)

    @pytest.mark.parametrize("person", ["manager", "cashier", "stranger"])
    def test_only_an_admin_designs(self, person, request, admin):
        who = request.getfixturevalue(person)
        with pytest.raises(PermissionDenied):
            design(who)
        with pytest.raises(PermissionDenied):
            withdraw(who, version=0)

    def test_versions_come_a_page_at_a_time(self, admin):
        for number in range(25):
            design(admin, title=f"T{number}")
        first = versions_of(None)
        assert [each.version for each in first] == list(range(25, 5, -1))
        assert [each.version for each in versions_of(None, before=6)] == [5, 4, 3, 2, 1]


class TestInUse:
    def test_a_type_uses_its_own_else_the_general_else_the_built_in(self, admin, phones):
        assert design_use(phones).design is None
        general = design(admin, title="General")
        assert design_use(phones).design == general
        own = design(admin, phones.pk, title="Own")
        assert (design_use(phones).own, design_use(phones).design) == (own, own)
        withdraw(admin, phones.pk, version=1)
        assert (design_use(phones).own, design_use(phones).design) == (None, general)
        withdraw(admin, version=1)
        assert design_use(phones).design is None
        assert design(admin, phones.pk, title="Own").version == 3

    def test_the_list_takes_two_statements_however_many_types_there_are(self, admin, phones):
        def statements() -> int:
            with CaptureQueriesContext(
                connection,
            ) as seen:
                assert designs_in_use()[0].type is None
            return len(seen)

        few = statements()
        for number in range(5):
            kind = ProductType.objects.create(name=f"Type {number}")
            design(admin, kind.pk, title="x")
        assert statements() == few == 2
        assert {use.own is not None for use in designs_in_use()[1:]} == {True, False}


class TestSold:
    def test_a_sale_keeps_the_design_in_use_and_later_edits_are_for_later_sales(
        self, store, manager, admin, goods, phones
    ):
        receive(store, manager, (goods.strict, ["A", "B", "C"]))
        before = sell(store, manager, (goods.strict, ["A"]))
        design(admin, text="The first rules, of {serial}.")
        first = sell(store, manager, (goods.strict, ["B"]))
        design(admin, text="The second rules.", title="Guarantee", shows=["sku"])
        design(admin, phones.pk, text="Rules for phones.", paper="a4")
        third = sell(store, manager, (goods.strict, ["C"]))

        versions = Term.objects.order_by("pk").values_list("design__type", "design__version")
        assert list(versions) == [(None, None), (None, 1), (phones.pk, 1)]
        assert "Rights that the law gives" in printed(before.posting_id, manager)
        said = printed(first.posting_id, manager)
        assert "The first rules, of B." in said
        assert "Guarantee" not in said
        assert "Customer, signature" in said
        assert "Rules for phones." in printed(third.posting_id, manager)
        (run,) = third.posting.print_runs.all()
        assert sizes_of(bytes(run.pdf)) == [(210, 297)]

    def test_pieces_without_serials_keep_theirs_too(self, store, manager, admin, goods, phones):
        receive(store, manager, (goods.period, 3))
        mine = design(admin, phones.pk, text="x")
        sell(store, manager, (goods.period, 3))
        assert Term.objects.get().design == mine

    def test_what_is_handed_over_in_an_exchange_has_the_design_of_that_day(
        self, store, manager, admin, goods
    ):
        receive(store, manager, (goods.strict, ["A", "B"]))
        design(admin, text="old")
        sale = sell(store, manager, (goods.strict, ["A"]))
        new = design(admin, text="new")
        exchange(sale, store, manager, [(goods.strict, ["A"])], [(goods.strict, ["B"])])
        assert Term.objects.get(serial__key="B").design == new

    def test_a_unit_that_was_mixed_up_takes_the_design_of_the_sale_over(
        self, store, manager, admin, goods
    ):
        receive(store, manager, (goods.strict, ["A", "B"]))
        old = design(admin, text="old")
        sell(store, manager, (goods.strict, ["A"]))
        design(admin, text="new")
        put_right(store, manager, goods.strict, "A", "B")
        assert Term.objects.get(serial__key="B").design == old

    def test_the_statements_of_a_sale_are_as_many_with_designs(
        self, store, manager, admin, goods, phones
    ):
        receive(store, manager, (goods.strict, ["A", "B"]))

        def statements(serial: str) -> int:
            with CaptureQueriesContext(connection) as seen:
                sell(store, manager, (goods.strict, [serial]))
            return len(seen)

        without = statements("A")
        design(admin, phones.pk, text="x")
        assert statements("B") == without

    def test_reading_cards_takes_as_many_statements_for_many(
        self, store, manager, admin, goods, phones
    ):
        design(admin, phones.pk, text="x")
        receive(store, manager, (goods.period, 12))
        counts = set()
        for pieces in (1, 10):
            sale = sell(store, manager, (goods.period, pieces))
            run = request_print(sale.posting_id, by=access_of(manager), now=timezone.now())
            with CaptureQueriesContext(connection) as seen:
                views = card_views(run)
            assert len(views) == pieces
            counts.add(len(seen))
        assert len(counts) == 1
        assert len({id(view.look) for view in views}) == 1

    def test_the_language_of_a_design_goes_before_the_store_s(self, store, manager, admin, goods):
        design(admin, text="x", language="uk")
        receive(store, manager, (goods.strict, ["A"]))
        sale = sell(store, manager, (goods.strict, ["A"]))
        run = request_print(sale.posting_id, by=access_of(manager), now=timezone.now())
        (view,) = card_views(run)
        assert (store.language, view.language) == ("en", "uk")


class TestKeptByPostgreSQL:
    def test_nothing_of_a_design_changes_or_goes(self, admin):
        made = design(admin, title="A")
        for change in ("title = 'B'", "text = 'B'", "shows = '{}'", "withdrawn = true"):
            statement = f"UPDATE warranty_carddesign SET {change} WHERE id = %s"
            refused_by("warranty_carddesign_frozen", statement, made.pk)
        delete = "DELETE FROM warranty_carddesign WHERE id = %s"
        refused_by("warranty_carddesign_keeps_rows", delete, made.pk)
        refused_by("warranty_carddesign_keeps_rows", "TRUNCATE warranty_carddesign CASCADE")

    INSERT = """
        INSERT INTO warranty_carddesign
            (type_id, version, withdrawn, title, text, shows, paper, language, made_by_id, made_at)
        VALUES (NULL, {version}, {withdrawn}, '', {text}, {shows}, {paper}, {language}, %s, now())
    """

    @pytest.mark.parametrize(
        ("rule", "changes"),
        [
            ("warranty_design_version_follows", {"version": "3"}),
            ("warranty_design_version_follows", {"version": "1"}),
            ("warranty_design_text_fits", {"text": "repeat('x', 6001)"}),
            ("warranty_design_shows_known", {"shows": "'{price}'"}),
            ("warranty_design_paper_known", {"paper": "'a3'"}),
            ("warranty_design_language_known", {"language": "'xx'"}),
            ("warranty_design_withdrawn_says_nothing", {"withdrawn": "true"}),
        ],
    )
    def test_a_design_is_whole(self, admin, rule, changes):
        design(admin, title="A")
        values = {
            "version": "2", "withdrawn": "false", "text": "'x'", "shows": "'{sku}'",
            "paper": "''", "language": "''",
        }  # fmt: skip
        refused_by(rule, self.INSERT.format(**values | changes), admin.pk)

    def test_a_term_keeps_its_design(self, store, manager, admin, goods):
        made = design(admin, title="A")
        receive(store, manager, (goods.strict, ["A"]))
        sell(store, manager, (goods.strict, ["A"]))
        other = design(admin, title="B")
        change = "UPDATE warranty_term SET design_id = %s WHERE design_id = %s"
        refused_by("warranty_term_frozen", change, other.pk, made.pk)
        refused_by("warranty_term_frozen", change, None, made.pk)

    def test_a_term_has_a_design_that_is_there_and_for_its_product(
        self, store, manager, admin, goods
    ):
        receive(store, manager, (goods.plain, 1))
        sell(store, manager, (goods.plain, 1))
        insert = """
            INSERT INTO warranty_term (posting_id, sale_id, entry_id, line, product_id, quantity,
                product_name, sku, serial_text, period_count, period_unit, starts_on, ends_on,
                design_id)
            SELECT posting_id, posting_id, id, line, product_id, quantity, 'x', 'x', '', 12,
                'months', '2026-01-31', '2027-01-31', %s
            FROM serials_ledgerentry ORDER BY id DESC LIMIT 1
        """
        kind = ProductType.objects.create(name="Others")
        theirs = design(admin, kind.pk, title="x")
        withdrawn = withdraw(admin, kind.pk, version=1)
        for pk in (theirs.pk, withdrawn.pk, 0):
            refused_by("warranty_term_design_is_for_it", insert, pk)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(insert, [design(admin, title="general").pk])
        assert Term.objects.get().design.title == "general"

    def test_a_logo_is_small_and_does_not_change(self, admin):
        insert = """INSERT INTO warranty_cardlogo (digest, image, width, height, added_at)
                    VALUES ('x', {}, 1, 1, now())"""
        too_large = insert.format("convert_to(repeat('x', 600000), 'UTF8')")
        refused_by("warranty_logo_is_small", too_large)
        refused_by("warranty_logo_is_small", insert.format("''"))
        with connection.cursor() as cursor:
            cursor.execute(insert.format("'x'"))
        refused_by("warranty_cardlogo_frozen", "UPDATE warranty_cardlogo SET width = 2")


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_once_one_is_told(admin):
    def save(title: str):
        def do():
            data = starting_values(None, language="en") | {"title": title}
            try:
                return save_design(
                    None, data, by=access_of(admin), now=timezone.now(), version=0
                ).title
            except DesignChanged:
                return "told"

        return do

    answers = at_once(save("A"), save("B"))
    assert sorted(answers).count("told") == 1
    assert CardDesign.objects.count() == 1
    assert Card.objects.count() == 0
