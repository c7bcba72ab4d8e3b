"""The database is away, its disk is full, somebody holds a lock: words, health, and recovery."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, transaction

from documents.models import Document
from products.models import Product
from tests.books import books_agree
from tests.faults.conftest import Shop
from tests.faults.stage import Database, Web

UKRAINIAN = "django_language=uk"


def wrong(web: Web) -> dict[str, str]:
    answer = web.get("/health/ready?leave_out=jobs", cookie="")
    found = json.loads(answer.text)["wrong"]
    assert answer.status == (503 if found else 200)
    return found


def test_the_database_is_away_for_a_while(web: Web, database: Database, shop: Shop):
    document = shop.receipt(["AWAY-1"])
    worker = web.worker
    assert web.get("/").status == 200
    assert wrong(web) == {}
    connection.close()
    database.stop()
    try:
        _is_told(web, document)
    finally:
        database.start()
    assert web.post(f"/documents/{document.pk}/post/").status == 302  # the button of the page
    assert wrong(web) == {}
    assert "unitbook_database_up 1.0" in web.get("/metrics").text
    assert web.worker == worker, "nobody had to restart the web server"
    books_agree()


def _is_told(web: Web, document: Document) -> None:
    page = web.get("/", cookie=f"{web.cookie}; {UKRAINIAN}")
    assert page.status == 503
    assert 'lang="uk"' in page.text
    assert page.headers["X-Request-ID"] in page.text
    assert page.headers["Retry-After"]
    posted = web.post(f"/documents/{document.pk}/post/")
    assert posted.status == 503
    assert f'action="/documents/{document.pk}/post/"' in posted.text
    assert wrong(web) == {"database": "unreachable"}
    assert web.get("/health/live", cookie="").status == 200
    assert "unitbook_database_up 0.0" in web.get("/metrics", cookie="").text


def test_what_somebody_holds_is_said_within_the_time_limit(web: Web, shop: Shop):
    document = shop.receipt(["HELD-1"])
    with transaction.atomic():
        Document.objects.select_for_update().get(pk=document.pk)
        Product.objects.select_for_update().get(pk=shop.phone.pk)
        began = time.monotonic()
        refused = web.post(f"/documents/{document.pk}/post/")
        assert time.monotonic() - began < 20
        scanned = web.post(f"/documents/{document.pk}/scan/", {"scan": "HELD-2"})
    assert refused.status == 302
    assert scanned.status == 503
    assert "Somebody is working on the same thing" in scanned.text
    document.refresh_from_db()
    assert document.status == "draft"
    assert [each.key for each in document.lineserial_set.all()] == ["HELD-1"]
    assert web.post(f"/documents/{document.pk}/post/").status == 302
    document.refresh_from_db()
    assert document.status == "posted"


@pytest.fixture
def small_disk(database: Database, shop: Shop) -> Iterator[Path]:
    """A disk with 24 MB of room that holds the ledger's entries."""
    mount = database.folder / "small"
    mount.mkdir()
    table = '"serials_ledgerentry"'
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_table_size(%s::regclass) / 1048576 + 24", [table])
        size = cursor.fetchone()[0]
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}m,mode=755", "unitbook", mount],
        capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"a small disk can't be mounted here: {done.stderr.decode().strip()}")
    try:
        inside = mount / "space"
        inside.mkdir()
        owner = (database.folder / "pg" / "cluster").stat()
        os.chown(inside, owner.st_uid, owner.st_gid)
        with database.superuser() as root:
            root.execute(f"CREATE TABLESPACE small LOCATION '{inside}'")
            root.execute("GRANT CREATE ON TABLESPACE small TO unitbook")
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} SET TABLESPACE small")
        yield mount
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} SET TABLESPACE pg_default")
        with database.superuser() as root, contextlib.suppress(Exception):
            root.execute("CHECKPOINT")
            root.execute("DROP TABLESPACE small")
        subprocess.run(["umount", "--lazy", mount], check=False)


def test_the_disk_is_full(small_disk: Path, database: Database, shop: Shop):
    shop.receive(["ROOM-1"])
    document = shop.receipt([f"FULL-{n:05}" for n in range(10_000)])
    path = f"/documents/{document.pk}/post/"
    filler = small_disk / "filler"
    web = Web(database, DATABASE_DIR=str(small_disk))
    try:
        web.sign_in(shop.session())
        assert wrong(web) == {}
        room = os.statvfs(small_disk)
        filler.write_bytes(bytes(room.f_bavail * room.f_frsize - 64 * 1024))
        refused = web.post(path)
        assert refused.status == 503
        assert "disk is full" in refused.text
        assert "Nothing was lost or changed" in refused.text
        assert wrong(web) == {"disk": "less than 4 MB free: database"}
        assert web.get(f"/documents/{document.pk}/").status == 200  # reading goes on
        document.refresh_from_db()
        assert document.status == "draft"
        books_agree()
        filler.unlink()
        assert web.post(path).status == 302
        document.refresh_from_db()
        assert document.status == "posted"
        assert wrong(web) == {}
        books_agree()
    finally:
        web.stop()
