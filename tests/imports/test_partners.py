"""Suppliers and customers by file: whom a row is about, and what comes of it."""

from __future__ import annotations

import io

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from company.access import access_of
from company.exporting import FORMATS
from company.import_outcome import Changed, Outcome
from company.reading_tables import spoilt_words
from company.tables import Table, read_table
from partners.import_fields import FIELDS, KEY, Partner, cells_of, columns
from partners.importing import import_partners
from partners.judging_files import judge_partners
from partners.models import Customer, Supplier
from tests.at_once import at_once

pytestmark = pytest.mark.django_db


def table(model: type[Partner], content: bytes | str, name: str = "list.csv") -> Table:
    content = content.encode() if isinstance(content, str) else content
    return read_table(name, content, FIELDS[model], needed=KEY)


def outcome(model: type[Partner], content: str, *, clears: bool = False) -> Outcome:
    return judge_partners(model, table(model, content), clears=clears).outcome


def write(model: type[Partner], content: str, by, *, clears: bool = False) -> Outcome:
    seen = outcome(model, content, clears=clears).fingerprint
    return import_partners(model, table(model, content), clears=clears, seen=seen, by=access_of(by))


def told(found: Outcome) -> list[tuple[str, str]]:
    return [(row.cell, row.reason.split(":")[0].rstrip(".")) for row in found.refused]


@pytest.fixture
def people(db) -> list[Customer]:
    return [
        Customer.objects.create(name=name, phone=phone, email=email)
        for name, phone, email in (
            ("Olena", "+380 67 123 45 67", "olena@example.com"),
            ("Taras", "067 123 45 67", ""),
            ("Iryna", "050 000 00 00", "iryna@example.com"),
            ("=SUM(A1)", "", ""),
        )
    ]


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_what_is_exported_comes_back_unchanged(people, file_format):
    Supplier.objects.create(name="@Wholesale", phone="+380 44 1", is_active=False)
    Supplier.objects.create(name="@wholesale")
    for model in (Supplier, Customer):
        file = io.BytesIO()
        fields = FIELDS[model]
        rows = [cells_of(one, fields) for one in model.objects.all()]
        FORMATS[file_format].write(file, columns(fields), rows)
        read = table(model, file.getvalue(), f"list.{file_format}")
        found = judge_partners(model, read, clears=True).outcome
        assert (found.unchanged, found.to_write, found.refused) == (len(rows), 0, [])


def test_a_customer_is_known_by_number_phone_or_email(people, manager):
    olena, _taras, iryna, sums = people
    content = (
        "№;ПІБ;Телефон;E-mail\n"
        f"{sums.pk};Sums;;\n"
        ";Taras;0671234567;taras@example.com\n"
        ";;;IRYNA@example.com\n"
        ";Iryna B;380500000000;\n"
        ";Bohdan;063 000 00 00;\n"
        ";Nameless;;\n"
    )
    found = outcome(Customer, content)
    assert told(found) == [("C5", "Row 4 is about the same one")]
    assert [(row.name, row.number) for row in found.changed] == [("=SUM(A1)", 2), ("Taras", 3)]
    assert [row.name for row in found.new] == ["Bohdan", "Nameless"]
    write(Customer, content, manager)
    assert set(Customer.objects.values_list("name", "phone", "email")) == {
        ("Olena", olena.phone, olena.email), ("Iryna", iryna.phone, iryna.email), ("Sums", "", ""),
        ("Taras", "0671234567", "taras@example.com"), ("Bohdan", "063 000 00 00", ""),
        ("Nameless", "", ""),
    }  # fmt: skip
    again = outcome(Customer, content)
    assert (again.to_write, again.unchanged) == (0, 5)


def test_whom_a_row_is_about_is_never_guessed(people):
    content = (
        "Number;Name;Phone;E-mail\n"
        "999999;A;;\n"
        "x;A;;\n"
        ";Somebody;067 123 45 67;\n"
        ";A;050 000 00 00;olena@example.com\n"
        ";B;4.82E+11;\n"
        ";C;;not an address\n"
        ";;063 111 22 33;\n"
        ";D;063 111 22 44;\n"
        ";E;+380 63 111 22 44;\n"
    )
    assert told(outcome(Customer, content)) == [
        ("A2", "Nobody has this number. Leave the cell empty for somebody new"),
        ("A3", "“x” is no number"),
        ("C4", "It fits several"),
        ("C5", "The phone number is one customer's and the e-mail another's"),
        ("C6", str(spoilt_words()).rstrip(".")),
        ("D7", "Enter a valid email address"),
        ("B8", "Somebody new needs a name"),
        ("C10", "Row 9 is about the same one"),
    ]  # fmt: skip


def test_a_supplier_is_known_by_number_or_name(db, manager):
    one = Supplier.objects.create(name="Wholesale", phone="1")
    two = Supplier.objects.create(name="Direct")
    content = (
        "Number;Name;Phone;In use\n"
        ";wholesale;;ні\n"
        f"{two.pk};Wholesale;;\n"
        ";New;2;\n"
        ";New;3;\n"
    )  # fmt: skip
    found = outcome(Supplier, content)
    assert told(found) == [
        ("B3", "Another supplier has this name"), ("B5", "Row 4 has this name too"),
    ]  # fmt: skip
    write(Supplier, content, manager)
    one.refresh_from_db()
    assert (one.name, one.phone, one.is_active) == ("wholesale", "1", False)
    assert Supplier.objects.count() == 3


def test_an_empty_cell_removes_only_when_that_was_asked_for(people, manager):
    content = f"Number;Name;Phone;E-mail\n{people[0].pk};;;\n"
    assert outcome(Customer, content).unchanged == 1
    assert outcome(Customer, content, clears=True).removed == 2
    write(Customer, content, manager, clears=True)
    people[0].refresh_from_db()
    assert (people[0].name, people[0].phone, people[0].email) == ("Olena", "", "")


def test_who_may_write_them(people, cashier, storekeeper, stranger):
    write(Customer, "Name\nNew\n", cashier)
    write(Supplier, "Name\nNew\n", storekeeper)
    for model, person in ((Customer, storekeeper), (Supplier, cashier), (Customer, stranger)):
        with pytest.raises(PermissionDenied):
            write(model, "Name\nOther\n", person)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("model", [Supplier, Customer])
def test_two_imports_at_once_make_everybody_once(manager, model):
    content = "Name;Phone\nOne;063 111 22 33\nTwo;063 111 22 44\n"
    results = at_once(*[lambda: write(model, content, manager)] * 2)
    kinds = {type(result) for result in results}
    assert kinds <= {Outcome, Changed}
    assert model.objects.count() == 2


def test_statements_do_not_grow_with_rows(people, manager):
    counts = []
    for rows in (2, 200):
        content = "Name;Phone;E-mail\nOlena;0671234567;\nTaras;0671234567;t@example.com\n"
        content += "".join(f"N {nth};063 {nth:07};\n" for nth in range(rows))
        with CaptureQueriesContext(connection) as asked:
            write(Customer, content, manager)
        counts.append(len(asked))
        Customer.objects.filter(name__startswith="N ").delete()
        Customer.objects.filter(name="Taras").update(email="")
    assert counts[0] == counts[1]
