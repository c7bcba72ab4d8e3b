"""`script/topology`: the processes of docker-compose.yml on this machine, and a shop's morning.

PostgreSQL, PgBouncer with the shipped configuration, two gunicorns, a job worker, and Caddy with
the shipped Caddyfile as the TLS front; everything listens on this machine only. A manager works
through the front while web servers and worker are killed, and started again as Docker would.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg

from benchmarks.pair import NotInTime, Pair, wait_for
from config.embedded_postgres import PROJECT

PASSWORD = secrets.token_urlsafe(24)
RATE = 20
"""Public pages a minute for one address."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Shop:
    """All processes, and how to start one of them again."""

    pair: Pair
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    web_ports: tuple[int, int] = field(default_factory=lambda: (free_port(), free_port()))
    pool_port: int = field(default_factory=free_port)
    front_port: int = field(default_factory=free_port)

    @property
    def folder(self) -> Path:
        return self.pair.folder

    @property
    def address(self) -> str:
        return f"https://localhost:{self.front_port}"

    @property
    def direct_url(self) -> str:
        return f"postgresql://unitbook@/unitbook?host={self.folder}/s&port=5432"

    @property
    def pooled_url(self) -> str:
        return f"postgresql://unitbook:{PASSWORD}@127.0.0.1:{self.pool_port}/unitbook"

    def environment(self, **more: str) -> dict[str, str]:
        """As in docker-compose.yml."""
        return {
            **os.environ,
            "DEBUG": "0", "SECURE": "1", "TRUSTED_PROXIES": "1",
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "TRUSTED_ORIGINS": self.address, "PUBLIC_URL": self.address, "PUBLIC_RATE": f"{RATE}/m",
            **more,
        }  # fmt: skip

    def start(self, name: str, command: list[str], **popen: Any) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                **{"cwd": PROJECT, **popen},
            )  # fmt: skip

    def kill(self, name: str) -> None:
        """`kill -9` of a process and all that it started."""
        process = self.running.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def start_web(self, nth: int) -> None:
        port = self.web_ports[nth]
        self.start(
            f"web{nth}",
            [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn", "--workers=1",
             f"--bind=127.0.0.1:{port}"],
            env=self.environment(DATABASE_URL=self.pooled_url, PGBOUNCER="1"),
        )  # fmt: skip

    def start_worker(self) -> None:
        self.start(
            "worker",
            [sys.executable, "manage.py", "procrastinate", "worker", "--concurrency", "2"],
            env=self.environment(DATABASE_URL=self.direct_url, STATEMENT_TIMEOUT="10min"),
        )

    def start_pool(self) -> None:
        """PgBouncer by the shipped file; only where it listens and where it leads differ."""
        said = (PROJECT / "deploy/pgbouncer/pgbouncer.ini").read_text()
        users = self.folder / "users.txt"
        for shipped, here in (
            ("host=postgres", f"host={self.folder}/s"),
            ("listen_addr = 0.0.0.0", "listen_addr = 127.0.0.1"),
            ("listen_port = 6432", f"listen_port = {self.pool_port}"),
            ("auth_file = /tmp/users.txt", f"auth_file = {users}"),
        ):
            assert shipped in said, shipped
            said = said.replace(shipped, here)
        version = subprocess.run(
            ["pgbouncer", "--version"], capture_output=True, text=True, check=True
        )
        found = re.search(r"(\d+)\.(\d+)", version.stdout)
        if found and (int(found[1]), int(found[2])) < (1, 21):  # does not know the option
            said = said.replace("max_prepared_statements", ";max_prepared_statements")
        ini = self.folder / "pgbouncer.ini"
        ini.write_text(said)
        users.write_text(f'"unitbook" "{PASSWORD}"\n')
        account = self.pair.primary.account
        users.chmod(0o600)
        account.own(users)
        self.start("pgbouncer", ["pgbouncer", str(ini)], **account.popen())

    def start_front(self) -> None:
        """Caddy by the shipped file; only where the web is differs, and who vouches for it."""
        said = (PROJECT / "deploy/Caddyfile").read_text()
        to = " ".join(f"127.0.0.1:{port}" for port in self.web_ports)
        said, count = re.subn(r"dynamic a \{.*?\}", f"to {to}", said, flags=re.DOTALL)
        assert count == 1
        said = said.replace(
            "{\n", "{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n", 1
        )
        (self.folder / "Caddyfile").write_text(said)
        self.start(
            "front",
            ["caddy", "run", "--adapter", "caddyfile", "--config", str(self.folder / "Caddyfile")],
            env={**os.environ, "SITE_HOST": self.address, "XDG_DATA_HOME": str(self.folder),
                 "HOME": str(self.folder)},
        )  # fmt: skip

    def is_answering(self, port: int) -> bool:
        with suppress(OSError):
            asked = urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=5)
            return bool(asked.status == 200)
        return False

    def start_all(self) -> None:
        self.start_pool()
        self.start_worker()
        for nth in (0, 1):
            self.start_web(nth)
        self.start_front()
        for port in self.web_ports:
            wait_for(partial(self.is_answering, port), "gunicorn answers: see its log")
        wait_for((self.folder / "caddy/pki/authorities/local/root.crt").exists, "a certificate")

    def stop(self) -> None:
        for process in self.running.values():
            with suppress(ProcessLookupError):
                process.terminate()
        for name in list(self.running):
            with suppress(subprocess.TimeoutExpired):
                self.running[name].wait(8)
            self.kill(name)


