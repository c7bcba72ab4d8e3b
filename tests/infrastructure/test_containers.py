"""What the container files say agrees with each other and with the program.

Their form is checked by script/check (hadolint, the compose specification's schema); that these
processes work together is shown by script/topology.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

from config.embedded_postgres import PROJECT

COMPOSE = (PROJECT / "docker-compose.yml").read_text()
FOR_GUNICORN = {"WEB_CONCURRENCY"}
OPTIONS = r"(?: --(?:env|volume|entrypoint) \S+| --?[\w-]+)*"


def test_each_value_that_compose_asks_for_is_in_the_example():
    asked = set(re.findall(r"\$\{(\w+)", COMPOSE))
    offered = set(re.findall(r"^(\w+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE))
    assert asked == offered


def test_compose_sets_only_what_the_program_reads():
    environments = re.findall(r"^ +([A-Z_]+): ", COMPOSE.split("  pgbouncer:\n")[0], re.MULTILINE)
    documented = set(
        re.findall(r"^([A-Z_]+) ", (PROJECT / "config/settings.py").read_text(), re.MULTILINE)
    )
    assert {*environments} - FOR_GUNICORN - {"SITE_HOST"} <= documented | {"OWNER_DATABASE_URL"}


def test_what_is_left_empty_is_as_if_it_were_not_there():
    may_be_empty = set(re.findall(r"\$\{(\w+):-\}", COMPOSE))
    assert {"EMAIL_URL", "EMAIL_FROM", "METRICS_FROM", "PUBLIC_RATE", "REPLICA_URL"} <= may_be_empty
    program = {name: value for name, value in os.environ.items() if name not in may_be_empty}
    program |= {"SECRET_KEY": "x" * 60, "DEBUG": "0"}
    unset, empty = (_settings(program | more) for more in ({}, dict.fromkeys(may_be_empty, "")))
    assert unset == empty
    mail = _settings(program | {"EMAIL_URL": "smtp://a:b%40c@mail.example:587/?tls=1"})
    assert mail != unset


def _settings(environment: dict[str, str]) -> str:
    said = "import config.settings as s; print({k: v for k, v in vars(s).items() if k.isupper()})"
    done = subprocess.run(
        [sys.executable, "-c", said], cwd=PROJECT, env=environment, check=True, capture_output=True,
        text=True,
    )  # fmt: skip
    return re.sub(" at 0x[0-9a-f]+", "", done.stdout)


def test_pgbouncer_says_the_limits_that_the_program_asks_for_elsewhere():
    """Behind it the program's own are not heard."""
    said = (PROJECT / "deploy/pgbouncer/pgbouncer.ini").read_text()
    program = "".join(
        (PROJECT / "config" / name).read_text() for name in ("settings.py", "gunicorn.py")
    )
    for name, value, wanted in (
        ("lock_timeout", "15s", "'LOCK_TIMEOUT', '15s'"),
        ("statement_timeout", "30s", '"STATEMENT_TIMEOUT", "30s"'),
        ("idle_in_transaction_session_timeout", "60s", "idle_in_transaction_session_timeout=60s"),
    ):
        assert f"SET {name} = ''{value}''" in said
        assert wanted in program


def test_no_secret_goes_into_the_image():
    left_out = (PROJECT / ".dockerignore").read_text().splitlines()
    assert {".env", ".env.*", "var", ".git"} <= set(left_out)


def test_the_documents_run_services_that_there_are_and_no_script_in_the_image():
    """The image has no .venv: what needs one can't run there."""
    services = set(re.findall(r"^  ([a-z]+):$", COMPOSE, re.MULTILINE))
    told = "\n".join(
        page.read_text().replace("\\\n", "") for page in sorted((PROJECT / "docs").glob("*.md"))
    )
    orders = re.findall(rf"docker compose (?:run|exec){OPTIONS} (\w+)(.*)", told)
    assert len(orders) > 10
    for service, command in orders:
        assert service in services
        assert "script/" not in command
