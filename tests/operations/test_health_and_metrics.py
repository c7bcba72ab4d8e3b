"""What machines ask: is it alive, is it able to work, how much was done."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from tests.books import refusals_of
from tests.shop import draft, post, receive, sell

pytestmark = pytest.mark.django_db


def heartbeat(seconds_ago: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - make_interval(secs => %s))",
            [seconds_ago],
        )


def wrong(client) -> dict[str, str]:
    answer = client.get("/health/ready")
    found = answer.json()["wrong"]
    assert answer.status_code == (503 if found else 200)
    return found


def test_alive_asks_nothing(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/health/live").json() == {"status": "ok"}


def test_ready_names_what_is_wrong(client, settings, tmp_path):
    assert wrong(client) == {"jobs": "no worker"}
    heartbeat(seconds_ago=3_600)
    assert wrong(client)["jobs"].startswith("no worker for 36")
    heartbeat(seconds_ago=5)
    assert wrong(client) == {}
    MigrationRecorder(connection).record_unapplied("serials", "0001_initial")
    assert wrong(client) == {"migrations": "1 not applied"}
    MigrationRecorder(connection).record_applied("serials", "0001_initial")
    settings.DISKS, settings.DISK_FREE_MB = {"files": str(tmp_path / "later")}, 10**9
    assert wrong(client) == {"disk": "less than 1000000000 MB free: files"}
    assert client.get("/health/ready?leave_out=disk").status_code == 200


def test_a_monitor_asks_by_any_name_and_nobody_else_does(client, settings):
    """Prometheus asks each container by its address; a mailed link never has a stranger's host."""
    settings.ALLOWED_HOSTS = ["shop.example", "127.0.0.1"]
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]
    settings.METRICS_TOKEN, settings.TRUSTED_PROXIES = "a-long-token", 1
    for host in ("web:8000", "172.20.0.5:8000", "shop.example"):
        assert client.get("/health/live", headers={"Host": host}).status_code == 200
        assert figures(client, headers={"Host": host, "Authorization": "Bearer a-long-token"})
        assert client.get("/metrics", headers={"Host": host}).status_code == 404
    for path in ("/sign-in/forgotten/", "/sign-in/", "/health/", "/health/live/", "/metrics/"):
        answer = client.get(path, secure=True, headers={"Host": "web:8000"})
        assert answer.status_code == 400, path


def figures(client, **asking) -> dict[str, float]:
    answer = client.get("/metrics", **asking)
    assert answer.status_code == 200
    lines = answer.content.decode().splitlines()
    pairs = [line.rsplit(" ", 1) for line in lines if line and not line.startswith("#")]
    return {name: float(value) for name, value in pairs}


def test_the_figures_are_for_the_token_or_an_allowed_address(client, settings):
    assert client.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "a-long-token"
    assert client.get("/metrics").status_code == 404
    for given in ("Bearer wrong", "Bearer ", "a-long-tokem"):
        assert client.get("/metrics", headers={"Authorization": given}).status_code == 404
    assert figures(client, headers={"Authorization": "Bearer a-long-token"})
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
    import ipaddress

    settings.METRICS_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]
    assert figures(client)
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.7").status_code == 404


def test_what_was_done_is_counted(
    client, store, manager, goods, settings, django_capture_on_commit_callbacks
):
    settings.METRICS_TOKEN = "a-long-token"
    asking = {"headers": {"Authorization": "Bearer a-long-token"}}
    before = figures(client, **asking)
    with django_capture_on_commit_callbacks(execute=True):
        receive(store, manager, (goods.strict, ["SN-1", "SN-2"]))
        sell(store, manager, (goods.strict, ["SN-1"]))
    wrong_one = draft("sale", store, manager, [(goods.strict, ["SN-1", "SN-9"])])
    refused = {code for code, _line, _serial in refusals_of(lambda: post(wrong_one, manager))}
    client.post("/sign-in/", {"username": "manager", "password": "wrong"})
    client.get("/no/such/address")
    client.get("/nor/this/one")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status, scheduled_at)"
            " VALUES ('q', 't', 'todo', now() - interval '90 s'), ('q', 't', 'failed', NULL)"
        )
    after = figures(client, **asking)

    def more(name: str) -> float:
        return after[name] - before.get(name, 0)

    assert more('unitbook_documents_posted_total{kind="receipt"}') == 1
    assert more('unitbook_documents_posted_total{kind="sale"}') == 1
    assert refused
    for code in refused:
        assert more(f'unitbook_refusals_total{{code="{code}"}}') == 1
    assert more("unitbook_sign_in_failures_total") == 1
    gone = 'unitbook_requests_total{method="GET",route="unknown",status="404"}'
    assert more(gone) == 2
    assert not [name for name in after if "/no/such" in name]
    assert more('unitbook_request_seconds_count{route="company:sign_in"}') == 1
    assert after['unitbook_jobs{state="waiting"}'] == 1
    assert after['unitbook_jobs{state="failed"}'] == 1
    assert 90 <= after["unitbook_jobs_oldest_waiting_seconds"] < 120
    assert after["unitbook_database_up"] == 1
    assert after['unitbook_database_connections{state="active"}'] >= 1
