"""The stock by serial as a file: read back, small at once, large by a job, nobody else's."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from openpyxl import load_workbook
from procrastinate.contrib.django.models import ProcrastinateJob

from backoffice import stock_files, stock_sheets, tasks
from backoffice.stock_files import KEPT, MOST_UNDER_WAY, forget_old_files
from company.models import Membership
from company.rights import Role
from serials.models import StockFile, StockFilePart
from tests.lasting import lasting
from tests.shop import receive, sell

pytestmark = pytest.mark.django_db

URL = "/stock/export/"
NOON = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _on_that_day():
    with time_machine.travel(NOON, tick=False):
        yield


@lasting(at=NOON - dt.timedelta(hours=1))
def world(store, other_store, manager, other_manager, goods) -> None:
    receive(store, manager, (goods.strict, ["=1+1", "00012", "SOLD"]), (goods.plain, 4))
    sell(store, manager, (goods.strict, ["SOLD"]))
    receive(other_store, other_manager, (goods.strict, ["THEIRS"]))


@pytest.fixture
def large(world, monkeypatch) -> None:
    """Everything is too much to be made at once, and is made unit by unit."""
    monkeypatch.setattr(stock_files, "AT_ONCE", 1)
    monkeypatch.setattr(stock_sheets, "CHUNK", 1)


def body(answer) -> bytes:
    return b"".join(answer.streaming_content)


def ask(client, file_format: str = "csv", query: str = "") -> StockFile:
    answer = client.post(f"{URL}?{query}", {"format": file_format})
    assert answer.status_code == 302
    pk = answer.headers["Location"].split("/")[-2]
    return StockFile.objects.get(pk=pk)


def run_jobs() -> int:
    jobs = list(ProcrastinateJob.objects.filter(status="todo", task_name=stock_files.JOB))
    for job in jobs:
        tasks.make_stock_file(**job.args)
    return len(jobs)


def test_a_small_file_comes_at_once_and_is_read_back(client_of, manager, world):
    answer = client_of(manager).post(URL, {"format": "xlsx"})
    assert "stock-2026-11-28.xlsx" in answer.headers["Content-Disposition"]
    book = load_workbook(io.BytesIO(body(answer)))
    units, totals = book.worksheets
    rows = list(units.iter_rows(values_only=True))
    assert rows[0][:5] == ("Serial number", "Second number", "Product", "SKU", "State")
    assert [row[0] for row in rows[1:]] == ["00012", "=1+1"]
    assert units["A3"].data_type == "s"  # a text, not a formula
    assert rows[1][4:6] == ("In stock", "Podil")
    assert rows[1][9].date() == dt.date(2026, 11, 28)
    assert list(totals.iter_rows(values_only=True))[1:] == [
        ("Product none", "SKU-NONE", 4, 0, 0, 0, 4, 0, 4),
        ("Product strict", "SKU-STRICT", 2, 0, 0, 0, 2, 2, 0),
    ]
    assert not StockFile.objects.exists()


def test_a_csv_has_the_filters_of_the_page_and_no_formulas(client_of, manager, world):
    client = client_of(manager)
    text = body(client.post(URL, {"format": "csv"})).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert [row[0] for row in rows[1:]] == ["00012", "'=1+1"]
    text = body(client.post(f"{URL}?state=sold", {"format": "csv"})).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert [(row[0], row[4], row[13]) for row in rows[1:]] == [("SOLD", "Sold", "2027-11-28")]


def test_a_large_file_is_a_job_with_progress_and_read_back(client_of, manager, large, monkeypatch):
    client = client_of(manager)
    found = ask(client, "xlsx", "state=anywhere")
    assert (found.status, found.total, found.done) == ("waiting", 3, 0)
    assert ProcrastinateJob.objects.filter(lock=stock_files.JOB).count() == 1
    page = client.get(f"/stock/files/{found.pk}/")
    assert "Going through 3 units" in page.text
    assert client.get(f"/stock/files/{found.pk}/content/").status_code == 302

    seen = []
    keep = stock_files._keep

    def look(*args):
        seen.append(StockFile.objects.values_list("status", "done").get(pk=found.pk))
        keep(*args)

    monkeypatch.setattr(stock_files, "_keep", look)
    monkeypatch.setattr(stock_files, "PART", 1000)
    assert run_jobs() == 1
    assert seen == [("running", 3)]
    found.refresh_from_db()
    assert (found.status, found.done, found.rows) == ("done", 3, 3)
    assert found.parts.count() > 1
    fragment = client.get(f"/stock/files/{found.pk}/", headers={"hx-request": "true"}).text
    assert "The file is ready" in fragment
    assert "hx-trigger" not in fragment
    answer = client.get(f"/stock/files/{found.pk}/content/")
    content = body(answer)
    assert int(answer.headers["Content-Length"]) == len(content) == found.size
    rows = list(load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True))
    assert [row[0] for row in rows[1:]] == ["00012", "=1+1", "SOLD"]


def test_more_rows_than_a_sheet_takes_go_on_in_another(client_of, manager, large, monkeypatch):
    monkeypatch.setattr(stock_sheets, "MOST_ROWS", 1)
    client = client_of(manager)
    found = ask(client, "xlsx")
    run_jobs()
    book = load_workbook(io.BytesIO(body(client.get(f"/stock/files/{found.pk}/content/"))))
    assert book.sheetnames == ["Units", "Units 2", "Totals"]
    assert [book[name]["A2"].value for name in book.sheetnames[:2]] == ["00012", "=1+1"]


def test_no_unit_fits_and_the_file_has_its_head(client_of, manager, world):
    answer = client_of(manager).post(f"{URL}?q=nothing", {"format": "xlsx"})
    (units,) = load_workbook(io.BytesIO(body(answer))).worksheets
    assert units.max_row == 1


def test_the_file_is_of_the_day_it_was_asked_for(client_of, manager, large):
    found = ask(client_of(manager), "csv", "on=2026-11-27")
    assert (found.day, found.total) == (dt.date(2026, 11, 27), 4)  # all units there are
    with time_machine.travel(NOON + dt.timedelta(days=1)):
        run_jobs()
    found.refresh_from_db()
    assert (found.status, found.rows) == ("done", 0)


def test_asking_twice_is_one_file_and_many_are_refused_in_words(client_of, manager, large):
    client = client_of(manager)
    assert ask(client).pk == ask(client).pk
    assert ProcrastinateJob.objects.filter(task_name=stock_files.JOB).count() == 1
    for nth in range(1, MOST_UNDER_WAY):
        ask(client, query=f"older_than={nth}")
    answer = client.post(f"{URL}?older_than=99", {"format": "csv"}, follow=True)
    assert "Wait until one of them is ready" in answer.text
    assert StockFile.objects.count() == MOST_UNDER_WAY


def test_nobody_else_sees_it_nor_who_left_its_store(
    client_of, manager, other_manager, admin, large
):
    found = ask(client_of(manager))
    run_jobs()
    urls = [f"/stock/files/{found.pk}/", f"/stock/files/{found.pk}/content/"]
    for person in (other_manager, admin):
        assert {client_of(person).get(url).status_code for url in urls} == {404}
    assert {client_of(manager).get(url).status_code for url in urls} == {200}
    assert "Stock of" in client_of(manager).get("/stock/").text
    Membership.objects.filter(user=manager).delete()
    assert {client_of(manager).get(url).status_code for url in urls} == {403}


def test_who_left_a_store_before_the_job_ran_gets_nothing_of_it(
    client_of, manager, other_store, large, caplog
):
    Membership.objects.create(user=manager, store=other_store, role=Role.CASHIER)
    found = ask(client_of(manager))
    Membership.objects.filter(user=manager, store=other_store).delete()
    run_jobs()
    found.refresh_from_db()
    assert found.status == "failed"
    assert not found.parts.exists()
    assert client_of(manager).get(f"/stock/files/{found.pk}/").status_code == 404


def test_a_job_that_failed_says_so_and_is_tried_again(
    client_of, manager, large, monkeypatch, caplog
):
    client = client_of(manager)
    found = ask(client)
    with monkeypatch.context() as broken:
        broken.setattr(stock_files, "write", lambda *args, **more: 1 / 0)
        run_jobs()
    assert "could not be made" in client.get(f"/stock/files/{found.pk}/").text
    ProcrastinateJob.objects.filter(status="todo").delete()
    client.post(f"/stock/files/{found.pk}/again/")
    client.post(f"/stock/files/{found.pk}/again/")  # it is under way: no second job
    assert run_jobs() == 1
    assert client.get(f"/stock/files/{found.pk}/content/").status_code == 200


def test_a_job_that_was_cut_off_starts_over(client_of, manager, large):
    found = ask(client_of(manager))
    StockFile.objects.filter(pk=found.pk).update(status="running", done=1)
    StockFilePart.objects.create(file=found, position=0, content=b"half")
    run_jobs()
    found.refresh_from_db()
    assert found.status == "done"
    content = b"".join(stock_files.content_of(found))
    assert content.startswith("\ufeff".encode())
    run_jobs()  # done is done
    assert found.parts.count() == 1


def test_a_file_is_kept_a_week(client_of, manager, large):
    found = ask(client_of(manager))
    run_jobs()
    assert forget_old_files(now=NOON + KEPT - dt.timedelta(seconds=1)) == 0
    with time_machine.travel(NOON + KEPT):
        assert client_of(manager).get(f"/stock/files/{found.pk}/").status_code == 404
    assert forget_old_files(now=NOON + KEPT) == 1
    assert not StockFilePart.objects.exists()


def test_it_speaks_the_persons_language(client_of, manager, large):
    manager.language = "uk"
    manager.save()
    found = ask(client_of(manager))
    assert found.language == "uk"


def test_a_format_nobody_writes_and_filters_without_sense(client_of, manager, world):
    client = client_of(manager)
    assert client.post(URL, {"format": "pdf"}).status_code == 400
    answer = client.post(f"{URL}?on=nonsense", {"format": "csv"})
    assert answer.headers["Location"] == "/stock/?on=nonsense"


def test_postgresql_keeps_its_words(manager):
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO serials_stockfile (id, file_format, filters, language, day, stores,
                requested_by_id, requested_at, status, total, done, rows, size)
            VALUES (gen_random_uuid(), 'csv', '', 'en', now(), '[]', %s, now(), 'lost', 0, 0, 0, 0)
            """,
            [manager.pk],
        )
