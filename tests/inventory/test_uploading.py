"""The list of a handheld reader: real files in the formats such readers and spreadsheets write."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import Workbook

from company import reading_tables
from company.access import access_of
from inventory.models import Count, Scan, Scope
from inventory.pausing import pause_count
from inventory.pieces import set_total
from inventory.queries import progress_of
from inventory.taking_back import take_back
from inventory.uploading import UploadResult, upload_list
from products.models import Product
from serials import reading_files
from serials.reading_files import read_file
from tests.lasting import lasting
from tests.shop import receive, sell

from .conftest import begin, take

pytestmark = pytest.mark.django_db

BARCODE = "4006381333931"
EAN = "0012345678905"


def upload(count: Count, by, content: bytes | str, name: str = "list.txt") -> UploadResult:
    raw = content.encode() if isinstance(content, str) else content
    return upload_list(count.pk, name=name, content=raw, by=access_of(by), now=timezone.now())


def xlsx(*rows: list) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def told(result: UploadResult) -> tuple[int, int, int, int]:
    return result.expected, result.unknown, result.repeated, result.pieces


def reasons(result: UploadResult) -> dict[int, str]:
    return {row.number: row.reason for row in result.bad}


@lasting
def count(store, manager, goods) -> Count:
    receive(store, manager, (goods.strict, ["SN1", "SN2", "0003"]), (goods.recorded, ["R1"]))
    receive(store, manager, (goods.plain, 9))
    Product.objects.filter(pk=goods.plain.pk).update(barcode=BARCODE)
    return begin(store, manager)


# What the files look like


def test_a_plain_list_of_serials(count, manager):
    result = upload(count, manager, "SN1\r\n\r\n sn2 \n0003\nR1\nNEW1\nSN1\n")
    assert told(result) == (4, 1, 1, 0)
    assert not result.bad
    row = Scan.objects.get(key="SN2")
    assert (row.text, row.source, row.was_here, row.scanned_by) == ("SN2", "file", True, manager)
    assert progress_of(count).counted == 4


@pytest.mark.parametrize(
    "content",
    [
        b"Serial number;Product;Quantity\r\nSN1;;\r\n;SKU-NONE;4\r\nNEW1;SKU-STRICT;1\r\n",
        "Serial;Product;Quantity\nSN1;;\n;SKU-NONE;4\nNEW1;SKU-STRICT;\n".encode("utf-8-sig"),
        "SN\tSKU\tQty\nSN1\t\t\n\tSKU-NONE\t4\nNEW1\tSKU-STRICT\t\n".encode("utf-16"),
        "s/n,barcode,qty\nSN1,,\n,4006381333931,4\nNEW1,sku-strict,\n".encode("utf-16-le"),
        "Серійний номер;Артикул;Кількість\nSN1;;\n;SKU-NONE;4\nNEW1;SKU-STRICT;\n".encode("cp1251"),
        b'"Serial";"Product";"Count"\n"SN1";"";""\n"";"SKU-NONE";"4"\n"NEW1";"SKU-STRICT";"1"',
    ],
    ids=["utf-8", "utf-8 mark", "utf-16 tabs", "utf-16 no mark", "windows", "quoted"],
)  # fmt: skip
def test_a_table_in_every_coat(count, manager, goods, content):
    result = upload(count, manager, content, "reader.CSV")
    assert told(result) == (1, 1, 0, 4), result.bad
    assert Scan.objects.get(key="NEW1").product == goods.strict
    assert not result.bad


def test_a_spreadsheet(count, manager, goods):
    result = upload(
        count,
        manager,
        xlsx(
            ["Serial number", "Product", "Quantity", "Comment"],
            ["SN1", None, None, "on top"],
            ["0003", "SKU-STRICT", 1, None],
            [None, None, None, None],
            [None, BARCODE, 4.0, None],
            [352099001761481, "SKU-STRICT", None, None],
        ),
        "list.xlsx",
    )
    assert told(result) == (2, 1, 0, 4), result.bad
    assert Scan.objects.filter(key="352099001761481", product=goods.strict).exists()


def test_a_spreadsheet_of_one_column_without_a_header(count, manager):
    assert told(upload(count, manager, xlsx(["SN1"], ["SN2"]), "list.xlsx")) == (2, 0, 0, 0)


# What is refused


def test_a_serial_that_a_spreadsheet_turned_into_a_number_is_refused_with_its_row(count, manager):
    result = upload(count, manager, "SN1\n3.5E+14\n3,52099E+14\n1e5\n35E14X")
    assert sorted(reasons(result)) == [2, 3, 4]
    assert "spreadsheet" in reasons(result)[2]
    assert told(result) == (1, 1, 0, 0)
    cells = [["Serial"], [35.5], [3.52099001761481e20], [10**16], [True],
             [dt.date(2026, 1, 2)], ["SN2"]]  # fmt: skip
    result = upload(count, manager, xlsx(*cells), "list.xlsx")
    assert sorted(reasons(result)) == [2, 3, 4, 5, 6]
    assert Scan.objects.filter(key="SN2").exists()


def test_bad_rows_are_told_by_row_and_the_good_ones_taken(count, manager, goods):
    result = upload(
        count,
        manager,
        "Serial;Product;Quantity\n"
        "SN1;;\n"
        "SN2;NO-SUCH;\n"
        ";SKU-STRICT;\n"
        "X1;SKU-NONE;\n"
        ";SKU-NONE;many\n"
        "0003;;7\n"
        ";SKU-NONE;-1\n"
        f"{'9' * 90};;\n"
        f"{BARCODE};;\n"
        ";SKU-NONE;2\n"
        ";SKU-NONE;999999\n",
        "list.csv",
    )
    assert told(result) == (1, 0, 0, 2)
    assert sorted(reasons(result)) == [3, 4, 5, 6, 7, 8, 9, 10, 12]
    assert "NO-SUCH" in reasons(result)[3]
    assert "missing" in reasons(result)[4]
    assert goods.plain.name in reasons(result)[5]


def test_what_is_out_of_scope_is_told_by_row(store, manager, goods):
    receive(store, manager, (goods.strict, ["SN1"]), (goods.recorded, ["R1"]))
    count = begin(store, manager, scope=Scope.PRODUCTS, products=[goods.recorded])
    result = upload(count, manager, "R1\nSN1\nSKU-NONE\n")
    assert told(result) == (1, 0, 0, 0)
    assert goods.strict.name in reasons(result)[2]
    assert goods.plain.name in reasons(result)[3]


def test_the_same_serial_of_two_products_is_told_unless_one_is_here(count, store, manager, goods):
    receive(store, manager, (goods.strict, ["X1", "X2"]), (goods.recorded, ["X1", "X2"]))
    sell(store, manager, (goods.recorded, ["X2"]))
    result = upload(count, manager, "X1\nX2\n")
    assert told(result) == (1, 0, 0, 0)
    assert "several products" in reasons(result)[1]
    table = upload(count, manager, "Serial;Product\nX1;SKU-RECORDED\n", "list.csv")
    assert told(table) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("list.pdf", b"SN1", "TXT, CSV or XLSX"),
        ("list.txt", b"", "empty"),
        ("list.txt", b" \r\n\r\n", "empty"),
        ("list.xlsx", b"not a spreadsheet", "no XLSX"),
        ("list.xlsx", b"PK\x03\x04 broken", "no XLSX"),
        ("list.csv", b"SN1;4\nSN2;5\n", "no header"),
        ("list.txt", b"x" * (5 * 1024 * 1024 + 1), "5 MB"),
        ("list.csv", b"Serial;Product\n;\n", "no serial numbers"),
    ],
)
def test_a_file_that_is_no_list_is_refused_in_words(count, manager, name, content, said):
    with pytest.raises(ValidationError, match=said):
        upload(count, manager, content, name)
    assert not Scan.objects.exists()


def test_a_packed_file_that_unpacks_to_too_much_is_refused(count, manager, monkeypatch):
    monkeypatch.setattr(reading_tables, "MOST_UNPACKED", 1000)
    with pytest.raises(ValidationError, match="larger than it looks"):
        upload(count, manager, xlsx(["SN1"]), "list.xlsx")


def test_a_zip_of_something_else_is_no_spreadsheet(count, manager):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("hello.txt", "SN1")
    with pytest.raises(ValidationError, match="no XLSX"):
        upload(count, manager, file.getvalue(), "list.xlsx")


def test_too_many_rows_are_refused(monkeypatch):
    monkeypatch.setattr(reading_files, "MOST_ROWS", 3)
    assert len(read_file("list.txt", b"1\n2\n3\n").rows) == 3
    with pytest.raises(ValidationError, match="3 rows"):
        read_file("list.txt", b"1\n2\n3\n4\n")


# What a list means


def test_a_plain_list_is_read_as_scans_one_after_another(count, manager, goods):
    result = upload(count, manager, f"NEW1\n{goods.strict.sku}\nNEW2\n{BARCODE}\n{BARCODE}\nSN1")
    assert told(result) == (1, 2, 0, 2)
    assert Scan.objects.get(key="NEW1").product is None
    assert Scan.objects.get(key="NEW2").product == goods.strict
    assert Scan.objects.get(key="", product=goods.plain).balance == 9


def test_the_same_file_twice_changes_nothing(count, manager):
    content = f"SN1\nNEW1\n{BARCODE}\n{BARCODE}\n"
    first = upload(count, manager, content)
    again = upload(count, manager, content)
    assert told(first) == (1, 1, 0, 2)
    assert told(again) == (0, 0, 2, 0)
    assert (again.pieces_before, again.taken) == (2, 0)
    assert Scan.objects.count() == 3


def test_pieces_of_a_file_taken_back_do_not_come_again_with_it(count, manager, goods):
    upload(count, manager, f"{BARCODE}\n{BARCODE}\n")
    row = Scan.objects.get()
    take_back(count.pk, row.pk, by=access_of(manager), now=timezone.now())
    assert told(upload(count, manager, f"{BARCODE}\n{BARCODE}\n")) == (0, 0, 0, 0)
    by, now = access_of(manager), timezone.now()
    set_total(count.pk, product_id=goods.plain.pk, quantity=5, by=by, now=now)
    upload(count, manager, f"{BARCODE}\n")
    answer = take(count, manager, BARCODE)
    assert answer.total == 7


def test_what_was_scanned_before_counts_once(count, manager):
    take(count, manager, "SN1")
    take(count, manager, "NEW1")
    assert told(upload(count, manager, "SN1\nNEW1\nSKU-STRICT\nNEW1\nSN2")) == (1, 0, 3, 0)


def test_sold_units_of_a_list_are_unknown(count, store, manager, goods):
    sell(store, manager, (goods.strict, ["SN1"]))
    assert told(upload(count, manager, "SN1\nSN2\n")) == (1, 1, 0, 0)


def test_who_may_upload_and_when(count, manager, other_manager, cashier):
    with pytest.raises(Count.DoesNotExist):
        upload(count, other_manager, "SN1")
    with pytest.raises(PermissionDenied):
        upload(count, cashier, "SN1")
    pause_count(count.pk, by=access_of(manager))
    with pytest.raises(ValidationError, match="paused"):
        upload(count, manager, "SN1")


def test_a_long_list_takes_no_more_statements_than_a_short_one(count, store, manager, goods):
    units = [f"L{nth:05}" for nth in range(300)]
    receive(store, manager, (goods.strict, units))

    def statements(rows: list[str]) -> int:
        with CaptureQueriesContext(connection) as captured:
            upload(count, manager, "\n".join(rows))
        return len(captured)

    few = statements(["SN1", "NEW1", BARCODE])
    assert statements([*units, "NEW2", BARCODE, *(f"U{nth}" for nth in range(50))]) == few <= 14


def test_gs1_codes_of_a_reader_give_product_and_serial(count, store, manager, goods):
    Product.objects.filter(pk=goods.strict.pk).update(barcode=EAN)
    rows = [
        f"]d2010{EAN}21SN1\x1d10LOT",
        f"(01)0{EAN}(21)NEW",
        f"(01)0{EAN}(21)sn1",
        "(01)04006381333932(21)SN2",
        "(01)00614141123452(21)SN2",
        f"(01)0{EAN}(05)SN2",
    ]
    result = upload(count, manager, "\n".join(rows))
    assert told(result) == (1, 1, 1, 0)
    assert {number: reason[:20] for number, reason in reasons(result).items()} == {
        4: "The check digit of t",
        5: "No product has the b",
        6: "This GS1 code can't ",
    }
    assert Scan.objects.get(key="NEW").product == goods.strict


def test_a_gs1_code_of_another_product_than_its_column_says_is_bad(count, manager, goods):
    Product.objects.filter(pk=goods.strict.pk).update(barcode=EAN)
    table = f"serial;product\n(01)0{EAN}(21)SN1;{goods.recorded.sku}"
    assert goods.strict.name in reasons(upload(count, manager, table))[2]


def test_one_serial_of_two_products_counts_twice_by_gs1_codes(count, manager, goods):
    Product.objects.filter(pk=goods.strict.pk).update(barcode=EAN)
    Product.objects.filter(pk=goods.recorded.pk).update(barcode="614141123452")
    rows = [f"(01)0{EAN}(21)N1", "(01)00614141123452(21)N1"]
    assert told(upload(count, manager, "\n".join(rows))) == (0, 2, 0, 0)


def test_the_products_own_barcode_in_the_serial_column_is_bad(count, manager, goods):
    Product.objects.filter(pk=goods.strict.pk).update(barcode=EAN)
    table = f"serial;product\n{EAN};{goods.strict.sku}"
    assert "is the barcode of" in reasons(upload(count, manager, table))[2]
