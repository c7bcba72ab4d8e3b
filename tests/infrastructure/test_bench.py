"""`script/bench` with a small shop: it fills, agrees with itself, and measures every page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.django_db
def test_a_small_shop_is_filled_proved_and_every_page_of_it_measured():
    """It has a database of its own; how fast this machine is now is none of the test's business."""
    given = connection.get_connection_params()
    address = f"postgresql://{given['user']}@/{given['dbname']}?host={given.get('host', '')}"
    options = ["--serials", "1200", "--rounds", "0", "--only", "pages", "--prove"]
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks", *options],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": f"{address}&port={given.get('port') or 5432}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode in {0, 1}, ran.stderr
    assert "repairs agree." in ran.stdout, ran.stderr
    assert "broke off" not in ran.stdout, ran.stderr
    assert not re.findall(r".*answered \d+.*", ran.stdout)
    for page in ("/", "/stock/", "search: last 4 characters", "/documents/, page 1,000"):
        assert f"| {page} |" in ran.stdout