@dataclass
class Answer:
    """What came back through the front."""

    status: int
    url: str
    headers: Any
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")


class Browser:
    """A manager's browser: keeps cookies, follows redirects, believes only our certificate."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.cookies = CookieJar()
        root = shop.folder / "caddy/pki/authorities/local/root.crt"
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(root))),
            urllib.request.HTTPCookieProcessor(self.cookies),
        )

    def ask(self, path: str, fields: Mapping[str, str] | None = None, **headers: str) -> Answer:
        data = None
        if fields is not None:
            token = next((each.value for each in self.cookies if each.name == "csrftoken"), "")
            data = urlencode({**fields, "csrfmiddlewaretoken": token or ""}).encode()
        request = urllib.request.Request(  # noqa: S310 - an address of ours
            f"{self.shop.address}{path}",
            data,
            {"Referer": f"{self.shop.address}/", "Accept-Language": "en", **headers},
        )
        try:
            answer = self.opener.open(request, timeout=60)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            return Answer(answer.status, answer.url, answer.headers, answer.read())


def prepare(shop: Shop) -> None:
    """The schema, static files, and a manager of a store with a product."""
    os.environ["DATABASE_URL"] = shop.direct_url
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    from company.models import Membership, Store, User
    from company.rights import Role
    from products.models import Product, ProductType

    store = Store.objects.create(name="Podil", prefix="KY1")
    manager = User.objects.create_user("taras", password=PASSWORD, language="en")
    Membership.objects.create(user=manager, store=store, role=Role.MANAGER)
    kind = ProductType.objects.create(name="Phones", period_count=12, period_unit="months")
    Product.objects.create(sku="PHONE", name="Phone", type=kind, mode="strict", price=100)


@contextmanager
def proving(title: str) -> Iterator[None]:
    """One line of what was shown."""
    began = time.monotonic()
    yield
    print(f"ok  {title} ({time.monotonic() - began:.1f} s)", flush=True)


def morning(shop: Shop) -> None:
    """What is to work, in order. AssertionError or NotInTime when something does not."""
    from django.urls import reverse

    from documents.models import Document

    browser = Browser(shop)

    def document(kind: str, first: str, serials: list[str]) -> Document:
        browser.ask(reverse("documents:start", args=[kind]), {"scan": first})
        made = Document.objects.filter(kind=kind).latest("pk")
        Document.objects.filter(pk=made.pk).update(is_opening=kind == "receipt")
        paste = reverse("documents:paste", args=[made.pk, made.lines.get().pk])
        browser.ask(paste, {"serials": "\n".join(serials)})
        browser.ask(reverse("documents:post", args=[made.pk]), {})
        made.refresh_from_db()
        assert made.number, f"the {kind} was not posted"
        return made

    serials = [f"SN{nth:04}" for nth in range(1, 101)]
    with proving("sign-in through the TLS front; secure cookies, HSTS, headers once"):
        page = browser.ask(reverse("company:sign_in"))
        browser.ask(reverse("company:sign_in"), {"username": "taras", "password": PASSWORD})
        assert browser.ask("/").url == f"{shop.address}/", "not signed in"
        assert all(each.secure for each in browser.cookies)
        for name in ("Strict-Transport-Security", "Content-Security-Policy", "X-Frame-Options"):
            assert len(page.headers.get_all(name) or []) == 1, name
    with proving("machines' pages are not for the world"):
        assert browser.ask("/metrics").status == browser.ask("/health/ready").status == 404
    with proving("PgBouncer says the time limits"), psycopg.connect(shop.pooled_url) as pooled:
        shown = [
            pooled.execute(f"SHOW {name}").fetchone()[0]
            for name in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
        ]
        assert shown == ["15s", "30s", "1min"], shown
    with proving("a receipt of 100 serials"):
        document("receipt", "PHONE", serials)
    with proving("a web process is killed: every page is answered by the other one"):
        shop.kill("web0")
        assert [browser.ask("/").status for _ in range(10)] == [200] * 10
        shop.start_web(0)
    with proving("a sale of 20; the worker is killed, another one prints the cards"):
        sale = document("sale", serials[0], serials[1:20])
        shop.kill("worker")
        started = browser.ask(reverse("warranty:print", args=[sale.posting_id]), {})
        found = re.search(r"/runs/([0-9a-f-]+)/", started.url)
        assert found, f"no print run: {started.status} {started.url}"
        shop.start_worker()
        pdf = reverse("warranty:run_pdf", args=[found[1]])
        wait_for(lambda: browser.ask(pdf).body.startswith(b"%PDF"), "the cards are printed")
    with proving("a count, its scans answered"):
        started = browser.ask(reverse("inventory:start_count"), {"scope": "all"})
        at = re.search(r"/(\d+)/$", started.url)
        assert at, f"no count: {started.status} {started.url}"
        for serial in serials[20:25]:
            answer = browser.ask(reverse("inventory:scan", args=[at[1]]), {"scan": serial})
            assert answer.status == 200
    with proving("the stock as a file"):
        file = browser.ask(reverse("backoffice:export_stock"), {"format": "csv"})
        assert file.text.count("SN0") == 80, file.text[:300]
    with proving("gunicorn takes up new code by HUP while pages are asked for"):
        for nth in (0, 1):
            wait_for(partial(shop.is_answering, shop.web_ports[nth]), "it is back")
            os.kill(shop.running[f"web{nth}"].pid, signal.SIGHUP)
            assert [browser.ask("/").status for _ in range(10)] == [200] * 10
    with proving("public pages: one limit for all processes, a made-up address is no way past it"):
        stranger = Browser(shop)
        public = reverse("public:card", args=[uuid.uuid4()])
        asked = [
            stranger.ask(public, **{"X-Forwarded-For": f"198.51.100.{nth}"}).status
            for nth in range(RATE + 5)
        ]
        assert asked.count(429) == 5, asked


def main() -> int:
    """Exit status 1 when something does not work."""
    missing = [name for name in ("pgbouncer", "caddy") if not shutil.which(name)]
    if missing:
        names = " ".join(missing)
        print(f"Missing on this machine: sudo apt-get install {names}", file=sys.stderr)
        return 1
    shop = Shop(Pair())
    try:
        shop.pair.primary.create()
        prepare(shop)
        shop.start_all()
        morning(shop)
    except (AssertionError, NotInTime) as reason:
        print(f"NO  {reason}", file=sys.stderr)
        for log in sorted(shop.folder.glob("*.log")):
            print(f"--- {log.name}\n{log.read_text()[-1500:]}", file=sys.stderr)
        return 1
    finally:
        shop.stop()
        shop.pair.remove()
    return 0


if __name__ == "__main__":
    sys.exit(main())
