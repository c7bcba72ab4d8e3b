"""The compiled translations are those of the sources, and their words for periods are right."""

from __future__ import annotations

import gettext
import subprocess
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
