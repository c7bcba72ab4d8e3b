"""Products by file: what is exported comes back unchanged, what changes is seen first."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from company.access import access_of
from company.exporting import FORMATS
from company.import_outcome import Changed, Outcome
from company.tables import Table, WrongCell, cell_text, read_table
from products.import_fields import FIELDS, KEY, cells_of, columns
from products.importing import import_products
from products.judging_files import judge_products
from products.models import Product, ProductType
from tests.at_once import Behind, at_once
from tests.shop import draft, post, receive

pytestmark = pytest.mark.django_db


def exported(file_format: str) -> bytes:
    file = io.BytesIO()
    found = Product.objects.select_related("type").order_by("pk")
    FORMATS[file_format].write(file, columns(), map(cells_of, found))
    return file.getvalue()


def table(content: bytes | str, name: str = "list.csv") -> Table:
    content = content.encode() if isinstance(content, str) else content
    return read_table(name, content, FIELDS, needed=KEY)


def workbook(*rows: list[object]) -> Table:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return table(file.getvalue(), "list.xlsx")


def outcome(content: bytes | str, *, clears: bool = False) -> Outcome:
    return judge_products(table(content), clears=clears).outcome


def write(content: bytes | str | Table, by, *, clears: bool = False, seen: str = "") -> Outcome:
    read = content if isinstance(content, Table) else table(content)
    seen = seen or judge_products(read, clears=clears).outcome.fingerprint
    return import_products(read, clears=clears, seen=seen, by=access_of(by), now=timezone.now())


def told(found: Outcome) -> list[tuple[str, str, str]]:
    return [(row.cell, row.title, row.reason) for row in found.refused]


def changes(found: Outcome) -> list[tuple[str, str, str]]:
    return [(one.title, one.old, one.new) for row in found.changed for one in row.changes]


@pytest.mark.parametrize("language", ["en", "uk"])
@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_what_is_exported_comes_back_unchanged(goods, file_format, language):
    Product.objects.filter(pk=goods.strict.pk).update(
        barcode="4006381333931", price="24990.50", period_count=2, period_unit="years",
        supplier_period_count=6, supplier_period_unit="months", is_active=False,
        name="=HYPERLINK(1)", sku="1E5",
    )  # fmt: skip
    with translation.override(language):
        content = exported(file_format)
    found = judge_products(table(content, f"list.{file_format}"), clears=True).outcome
    assert (found.unchanged, found.to_write, found.refused) == (4, 0, [])


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    sign=st.sampled_from(["", "=", "'=", "''+", "@"]),
    text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30),
)
def test_hostile_texts_come_back_unchanged(goods, file_format, sign, text):
    text = (sign + text.replace("\0", "")).strip() or "x"
    Product.objects.filter(pk=goods.plain.pk).update(name=text)
    ProductType.objects.update(name=text)
    found = judge_products(table(exported(file_format), f"l.{file_format}"), clears=True).outcome
    assert (found.unchanged, found.refused) == (4, [])


def test_a_defused_text_is_written_as_it_was(goods, admin):
    write("SKU;Name\nSKU-NONE;'=1+1\n", admin)
    assert Product.objects.get(pk=goods.plain.pk).name == "=1+1"


def test_new_and_changed_products_are_seen_and_then_written(goods, admin):
    content = (
        "артикул;Назва;Тип;Ціна;Гарантія;облік;Shelf\n"
        "sku-strict;Phone;;120,50;24 міс.;;A1\n"
        "SKU-NEW;New;phones;1 000;1 рік;Warranty without serial numbers;\n"
    )
    read = table(content)
    assert read.unknown == ["G (Shelf)"]
    found = judge_products(read, clears=False).outcome
    assert changes(found) == [
        ("SKU", "SKU-STRICT", "sku-strict"), ("Name", "Product strict", "Phone"),
        ("Price", "100.00", "120.50"), ("Warranty", "", "24 months"),
    ]  # fmt: skip
    assert [row.name for row in found.new] == ["New"]
    assert Product.objects.count() == 4
    write(read, admin)
    phone = Product.objects.get(sku="sku-strict")
    assert (phone.pk, phone.name, phone.price, str(phone.period), phone.mode, phone.version) == (
        goods.strict.pk, "Phone", Decimal("120.50"), "24 months", "strict", 2,
    )  # fmt: skip
    new = Product.objects.get(sku="SKU-NEW")
    assert (new.price, str(new.period), new.mode, new.is_active, new.version) == (
        1000, "1 year", "period", True, 1,
    )  # fmt: skip
    assert judge_products(read, clears=True).outcome.to_write == 0


def test_an_empty_cell_removes_only_when_that_was_asked_for(goods, admin):
    Product.objects.filter(pk=goods.plain.pk).update(barcode="4006381333931")
    content = "SKU;Barcode;Name;Price\nSKU-NONE;;;\n"
    assert outcome(content).unchanged == 1
    found = outcome(content, clears=True)
    assert (changes(found), found.removed) == ([("Barcode", "4006381333931", "")], 1)
    write(content, admin, clears=True)
    kept = Product.objects.get(pk=goods.plain.pk)
    assert (kept.barcode, kept.name, kept.price) == ("", "Product none", 100)


def test_errors_are_told_by_cell_and_good_rows_are_written(goods, admin):
    content = (
        "SKU;Name;Type;Barcode;Price;Accounting;Warranty;In use\n"
        "N1;One;Phones;4006381333932;1;;;\n"
        "N2;Two;Tablets;4.82E+12;ten;serial;12;maybe\n"
        "N3;;;;;;;\n"
        ";Four;Phones;;;;;\n"
        "N5;Five;Phones;96385074;5;;101 years;\n"
        "N6;Six;Phones;96385074;6;;;\n"
        "n6;Six again;Phones;;;;;\n"
        "N8;Eight;Phones;96385074;8;;;\n"
    )
    found = outcome(content)
    assert told(found) == [
        ("D2", "Barcode", "The check digit is wrong: the last digit should be 1."),
        ("C3", "Type", "There is no product type “Tablets”."),
        ("D3", "Barcode", found.refused[2].reason),
        ("E3", "Price", "Enter a number."),
        ("F3", "Accounting", found.refused[4].reason),
        ("G3", "Warranty", "Write a number and its unit, as “12 months”."),
        ("H3", "In use", "Write yes or no."),
        ("B4", "Name", "A new product needs it, and no product has this SKU yet."),
        ("C4", "Type", "A new product needs it, and no product has this SKU yet."),
        ("A5", "SKU", "The SKU is missing."),
        ("G6", "Warranty", "At most 100 years."),
        ("A8", "SKU", "Row 7 has this SKU too."),
        ("D9", "Barcode", "Row 7 has this barcode too."),
    ]
    assert "turned it into a number" in found.refused[2].reason
    assert "Strict warranty accounting" in found.refused[4].reason
    assert found.refused_rows == 7
    write(content, admin)
    assert list(Product.objects.filter(sku__startswith="N").values_list("sku", flat=True)) == ["N6"]


def test_numbers_of_a_spreadsheet_are_taken_where_no_digit_is_lost(goods):
    Product.objects.filter(pk=goods.strict.pk).update(barcode="96385074")
    found = judge_products(
        workbook(
            ["SKU", "Barcode", "Price", "In use"],
            ["SKU-NONE", 4006381333931, 99.9, True],
            ["SKU-PERIOD", 4.00638133393e12 + 0.5, None, None],
            ["SKU-RECORDED", "96385074", None, None],
        ),
        clears=False,
    ).outcome
    assert changes(found) == [("Barcode", "", "4006381333931"), ("Price", "100.00", "99.90")]
    assert [(row.cell, row.reason[:30]) for row in found.refused] == [
        ("B3", "A spreadsheet turned it into a"),
        ("B4", "“Product strict” has this barc"),
    ]


def test_accounting_changes_at_zero_stock_only(goods, store, manager, admin):
    receive(store, manager, (goods.strict, ["S1", "S2"]), (goods.plain, 3))
    content = (
        "SKU;Accounting\nSKU-STRICT;none\nSKU-RECORDED;strict\nSKU-NONE;period\nSKU-PERIOD;none\n"
    )
    found = outcome(content)
    assert [(row.cell, "Podil: 2 pieces" in row.reason) for row in found.refused] == [("B2", True)]
    write(content, admin)
    modes = dict(Product.objects.values_list("sku", "mode"))
    assert modes == {
        "SKU-STRICT": "strict", "SKU-RECORDED": "strict", "SKU-NONE": "period",
        "SKU-PERIOD": "none",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"Name;Price\nA;1\n", "none of them is called “SKU”"),
        (b"SKU;Name;sku\nA;1;2\n", "A and C are both called “SKU”"),
        (b"SKU;Name\n", "nothing below"),
        (b"", "empty"),
    ],
)
def test_what_is_no_table_is_refused_as_a_whole(content, words):
    with pytest.raises(ValidationError, match=words):
        table(content)


def test_only_an_admin_writes_products(goods, manager):
    with pytest.raises(PermissionDenied):
        write("SKU;Price\nSKU-NONE;1\n", manager)


def test_what_changed_since_it_was_seen_is_not_overwritten(goods, admin):
    content = "SKU;Price\nSKU-NONE;5\n"
    seen = outcome(content).fingerprint
    Product.objects.filter(pk=goods.plain.pk).update(price=7)
    with pytest.raises(Changed):
        write(content, admin, seen=seen)
    assert Product.objects.get(pk=goods.plain.pk).price == 7


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_make_each_product_once(goods, admin):
    content = "SKU;Name;Type\nN1;One;Phones\nN2;Two;Phones\n"
    seen = outcome(content).fingerprint
    results = at_once(*[lambda: write(content, admin, seen=seen)] * 2)
    assert sorted(type(result).__name__ for result in results) == ["Changed", "Outcome"]
    assert Product.objects.filter(sku__startswith="N").count() == 2


@pytest.mark.django_db(transaction=True)
def test_goods_that_arrive_meanwhile_keep_the_accounting(goods, store, manager, admin):
    content = "SKU;Accounting\nSKU-STRICT;none\n"
    seen = outcome(content).fingerprint
    arriving = draft("receipt", store, manager, [(goods.strict, ["S1"])])
    with transaction.atomic():
        post(arriving, manager)
        behind = Behind(lambda: write(content, admin, seen=seen))
        behind.waits_for_us()
    assert isinstance(behind.outcome(), Changed)
    assert Product.objects.get(pk=goods.strict.pk).mode == "strict"


def many(rows: int) -> Table:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(["SKU", "Name", "Type", "Price", "Accounting"])
    writer.writerow(["SKU-NONE", "Cable", "Phones", rows, "period"])
    writer.writerows([f"N{nth}", f"New {nth}", "Phones", nth, ""] for nth in range(rows))
    return table(text.getvalue())


def test_statements_do_not_grow_with_rows(goods, admin):
    counts = []
    for rows in (3, 300):
        read = many(rows)
        with CaptureQueriesContext(connection) as judged:
            seen = judge_products(read, clears=False).outcome.fingerprint
        with CaptureQueriesContext(connection) as written:
            write(read, admin, seen=seen)
        counts.append((len(judged), len(written)))
        Product.objects.filter(sku__startswith="N").delete()
        Product.objects.filter(pk=goods.plain.pk).update(mode="none")
    assert counts[0] == counts[1]


def test_a_formula_without_a_value_is_said_to_be_one():
    read = workbook(["SKU", "Name"], ["P-1", "=A2&B2"])
    with pytest.raises(WrongCell, match="a formula without a value"):
        cell_text("name", read.rows[0].cells[1])
