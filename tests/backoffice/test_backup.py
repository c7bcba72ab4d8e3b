"""A backup is of one moment, whole or refused, and an empty database becomes the shop again."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import resource
import stat
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.utils import timezone

from backoffice.backup import BackupRefused
from backoffice.backup.files import DUMP, MANIFEST, backups_in, verify
from backoffice.backup.making import WITHOUT_ROWS, count_rows, make_backup
from backoffice.backup.programs import client
from backoffice.backup.restoring import restore_backup
from backoffice.proving import differences
from company.access import access_of
from company.models import Session
from documents.models import Document, Line
from repairs.models import Photo
from repairs.photos import add_photos, read_pictures
from tests.repairs.test_photos import upload
from tests.shop import hand_back, receive, sell, take_in
from warranty.models import PrintRun
from warranty.printing import request_print
from warranty.queries import card_views

NOW = dt.datetime(2026, 9, 21, 9, 0, tzinfo=dt.UTC)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def media(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@contextmanager
def empty_database() -> Iterator[None]:
    """What Django uses is another database, a new one, for a while."""
    here = connection.settings_dict["NAME"]
    there = f"{here}_restored"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{there}"')
        cursor.execute(f'CREATE DATABASE "{there}" TEMPLATE template0')
    try:
        connection.close()
        connection.settings_dict["NAME"] = there
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = here
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{there}"')


@contextmanager
def meanwhile(work: Callable[[int], object]) -> Iterator[list[object]]:
    """Somebody goes on working, on another connection, until we are done; what came of it."""
    done = threading.Event()
    results: list[object] = []

    def run() -> None:
        try:
            while not done.is_set():
                results.append(work(len(results)))
        except Exception as error:
            results.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield results
    finally:
        done.set()
        thread.join(timeout=30)


def changed(path: Path, change: Callable[[dict], None]) -> Path:
    """A copy of a backup with another manifest."""
    copy = path.with_name("changed.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == MANIFEST:
                said = json.loads(content)
                change(said)
                content = json.dumps(said).encode()
            new.writestr(name, content)
    return copy


def test_a_shop_that_goes_on_selling_is_the_same_in_an_empty_database(
    store, manager, cashier, goods, media, tmp_path, client_of
):
    units = [f"U{nth}" for nth in range(60)]
    receive(store, manager, (goods.strict, ["A", "B", *units]), (goods.period, 3))
    sale = sell(store, cashier, (goods.strict, ["A"]), (goods.period, 2))
    repair = take_in(store, cashier, "A", decided="warranty")
    add_photos(repair.pk, read_pictures([upload()]), by=access_of(cashier), now=timezone.now())
    client_of(cashier).get("/")
    assert Session.objects.exists()
    run = request_print(sale.posting_id, by=access_of(cashier), now=timezone.now())
    on_paper = card_views(run)
    assert len(on_paper) == 3

    with meanwhile(lambda nth: sell(store, cashier, (goods.strict, [units[nth]]))) as sold:
        while not sold:  # the first is through, more are on their way
            pass
        made = make_backup(tmp_path / "backups", now=NOW)

    assert made.path.name == "unitbook-20260921T090000Z.zip"
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert [path.name for path in made.path.parent.iterdir()] == [made.path.name]
    assert made.manifest == verify(made.path)
    assert made.manifest.missing == []
    with empty_database():
        call = restore_backup(made.path, media=tmp_path / "elsewhere", say=lambda _: None)
        assert call.differences == []
        assert count_rows() == made.manifest.rows
        assert 1 < Document.objects.filter(kind="sale").count() <= 1 + len(sold)
        assert Line.objects.filter(document=sale).count() == 2
        assert card_views(PrintRun.objects.get(pk=run.pk)) == on_paper
        assert not Session.objects.exists()
        name = Photo.objects.get().file.name
        assert (tmp_path / "elsewhere" / name).read_bytes() == (media / name).read_bytes()
        # The rules came along: what was sold can't be sold again, whoever writes it.
        sell(store, cashier, (goods.strict, ["B"]))
        with pytest.raises(Exception, match="append-only"), connection.cursor() as cursor:
            cursor.execute("UPDATE serials_ledgerentry SET line = 99")
        hand_back(repair, manager, "repaired")
        assert differences() == []


def test_what_is_damaged_newer_or_has_no_room_is_refused_and_nothing_is_changed(
    store, manager, goods, media, tmp_path
):
    receive(store, manager, (goods.strict, ["A"]))
    whole = make_backup(tmp_path, now=NOW).path

    def refused(path: Path) -> str:
        with pytest.raises(BackupRefused) as found:
            restore_backup(path, media=media, say=lambda _: None)
        return str(found.value)

    rows = count_rows()
    assert "not empty" in refused(whole)
    assert count_rows() == rows

    damaged = tmp_path / "damaged.zip"
    content = bytearray(whole.read_bytes())
    content[len(content) // 2] ^= 0xFF
    damaged.write_bytes(content)
    assert "damaged" in refused(damaged)
    damaged.write_bytes(whole.read_bytes()[:-5000])
    assert "damaged, cut off" in refused(damaged)
    assert "no file" in refused(tmp_path / "nowhere.zip")

    newer = changed(whole, lambda said: said["migrations"]["serials"].append("0999_later"))
    assert "newer release (0.1.0) than this program: it knows no serials.0999" in refused(newer)
    newer = changed(whole, lambda said: said.update(format=2))
    assert "newer release" in refused(newer)
    newer = changed(whole, lambda said: said.update(server="99.1"))
    assert "of PostgreSQL 99.1, the server here is 1" in refused(newer)
    strange = changed(
        whole, lambda said: said["members"].update({"media/../x": {"size": 1, "sha256": ""}})
    )
    assert "names a file media/../x" in refused(strange)
    swapped = changed(whole, lambda said: said["members"][DUMP].update(sha256="0" * 64))
    assert f"{DUMP} is not what was written" in refused(swapped)
    assert not media.exists()


def test_an_empty_database_stays_empty_when_the_dump_turns_out_to_be_cut_off(
    store, manager, goods, media, tmp_path
):
    receive(store, manager, (goods.strict, ["A"]))
    whole = make_backup(tmp_path, now=NOW).path
    cut = tmp_path / "cut.zip"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(cut, "w") as new:
        dump = old.read(DUMP)[:-20_000]
        said = json.loads(old.read(MANIFEST))
        said["members"][DUMP] = {"size": len(dump), "sha256": hashlib.sha256(dump).hexdigest()}
        new.writestr(DUMP, dump)
        new.writestr(MANIFEST, json.dumps(said))
    with empty_database():
        with pytest.raises(BackupRefused, match="is empty still"):
            restore_backup(cut, media=media, say=lambda _: None)
        assert connection.introspection.table_names() == []


def test_old_backups_make_room_only_for_one_that_was_made(store, media, tmp_path, capsys):
    kept = tmp_path / "notes.zip"
    kept.touch()
    for day in range(3):
        make_backup(tmp_path, now=NOW + dt.timedelta(days=day), keep=2)
    assert [path.name[9:17] for path in backups_in(tmp_path)] == ["20260922", "20260923"]
    assert kept.exists()
    with pytest.raises(BackupRefused, match="there already"):
        make_backup(tmp_path, now=NOW + dt.timedelta(days=2), keep=1)
    assert len(backups_in(tmp_path)) == 2
    call_command("backup", verify=backups_in(tmp_path)[0])
    assert "is whole: a shop without a name as of 2026-09-22" in capsys.readouterr().out


def test_a_full_disk_is_told_in_words_and_leaves_nothing_behind(store, media, tmp_path):
    """No file may be longer than a few pages for a moment."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, most))
    try:
        with pytest.raises(BackupRefused, match="There is no room left in"):
            make_backup(tmp_path / "full", now=NOW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    assert [*(tmp_path / "full").iterdir()] == []


def test_programs_that_are_too_old_for_the_server_are_named():
    assert client("pg_dump", at_least=15).name == "pg_dump"
    with pytest.raises(BackupRefused, match=r"needs pg_dump of PostgreSQL 99 or newer \(.*is 18"):
        client("pg_dump", at_least=99)


def test_the_tables_without_rows_are_there():
    assert {*WITHOUT_ROWS} <= {*connection.introspection.table_names()}
