"""Serial text: what is kept and what is compared."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serials.text import LONGEST, read_column, read_serial, serial_key


@pytest.mark.parametrize(
    ("entered", "key"),
    [
        ("sn123", "SN123"),
        ("  SN 1   2 ", "SN 1 2"),
        ("000123", "000123"),
        ("ＳＮ１２", "SN12"),
        ("SN\u200b1\u00ad2\ufeff", "SN12"),
        ("SN\x001\x1b2", "SN12"),
        ("A\tB", "A B"),
        ("A\u00a0B", "A B"),
        ("straße", "STRASSE"),
        ("ﬁ1", "FI1"),
        ("\u202eabc", "ABC"),
        ("A1\ufe0f", "A1"),
        ("A\u034f1\u115f", "A1"),
        ("\u3164\u2800", ""),
        ("", ""),
        ("\u200b \t", ""),
    ],
)
def test_key(entered, key):
    assert serial_key(entered) == key


@given(st.text(max_size=100))
def test_key_of_a_key_is_the_key(text):
    key = serial_key(text)
    assert serial_key(key) == key


@given(st.text(max_size=100))
def test_what_is_kept_is_visible_and_leads_to_the_same_key(text):
    serial = read_serial(text)
    assert serial.text == serial.text.strip()
    assert not any(unicodedata.category(sign).startswith("C") for sign in serial.text + serial.key)
    assert serial_key(serial.text) == serial.key


def test_column_keeps_order_and_counts_a_repeated_serial_once():
    column = read_column(["b1", " ", "A1", "B1 ", "a2", "x" * (LONGEST + 1)])

    assert [serial.text for serial in column.serials] == ["b1", "A1", "a2"]
    assert column.repeated == ("B1",)
    assert len(column.too_long) == 1
