"""What templates draw many times remembers nothing that it should not."""

from __future__ import annotations

import datetime as dt

import pytest
from django.template import engines
from django.urls import NoReverseMatch, reverse, set_script_prefix
from django.utils import timezone, translation


def drawn(text: str, **context: object) -> str:
    return engines["django"].from_string(text).render(context)


def test_a_day_is_written_in_the_language_of_who_reads_it() -> None:
    told = []
    for language in ("en", "uk", "en"):
        with translation.override(language):
            told.append(drawn("{{ it|day }}", it=dt.date(2026, 11, 29)))
    assert told == ["29 Nov 2026", "29 листопада 2026", "29 Nov 2026"]


def test_a_moment_has_the_day_of_the_store_and_nothing_is_no_day() -> None:
    late = dt.datetime(2026, 11, 28, 23, 30, tzinfo=dt.UTC)
    with translation.override("en"), timezone.override("Europe/Kyiv"):
        assert drawn("{{ it|day }}", it=late) == "29 Nov 2026"
        assert drawn("{{ it|day }}", it=None) == ""


def test_what_a_pill_says_is_text() -> None:
    assert "&lt;b&gt;" in drawn("{% pill 'sold' it %}", it="<b>")
    assert drawn("{% icon it %}", it='x"><script>').count("<") == 4


def test_an_address_is_that_of_its_id() -> None:
    """Remembered without the id, and never for another name, number of ids or script's prefix."""
    told = [drawn("{% url 'backoffice:serial' it %}", it=pk) for pk in (7, 8)]
    assert told == [reverse("backoffice:serial", args=[pk]) for pk in (7, 8)]
    set_script_prefix("/shop/")
    try:
        assert drawn("{% url 'backoffice:serial' it %}", it=7) == "/shop" + told[0]
    finally:
        set_script_prefix("/")


def test_other_addresses_are_found_as_django_finds_them() -> None:
    assert drawn("{% url 'backoffice:home' %}") == reverse("backoffice:home")
    assert drawn("{% url 'backoffice:serial' it as found %}[{{ found }}]", it="seven") == "[]"
    assert drawn("{% url 'backoffice:serial' pk=it %}", it=7) == reverse(
        "backoffice:serial", args=[7]
    )
    with pytest.raises(NoReverseMatch):
        drawn("{% url 'backoffice:serial' it %}", it="")
    with pytest.raises(NoReverseMatch):
        drawn("{% url 'backoffice:serial' it it %}", it=7)
