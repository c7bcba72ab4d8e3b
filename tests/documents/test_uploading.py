"""Files of serials on drafts: real files, shown first and added by a press."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import Workbook

from company.access import access_of
from documents import drafting
from documents.models import Document, Kind, Line, LineSerial, Upload
from documents.sorting_rows import Listed
from documents.uploading import Added, add_uploaded, find_upload, hold_file, read_upload
from products.models import Product
from tests.lasting import lasting
from tests.shop import draft, receive, sell

pytestmark = pytest.mark.django_db

BARCODE = "4006381333931"


def xlsx(*rows: list) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def calculated_to_nothing(book: bytes, cell: str) -> bytes:
    """The workbook with the formula of a cell come out as an empty text."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            before = f'<c r="{cell}"'.encode()
            new.writestr(name, old.read(name).replace(before, before + b' t="str"'))
    return file.getvalue()


def hold(document: Document, by, content, name="list.csv", line: Line | None = None) -> Upload:
    raw = content.encode() if isinstance(content, str) else content
    return hold_file(
        document.pk, line.pk if line else None, name=name, content=raw,
        by=access_of(by), now=timezone.now(),
    )  # fmt: skip


def see(document: Document, by, content, name="list.csv", line: Line | None = None) -> Listed:
    held = hold(document, by, content, name, line)
    found = find_upload(document, held.pk, by=access_of(by))
    return read_upload(found, Document.objects.get(pk=document.pk), now=timezone.now())


def add(document: Document, by, content, name="list.csv", line: Line | None = None) -> Added:
    held = hold(document, by, content, name, line)
    return add_uploaded(document.pk, held.pk, by=access_of(by), now=timezone.now())


def on(document: Document) -> list[tuple]:
    return [
        (line.product.sku, line.quantity, str(line.unit_price),
         list(line.serials.order_by("pk").values_list("text", flat=True)))
        for line in document.lines.select_related("product").order_by("position")
    ]  # fmt: skip


def bad(listed: Listed) -> dict[str, str]:
    return {row.cell or str(row.number): row.reason for row in listed.bad}


@lasting
def receipt(store, manager, goods) -> Document:
    Product.objects.filter(pk=goods.plain.pk).update(barcode=BARCODE, gtin14=BARCODE.zfill(14))
    return draft(Kind.RECEIPT, store, manager, [])


TABLE = "Product;Serial number;Quantity;Price\nSKU-STRICT;S1;1;10,50\nProduct strict;S2;;10.5\n"


def test_a_formula_without_a_value_is_told_from_an_empty_cell(receipt, manager):
    head, formula = ["SKU", "Serial number"], '="S"&ROW()'
    book = xlsx(head, ["SKU-STRICT", "S1"], ["SKU-STRICT", formula], ["SKU-STRICT", formula])
    listed = see(receipt, manager, calculated_to_nothing(book, "B4"), "list.xlsx")
    assert listed.serials == 1
    assert [(row.cell, row.text) for row in listed.bad] == [("B3", formula), ("B4", "")]
    assert "a formula without a value" in listed.bad[0].reason
    assert listed.bad[1].reason == "The serial number is missing."


def test_a_table_makes_the_lines_of_a_receipt(receipt, manager):
    more = f"SKU-RECORDED;R1;;\n{BARCODE};;7;3\nSKU-STRICT;S1;;\n"
    listed = see(receipt, manager, TABLE + more)
    assert (listed.serials, listed.pieces, listed.repeated, listed.bad) == (3, 7, ["B6"], [])
    assert on(receipt) == []

    assert add(receipt, manager, TABLE + more) == Added(3, 7, 0)
    assert on(receipt) == [
        ("SKU-STRICT", 2, "10.50", ["S1", "S2"]),
        ("SKU-RECORDED", 1, "0.00", ["R1"]),
        ("SKU-NONE", 7, "3.00", []),
    ]
    assert not Upload.objects.exists()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1251"])
