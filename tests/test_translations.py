"""Every text of the program is translated, and compiled as the sources say."""

from __future__ import annotations

import gettext
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from products.models import Period

SOURCES = sorted(Path(settings.BASE_DIR, "locale").glob("*/LC_MESSAGES/*.po"))


def catalogue(compiled: Path) -> dict[object, str]:
    with compiled.open("rb") as file:
        return dict(gettext.GNUTranslations(file)._catalog)


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_what_is_compiled_is_what_the_source_says(source, tmp_path):
    """After a change of a .po: script/messages."""
    fresh = tmp_path / "fresh.mo"
    subprocess.run(["msgfmt", "--check", "-o", fresh, source], check=True, timeout=60)

    assert catalogue(source.with_suffix(".mo")) == catalogue(fresh)


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_every_text_of_a_source_is_translated(source):
    done = subprocess.run(
        ["msgfmt", "--statistics", "-o", "/dev/null", source],
        capture_output=True,
        check=True,
        timeout=60,
        env={"LC_ALL": "C"},
    )
    assert b"untranslated" not in done.stderr
    assert b"fuzzy" not in done.stderr


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_every_text_of_the_program_is_in_the_source(source, tmp_path):
    """Collected anew there is nothing that the source does not have: script/messages."""
    root = Path(settings.BASE_DIR)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "*.py", "*.html", "*.txt"],
        cwd=root, capture_output=True, check=True, timeout=60, text=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if not name.startswith(("tests/", "benchmarks/")) and (root / name).exists():
            copy = tmp_path / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, copy)
    collected = tmp_path / source.relative_to(root)
    collected.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, collected)
    environment = {name: text for name, text in os.environ.items() if "DJANGO" not in name}
    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "--all", "--no-obsolete", "--no-wrap"],
        cwd=tmp_path, check=True, timeout=120, capture_output=True, env=environment,
    )  # fmt: skip
    for choice in ("--untranslated", "--only-fuzzy"):
        missing = subprocess.run(
            ["msgattrib", "--no-obsolete", "--no-wrap", choice, collected],
            capture_output=True, check=True, timeout=60, text=True,
        ).stdout  # fmt: skip
        assert re.findall(r'^msgid "(.+)"$', missing, re.MULTILINE) == [], choice


def test_there_is_a_source():
    assert SOURCES


@pytest.mark.parametrize(
    ("count", "unit", "words"),
    [
        (1, "days", "1 день"), (3, "days", "3 дні"), (14, "days", "14 днів"),
        (21, "days", "21 день"),
        (1, "weeks", "1 тиждень"), (2, "weeks", "2 тижні"), (12, "weeks", "12 тижнів"),
        (1, "months", "1 місяць"), (24, "months", "24 місяці"), (36, "months", "36 місяців"),
        (1, "years", "1 рік"), (2, "years", "2 роки"), (5, "years", "5 років"),
        (11, "years", "11 років"),
    ],
)  # fmt: skip
def test_periods_are_counted_as_ukrainian_counts(count, unit, words):
    with translation.override("uk"):
        assert str(Period(count, unit)) == words
