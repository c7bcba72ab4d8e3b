"""The pages of an import: choose, see, write; large files by a job; whose a file is."""

from __future__ import annotations

import csv
import datetime as dt
import io
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook
from procrastinate.contrib.django.models import ProcrastinateJob

from audit.models import Change
from backoffice import importing, tasks
from company import exporting_lists
from partners.models import Customer, CustomerImport, Supplier
from products.models import Product, ProductImport

pytestmark = pytest.mark.django_db

PRODUCTS = "/import/products/"


def send(client, content: str, *, url: str = PRODUCTS, name: str = "list.csv", **more):
    file = SimpleUploadedFile(name, content.encode())
    return client.post(url, {"file": file, **more})


def run_jobs() -> int:
    jobs = list(ProcrastinateJob.objects.filter(status="todo", task_name=importing.JOB))
    for job in jobs:
        tasks.import_file(**job.args)
    ProcrastinateJob.objects.filter(pk__in=[job.pk for job in jobs]).update(status="succeeded")
    return len(jobs)


def body(answer) -> bytes:
    return b"".join(answer.streaming_content)


@pytest.fixture
def browser(client_of, admin, store):
    return client_of(admin)


def test_a_file_is_seen_written_once_and_its_refused_rows_come_back(browser, goods):
    content = "SKU;Price;Shelf;Name\nSKU-NONE;5;A1;'=x\nSKU-PERIOD;ten;'+1;Pad\n"
    seen = send(browser, content)
    url = seen.headers["Location"]
    page = browser.get(url)
    assert [each.name for each in page.context["rows"]] == ["Product none"]
    assert "C (Shelf)" in page.content.decode()
    assert "<del>100.00</del>" in page.content.decode()
    assert Product.objects.get(pk=goods.plain.pk).price == 100
    refused = body(browser.get(f"{url}refused/")).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(refused), delimiter=";")) == [
        ["SKU", "Price", "Shelf", "Name", "Why not taken"],
        ["SKU-PERIOD", "ten", "'+1", "Pad", "B3 Price: Enter a number."],
    ]
    mended = send(browser, refused.replace("ten", "10"))
    assert browser.get(mended.headers["Location"]).context["outcome"].to_write == 1

    for _press in range(2):
        assert browser.post(f"{url}write/").headers["Location"] == url
    done = Product.objects.get(pk=goods.plain.pk)
    assert (done.price, done.name, done.version) == (5, "=x", 2)
    assert "1 row of this file is imported" in browser.get(url).content.decode()


def test_what_changed_meanwhile_is_shown_again(browser, goods):
    url = send(browser, "SKU;Price\nSKU-NONE;5\n").headers["Location"]
    Product.objects.filter(pk=goods.plain.pk).update(price=7)
    browser.post(f"{url}write/")
    page = browser.get(url).content.decode()
    assert "Something was changed since you looked" in page
    assert "<del>7.00</del>" in page
    assert Product.objects.get(pk=goods.plain.pk).price == 7
    browser.post(f"{url}write/")
    assert Product.objects.get(pk=goods.plain.pk).price == 5