def test_ukrainian_heads_in_the_encodings_of_a_shop(receipt, manager, encoding):
    text = "Назва товару;Серійний номер;Ціна\nproduct STRICT;S1;10,5\n"
    assert add(receipt, manager, text.encode(encoding)) == Added(1, 0, 0)
    assert on(receipt) == [("SKU-STRICT", 1, "10.50", ["S1"])]


def test_errors_are_told_by_cell_and_good_rows_are_kept(receipt, store, manager, goods):
    receive(store, manager, (goods.strict, ["OLD"]))
    listed = see(
        receipt,
        manager,
        xlsx(
            ["SKU", "Serial", "Qty", "Price"],
            ["SKU-STRICT", "S1", 1, 99.5],
            ["SKU-STRICT", 3.5e14 + 0.5, None, None],
            ["SKU-STRICT", "3.5E+14", None, None],
            ["NO-SUCH", "S2", None, None],
            ["SKU-STRICT", "OLD", None, None],
            ["SKU-STRICT", "S3", 2, None],
            ["SKU-STRICT", "S4", None, "cheap"],
            ["SKU-STRICT", "S5", None, 98],
            ["SKU-STRICT", None, 4, None],
            ["SKU-NONE", "X", None, None],
            ["SKU-NONE", None, 0, None],
            ["SKU-STRICT", 352099001761481, None, None],
            [None, None, None, 5],
        ),
        "list.xlsx",
    )
    told = bad(listed)
    assert list(told) == ["B3", "B4", "A5", "B6", "C7", "D8", "D9", "B10", "B11", "C12", "B14"]
    assert "turned it into a number" in told["B3"]
    assert "turned it into a number" in told["B4"]
    assert [row.text for row in listed.bad][1] == "3.5E+14"
    assert "NO-SUCH" in told["A5"]
    assert "OLD was already received" in told["B6"]
    assert "99.5" in told["D9"]
    assert [one.text for one in listed.lines[0].serials] == ["S1", "352099001761481"]
    assert listed.numbers == ["B13"]


def test_a_file_for_a_line_is_of_its_product(receipt, manager, goods):
    receipt = draft(Kind.RECEIPT, receipt.store, manager, [(goods.strict, ["S1"])])
    line = receipt.lines.get()
    assert add(receipt, manager, "S1\nS2\nSKU-RECORDED\n", "list.txt", line) == Added(2, 0, 0)
    assert on(receipt)[0][1:] == (3, "0.00", ["S1", "S2", "SKU-RECORDED"])
    listed = see(receipt, manager, "Product;Serial\nSKU-RECORDED;S9\n;S8\n", line=line)
    assert bad(listed) == {"A2": "This is Product recorded, and the line is of Product strict."}
    assert listed.serials == 1


def test_a_plain_list_is_read_as_scans(receipt, manager):
    text = f"LOST\nSKU-STRICT\nS1\nS2\n{BARCODE}\n{BARCODE}\n"
    listed = see(receipt, manager, text, "list.txt")
    assert list(bad(listed)) == ["1"]
    assert add(receipt, manager, text, "list.txt") == Added(2, 2, 1)
    assert [row[:2] for row in on(receipt)] == [("SKU-STRICT", 2), ("SKU-NONE", 2)]


def test_gs1_codes_in_a_file_give_product_and_serial_at_once(receipt, manager, goods):
    Product.objects.filter(pk=goods.strict.pk).update(barcode="4012345678901")
    rows = [
        "(01)04012345678901(21)G1", "]C1010401234567890121G2", "(01)04012345678902(21)X",
        "(01)05901234123457(21)Z",
    ]  # fmt: skip
    listed = see(receipt, manager, "\n".join(rows))
    (line,) = listed.lines
    assert (line.product, [one.text for one in line.serials]) == (goods.strict, ["G1", "G2"])
    assert [row.number for row in listed.bad] == [3, 4]
    assert "check digit" in listed.bad[0].reason
    assert "5901234123457" in listed.bad[1].reason

    other = drafting.line_for(receipt, goods.recorded)[0]
    told = see(receipt, manager, rows[0], line=other)
    assert (told.lines, [row.number for row in told.bad]) == ([], [1])


