"""The terms of a card: what Markdown does and does not, what is filled in, what is refused."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.warranty.test_cards import PLAIN
from warranty.design_models import LONGEST_TEXT
from warranty.terms_text import (
    MOST_FACTS,
    MOST_LINES,
    PLACEHOLDERS,
    built_in_text,
    facts_of,
    filled,
    html_of,
    problems_of,
)


def test_paragraphs_lists_bold_italic_and_headings_are_all_there_is():
    text = "# Head\n\nOne **two** *three*\nfour\n\n3. third\n   - inner\n4. fourth"

    assert html_of(text).replace("\n", "") == (
        "<h3>Head</h3><p>One <strong>two</strong> <em>three</em><br>four</p>"
        '<ol start="3"><li>third<ul><li>inner</li></ul></li><li>fourth</li></ol>'
    )


@pytest.mark.parametrize(
    "text",
    [
        "<b>x</b>", "<img src=x>", "<script>x</script>", "</article><style>p{}</style>",
        "[a](http://x.example)", "![a](file:///etc/passwd)", "<http://x.example>", "`code`",
        "> quoted", "http://x.example", "[a]: http://x.example", "&lt;b&gt; &amp; &#60;",
        "    four blanks", "```\nfence\n```", "~~gone~~", "| a | b |\n|---|---|",
    ],
)  # fmt: skip
def test_everything_else_is_the_text_it_is(text):
    made = html_of(text)

    for tag in ("<b>", "<img", "<script", "</article", "<style", "<a", "<code", "<pre", "<blockq",
                "<del", "<table", "href", "src="):  # fmt: skip
        assert tag not in made or f"&lt;{tag[1:]}" in made or tag in {"href", "src="}
    words = made.replace("<p>", "").replace("</p>", "").replace("<br>", "").strip()
    words = words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert words.split() == text.split()


def test_every_placeholder_is_filled_in_once_and_as_text():
    facts = {name: f"<{name}> {{serial}}" for name in PLACEHOLDERS}
    text = " ".join(f"{{{name}}}" for name in PLACEHOLDERS)

    made = filled(html_of(text), facts)

    for name in PLACEHOLDERS:
        assert f"&lt;{name}&gt; {{serial}}" in made
    assert "<serial>" not in made


def test_a_card_has_a_fact_for_every_placeholder():
    facts = facts_of(PLAIN)

    assert facts.keys() == PLACEHOLDERS.keys()
    assert facts["sale_date"] == "31 Jan 2026"
    assert facts["ends_on"] == "31 Jan 2027"
    assert facts["period"] == "12 months"


def test_placeholders_may_be_bold():
    assert "<strong>x</strong>" in filled(html_of("**{sale_number}**"), {"sale_number": "x"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{price}", "{price}"),
        ("{term.__class__}", "{term.__class__}"),
        ("{{ 7*7 }}", "{ 7*7 }"),
        ("{% now 'Y' %}", "{% now 'Y' %}"),
        ("{serial!r}", "{serial!r}"),
        ("{}", "{}"),
        ("{ serial }", "Write {serial} without blanks"),
        ("a\0b", "U+0000"),
        ("a\x1bb", "U+001B"),
        ("\u202eevil", "U+202E"),
        ("\u2066evil", "U+2066"),
        ("- " * 4 + "x", "3 levels deep"),
        ("- " * 2000, "3 levels deep"),
        ("1. a\n" * MOST_LINES, "200 lines"),
        ("{serial} " * (MOST_FACTS + 1), "50 places"),
    ],
)
def test_what_is_refused_is_named(text, said):
    assert said in " ".join(problems_of(text))


@pytest.mark.parametrize(
    "text",
    ["", "plain", "{product} {serial} {customer}", "a { b", "a } b", "- a\n  - b\n    - c",
     "м'який\u00adперенос", "tab\there", built_in_text()],
)  # fmt: skip
def test_what_is_taken(text):
    assert problems_of(text) == []


HEAVY = {
    "quotes": ">" * LONGEST_TEXT,
    "stars": "*" * LONGEST_TEXT,
    "brackets": "[" * LONGEST_TEXT,
    "emphasis": "**a** " * (LONGEST_TEXT // 6),
    "crossed": "*a_ " * (LONGEST_TEXT // 4),
    "lists": "- " * (LONGEST_TEXT // 2),
    "braces": "{" * LONGEST_TEXT,
    "pairs": "{}" * (LONGEST_TEXT // 2),
}


@pytest.mark.parametrize("name", HEAVY)
def test_nothing_within_the_length_takes_long(name):
    began = time.perf_counter()
    problems_of(HEAVY[name])
    html_of(HEAVY[name])
    assert time.perf_counter() - began < 2


@given(st.text(st.sampled_from("<>&*_#-1. \n{}[]()!`\\\"'abc/:"), max_size=80))
def test_whatever_is_typed_only_the_harmless_tags_come_out(text):
    made = html_of(text)
    for tag in ("<p>", "</p>", "<br>", "<strong>", "</strong>", "<em>", "</em>", "<ol>", "</ol>",
                "<ul>", "</ul>", "<li>", "</li>", "<h3>", "</h3>"):  # fmt: skip
        made = made.replace(tag, "")
    assert "<" not in made.replace('<ol start="', "").replace('">', "")