@pytest.mark.parametrize("language", ["en", "uk"])
def test_a_large_file_is_read_and_written_by_a_job(browser, admin, goods, monkeypatch, language):
    monkeypatch.setattr(importing, "AT_ONCE", 10)
    monkeypatch.setattr(importing, "AT_ONCE_ROWS", 1)
    admin.language = language
    admin.save()
    url = send(browser, "SKU;Price\nSKU-NONE;5\nSKU-PERIOD;6\n").headers["Location"]
    assert "hx-trigger" in browser.get(url).content.decode()
    assert browser.get(url, headers={"HX-Request": "true"}).status_code == 200
    assert run_jobs() == 1
    assert browser.get(url, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    assert len(browser.get(url).context["rows"]) == 2
    for _press in range(2):
        browser.post(f"{url}write/")
    assert Product.objects.get(pk=goods.plain.pk).price == 100
    assert run_jobs() == 1
    assert Product.objects.get(pk=goods.plain.pk).price == 5
    assert browser.get(url).context["held"].status == "done"
    assert {one.person for one in Change.objects.filter(fields=["price"])} == {admin.pk}


def test_a_large_file_that_is_no_table_says_so_on_its_page(browser, goods, monkeypatch):
    monkeypatch.setattr(importing, "AT_ONCE", 3)
    url = send(browser, "Name\nSomething\n").headers["Location"]
    run_jobs()
    assert "none of them is called “SKU”" in browser.get(url).content.decode()


def test_a_person_who_may_no_longer_has_nothing_written(client_of, cashier, monkeypatch):
    monkeypatch.setattr(importing, "AT_ONCE_ROWS", 0)
    client = client_of(cashier)
    url = send(client, "Name\nNew\n", url="/import/customers/").headers["Location"]
    client.post(f"{url}write/")
    cashier.memberships.all().delete()
    run_jobs()
    assert CustomerImport.objects.get().status == "failed"
    assert not Customer.objects.exists()


def test_a_small_file_that_is_no_table_is_refused_beside_the_field(browser, goods):
    for content, words in (("", "is empty"), ("Name\nx\n", "none of them"), ("SKU\n", "nothing")):
        answer = send(browser, content)
        assert answer.status_code == 422
        assert words in str(answer.context["form"].errors["file"])
    assert send(browser, "x", name="list.pdf").status_code == 422


def test_a_file_is_nobody_elses_and_is_forgotten(browser, admin, client_of, manager, goods):
    url = send(browser, "SKU;Price\nSKU-NONE;5\n").headers["Location"]
    manager.is_admin = True
    manager.save()
    assert client_of(manager).get(url).status_code == 404
    assert client_of(manager).post(f"{url}write/").status_code == 404
    later = timezone.now() + importing.KEPT + dt.timedelta(minutes=1)
    assert importing.forget_old_imports(now=later) == 1
    assert not ProductImport.objects.exists()


def test_lists_are_exported_as_they_are_narrowed(browser, client_of, manager, goods):
    Product.objects.filter(pk=goods.plain.pk).update(is_active=False, name="+Cable")
    answer = browser.get("/products/export.csv?" + urlencode({"active": "no"}))
    rows = list(csv.reader(io.StringIO(body(answer).decode("utf-8-sig")), delimiter=";"))
    assert rows == [
        ["SKU", "Name", "Type", "Barcode", "Price", "Accounting", "Warranty",
         "Supplier's warranty", "In use"],
        ["SKU-NONE", "'+Cable", "Phones", "", "100,00", "No warranty accounting", "", "", "no"],
    ]  # fmt: skip
    Customer.objects.create(name="Olena", phone="+380 1")
    Customer.objects.create(name="Taras")
    answer = client_of(manager).get("/partners/customers/export.xlsx?q=olena")
    sheet = load_workbook(io.BytesIO(body(answer))).active
    assert [row[1:] for row in sheet.iter_rows(values_only=True)] == [
        ("Name", "Phone", "E-mail"), ("Olena", "+380 1", None),
    ]  # fmt: skip
    assert browser.get("/products/export.pdf").status_code == 404


def test_exports_cost_the_same_statements_whatever_they_hold(browser, goods, monkeypatch):
    counts = []
    for rows in (1, 300):
        Supplier.objects.bulk_create(Supplier(name=f"{rows} {nth}") for nth in range(rows))
        with CaptureQueriesContext(connection) as asked:
            body(browser.get("/partners/suppliers/export.csv"))
        counts.append(len(asked))
    assert counts[0] == counts[1]
    monkeypatch.setitem(exporting_lists.MOST, "xlsx", 10)
    assert browser.get("/partners/suppliers/export.xlsx").status_code == 302


def test_who_may_import_what(client_of, cashier, storekeeper, manager, admin, stranger):
    """Customers are in the table of tests/test_access.py."""
    people = (cashier, storekeeper, manager, admin, stranger)
    for what, allowed in (("products", {admin}), ("suppliers", {storekeeper, manager, admin})):
        for person in people:
            expected = 200 if person in allowed else 403
            for url in (f"/import/{what}/", f"/import/{what}/example.csv"):
                assert client_of(person).get(url).status_code == expected, (what, person)
    assert client_of(admin).get("/import/serials/").status_code == 404


@pytest.mark.parametrize("what", ["products", "suppliers", "customers"])
@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_the_example_can_be_filled_in_and_sent(browser, what, file_format):
    content = body(browser.get(f"/import/{what}/example.{file_format}"))
    file = SimpleUploadedFile(f"example.{file_format}", content)
    url = browser.post(f"/import/{what}/", {"file": file}).headers["Location"]
    found = browser.get(url).context["outcome"]
    assert len(found.new) + len(found.refused) == 1  # there is no such product type yet
    assert {row.cell for row in found.refused} <= {"C2"}