def test_a_sale_takes_what_is_here_at_its_price(store, manager, goods):
    receive(store, manager, (goods.strict, ["S1", "S2", "S3"]))
    sell(store, manager, (goods.strict, ["S2"]))
    sale = draft(Kind.SALE, store, manager, [])
    listed = see(sale, manager, "S1\nS2\nS3\nS4\n", "list.txt")
    assert listed.serials == 2
    assert "already sold" in bad(listed)["2"]
    assert "Nothing says of which product" in bad(listed)["4"]
    add(sale, manager, "S1\nS2\nS3\n", "list.txt")
    assert on(sale) == [("SKU-STRICT", 2, "100.00", ["S1", "S3"])]


def test_what_goes_on_from_a_document_only_takes_what_is_on_it(store, manager, chief, goods):
    sold = receive(store, manager, (goods.strict, ["S1", "S2"])) and sell(
        store, manager, (goods.strict, ["S1", "S2"])
    )
    back = draft(Kind.CUSTOMER_RETURN, store, manager, [])
    listed = see(back, manager, "S1\n", "list.txt")
    assert "is not on this document yet" in bad(listed)["1"]
    drafting.line_for(back, goods.strict, origin=sold.lines.get())
    assert add(back, manager, "S1\nS2\n", "list.txt") == Added(2, 0, 0)
    assert back.lines.get().origin_id == sold.lines.get().pk


def test_a_second_press_adds_nothing(receipt, manager):
    held = hold(receipt, manager, f"SKU;Qty\n{BARCODE};5\n")
    by, now = access_of(manager), timezone.now()
    add_uploaded(receipt.pk, held.pk, by=by, now=now)
    with pytest.raises(Upload.DoesNotExist):
        add_uploaded(receipt.pk, held.pk, by=by, now=now)
    assert on(receipt)[0][1] == 5
    add(receipt, manager, f"SKU;Qty\n{BARCODE};5\n")
    assert on(receipt)[0][1] == 10


def test_a_file_is_judged_again_when_it_is_added(receipt, store, manager, goods):
    held = hold(receipt, manager, TABLE)
    receive(store, manager, (goods.strict, ["S1"]))
    added = add_uploaded(receipt.pk, held.pk, by=access_of(manager), now=timezone.now())
    assert added == Added(1, 0, 1)


def test_statements_do_not_grow_with_rows_or_products(receipt, manager, goods):
    Product.objects.bulk_create(
        Product(sku=f"P{nth}", name=f"P {nth}", type=goods.strict.type, mode="strict")
        for nth in range(20)
    )

    def statements(rows: list[str]) -> tuple[int, int]:
        content = "\n".join(["Product;Serial", *rows])
        held = hold(receipt, manager, content)
        by, now = access_of(manager), timezone.now()
        with CaptureQueriesContext(connection) as seen:
            read_upload(find_upload(receipt, held.pk, by=by), receipt, now=now)
        with CaptureQueriesContext(connection) as added:
            add_uploaded(receipt.pk, held.pk, by=by, now=now)
        return len(seen), len(added)

    few = statements(["P0;S1", "P1;S1"])
    assert statements([f"P{nth % 20};N{nth}" for nth in range(2_000)]) == few


