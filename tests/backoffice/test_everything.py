"""Everything out: what is read back is what there is, it fits together, and no secret is in it."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from backoffice import export_files, tasks
from backoffice.everything import FILES, missing_models
from backoffice.models import ExportFile, ExportPart
from company.access import access_of
from company.models import User
from repairs.models import Photo
from repairs.photos import add_photos, read_pictures
from tests.repairs.test_photos import upload
from tests.shop import give_back, receive, sell, take_in, transfer
from warranty.models import Card

READ: dict[str, Any] = {
    "integer": int,
    "number": float,
    "boolean": {"true": True, "false": False}.__getitem__,
    "date": dt.date.fromisoformat,
    "datetime": dt.datetime.fromisoformat,
    "array": json.loads,
    "string": str,
}


def rows_of(file: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read(name).decode("utf-8"), newline="")))


# A snapshot is a transaction of its own.
@pytest.mark.django_db(transaction=True)
def test_what_is_read_back_is_all_there_is(
    store, other_store, manager, client_of, goods, settings, tmp_path, capsys
):
    settings.MEDIA_ROOT = tmp_path / "media"
    receive(store, manager, (goods.strict, ["=A1+1", "007", "Ж-3"]), (goods.period, 5))
    sale = sell(store, manager, (goods.strict, ["007"]), (goods.period, 2))
    give_back(sale, store, manager, (goods.period, 1))
    transfer(store, other_store, manager, (goods.strict, ["Ж-3"]))
    repair = take_in(store, manager, "007", decided="warranty", complaint='says "dead",\nagain')
    add_photos(repair.pk, read_pictures([upload()]), by=access_of(manager), now=timezone.now())
    client_of(manager).get("/")
    path = tmp_path / "all.zip"

    call_command("export", path)

    assert "rows in" in capsys.readouterr().out
    with zipfile.ZipFile(path) as file:
        package = json.loads(file.read("datapackage.json"))
        read = {one["name"]: rows_of(file, one["path"]) for one in package["resources"]}
        names = set(file.namelist())
    assert {one["path"] for one in package["resources"]} < names
    assert {"README.txt", f"photos/{Photo.objects.get().file.name}"} < names
    for name, model in FILES.items():
        assert len(read[name]) == model._default_manager.count(), name
    _fits(package, read)
    assert sorted(row["text"] for row in read["serials"]) == ["007", "=A1+1", "Ж-3"]
    assert read["repairs"][0]["complaint"] == 'says "dead",\nagain'
    _tells_no_secret(path)


@pytest.mark.django_db(transaction=True)
def test_an_admin_has_it_made_by_a_job_sees_how_far_it_is_and_fetches_it(
    store, manager, admin, goods, client_of, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    receive(store, manager, (goods.strict, ["A"]))
    browser = client_of(admin)
    page = reverse("backoffice:everything")
    for _press in range(2):  # pressed twice, it is one file
        assert browser.post(page).status_code == 302
    file = ExportFile.objects.get()
    assert 'id="job"' in browser.get(page, headers={"HX-Request": "true"}).text
    job = ProcrastinateJob.objects.get(args__file_id=str(file.pk))
    tasks.make_export(**job.args)
    file.refresh_from_db()
    assert (file.status, file.done) == ("done", len(FILES))
    content = reverse("backoffice:everything_file", args=[file.pk])
    assert content in browser.get(page).text
    fetched = b"".join(browser.get(content).streaming_content)
    assert len(fetched) == file.size
    with zipfile.ZipFile(io.BytesIO(fetched)) as whole:
        assert [row["text"] for row in rows_of(whole, "serials.csv")] == ["A"]
    export_files.forget_old_exports(now=timezone.now() + export_files.KEPT)
    assert browser.get(content).status_code == 404
    assert not ExportPart.objects.exists()


def _fits(package: dict[str, Any], read: dict[str, list[dict[str, str]]]) -> None:
    """Every value has its type, every reference its row."""
    for one in package["resources"]:
        schema, rows = one["schema"], read[one["name"]]
        assert one["rows"] == len(rows)
        for field in schema["fields"]:
            allowed = field.get("constraints", {})
            for row in rows:
                value = row[field["name"]]
                if value or allowed.get("required"):
                    READ[field["type"]](value)
                assert value in allowed.get("enum", [value]), (one["name"], field["name"])
        for key in schema["foreignKeys"]:
            target = read[key["reference"]["resource"] or one["name"]]
            there = {row[key["reference"]["fields"]] for row in target} | {""}
            assert {row[key["fields"]] for row in rows} <= there, (one["name"], key)


def _tells_no_secret(path: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_key, session_data FROM company_session")
        sessions = [text for row in cursor.fetchall() for text in row]
    tokens = [str(token) for token in Card.objects.values_list("token", flat=True)]
    hashes = list(User.objects.values_list("password", flat=True))
    assert sessions
    assert tokens
    assert hashes
    with zipfile.ZipFile(path) as file:
        for name in file.namelist():
            content = file.read(name)
            for secret in [*sessions, *tokens, *hashes]:
                assert secret.encode() not in content, name


def test_nothing_is_forgotten():
    """A new model goes into a file, or is left out on purpose."""
    assert missing_models() == set()