def test_files_are_forgotten_after_a_day_and_one_is_kept_per_person(receipt, store, manager):
    first, old = hold(receipt, manager, TABLE), hold(receipt, manager, TABLE)
    assert not Upload.objects.filter(pk=first.pk).exists()  # a job at it finds nothing to add
    Upload.objects.update(uploaded_at=timezone.now() - dt.timedelta(days=2))
    hold(draft(Kind.RECEIPT, store, manager, []), manager, TABLE)
    assert not Upload.objects.filter(pk=old.pk).exists()
    with (
        pytest.raises(IntegrityError, match="documents_one_upload_per_person"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO documents_upload (document_id, author_id, name, listed, uploaded_at)"
            " SELECT document_id, author_id, name, listed, now() FROM documents_upload"
        )


def test_who_may_and_what_is_no_list(receipt, manager, cashier, other_manager, store, goods):
    with pytest.raises(PermissionDenied):
        hold(receipt, cashier, TABLE)
    with pytest.raises(Document.DoesNotExist):
        hold(receipt, other_manager, TABLE)
    with pytest.raises(ValidationError, match="TXT, CSV or XLSX"):
        hold(receipt, manager, TABLE, "list.pdf")
    posted = receive(store, manager, (goods.plain, 1))
    with pytest.raises(drafting.NotADraft):
        hold(posted, manager, TABLE)


# The pages


def words(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_from_the_file_to_the_draft_by_the_pages(client_of, receipt, manager):
    browser = client_of(manager)
    url = reverse("documents:upload", args=[receipt.pk])
    page = browser.get(reverse("documents:document", args=[receipt.pk]))
    assert url in page.content.decode()
    assert "Choose the file first" in words(browser.post(url))
    file = SimpleUploadedFile("march.csv", (TABLE + "=NO-SUCH;S3;;\n").encode())
    page = browser.post(url, {"file": file}, follow=True)
    assert "march.csv 2 serial numbers to add 1 row can't be taken" in words(page)
    assert "A4 =NO-SUCH There is no product =NO-SUCH" in words(page)
    assert on(receipt) == []
    held = Upload.objects.get()

    csv = browser.get(reverse("documents:uploaded_bad", args=[receipt.pk, held.pk]))
    assert ";'=NO-SUCH;" in b"".join(csv.streaming_content).decode("utf-8-sig")
    done = reverse("documents:add_uploaded", args=[receipt.pk, held.pk])
    page = browser.post(done, follow=True)
    assert "2 added from the file." in words(page)
    assert "1 row was not taken." in words(page)
    assert browser.post(done).status_code == 302
    assert LineSerial.objects.filter(document=receipt).count() == 2


def test_a_price_that_the_file_changes_is_said_before_anything_is_added(
    client_of, receipt, manager, goods
):
    add(receipt, manager, "Product;Serial;Price\nSKU-STRICT;S1;20000\nSKU-STRICT;S2;\n")
    add(receipt, manager, "Product;Serial;Price\nSKU-RECORDED;R1;5\n")
    rows = "SKU-STRICT;S3;20000,50\nSKU-RECORDED;R2;5.00\nSKU-RECORDED;R3;\nSKU-NONE;;7\n"
    held = hold(receipt, manager, "Product;Serial;Price\n" + rows)
    page = words(client_of(manager).get(reverse("documents:uploaded", args=[receipt.pk, held.pk])))
    said = "the price of the 2 units already on the line changes from 20,000.00 to 20,000.50."
    assert f"Product strict: {said}" in page
    assert page.count("already on the line") == 1
    assert [line[2] for line in on(receipt)] == ["20000.00", "5.00"]
    add_uploaded(receipt.pk, held.pk, by=access_of(manager), now=timezone.now())
    assert [line[2] for line in on(receipt)] == ["20000.50", "5.00", "7.00"]


def test_a_file_that_is_too_large_or_no_list_is_said_at_the_field(client_of, receipt, manager):
    url = reverse("documents:upload", args=[receipt.pk])
    for content, said in ((b"x" * (5 * 2**20 + 1), "5 MB"), (b"a;b\nc;d\n", "no header")):
        page = client_of(manager).post(url, {"file": SimpleUploadedFile("list.csv", content)})
        assert page.status_code == 422
        assert said in words(page)
    assert not Upload.objects.exists()
