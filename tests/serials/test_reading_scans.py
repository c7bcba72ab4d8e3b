"""What the text of a scan carries: GS1 codes, links, barcodes, and what is none of these."""

from __future__ import annotations

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stdnum import ean

from products.gtin import is_gtin
from serials.keyboard import by_keys, layout_of
from serials.reading_scans import looks_misread, readings, shown_gtin

GTIN = "04006381333931"
GS = "\x1d"

UNIT = (GTIN, "SN-1")


@pytest.mark.parametrize(
    ("entered", "carried"),
    [
        (f"]C101{GTIN}21SN-1", UNIT),
        (f"]d201{GTIN}21SN-1", UNIT),
        (f"]Q301{GTIN}21SN-1", UNIT),
        (f"]e001{GTIN}21SN-1", UNIT),
        (f"]C1{GS}01{GTIN}21SN-1{GS}", UNIT),
        (f"  ]C101{GTIN}21SN-1\r\n", UNIT),
        (f"{GS}01{GTIN}21SN-1", UNIT),
        (f"01{GTIN}21SN-1{GS}10LOT", UNIT),
        (f"01{GTIN}10LOT{GS}21SN-1", UNIT),
        (f"01{GTIN}1729123121SN-1{GS}240X", UNIT),
        (f"]d201{GTIN}1799999921SN-1", (None, None)),  # no such month: not what GS1 prescribes
        (f"]d201{GTIN}1725023021SN-1", UNIT),  # no such day: nobody asks for it here
        (f"21SN-1{GS}01{GTIN}", UNIT),
        (f"01{GTIN}21SN-1", UNIT),
        (f"(01){GTIN}(21)SN-1", UNIT),
        (f"(01) {GTIN} (21) SN-1", UNIT),
        (f"(01){GTIN}(17)291231(10)LOT(21)SN-1", UNIT),
        (f"https://id.gs1.org/01/{GTIN}/21/SN-1", UNIT),
        (f"HTTPS://shop.example/some/where/01/{GTIN}/10/LOT/21/SN-1?17=291231&x=y", UNIT),
        ("https://id.gs1.org/01/4006381333931/21/SN-1", UNIT),
        (f"]Q1https://id.gs1.org/01/{GTIN}/21/SN-1", UNIT),
        (f"https://id.gs1.org/01/{GTIN}/21/SN%2F1", (GTIN, "SN/1")),
        (f"]C101{GTIN}", (GTIN, "4006381333931")),
        (f"(01){GTIN}", (GTIN, "4006381333931")),
        (f"https://id.gs1.org/01/{GTIN}", (GTIN, "4006381333931")),
        ("]E04006381333931", (GTIN, "4006381333931")),
        ("]E496385074", ("00000096385074", "96385074")),
        (f"]I1{GTIN}", (GTIN, GTIN)),
        ("(21)SN-1", ("", "SN-1")),
        ("]C0SN-1", ("", "SN-1")),
        ("]A0SN-1", ("", "SN-1")),
        ("SN-1", ("", "SN-1")),
        (f"A{GS}12", ("", "A12")),
        ("4006381333931", ("", "4006381333931")),
        ("(SN)-1", ("", "(SN)-1")),
        ("(1)", ("", "(1)")),
        ("(256) GB", ("", "(256) GB")),
        ("https://example.com/warranty", ("", "https://example.com/warranty")),
        ("]", ("", "]")),
        ("]Yx1", ("", "]Yx1")),
        ("356938035643809", ("", "356938035643809")),  # an IMEI
        (f"01{GTIN}", ("", f"01{GTIN}")),  # may be an IMEISV: nothing proves it a code
        ("", ("", "")),
    ],
)
def test_what_a_scan_carries(entered, carried):
    *_, found = readings(entered)
    if carried == (None, None):
        assert found.wrong
    else:
        assert not found.wrong
        assert (found.gtin, found.serial.text) == carried


@pytest.mark.parametrize(
    ("entered", "said"),
    [
        ("]C10104006381333932" + "21SN1", "check digit of the barcode 04006381333932"),
        ("(01)04006381333932(21)SN1", "check digit of the barcode 04006381333932"),
        ("https://id.gs1.org/01/04006381333932/21/SN1", "check digit"),
        ("]E04006381333932", "check digit of the barcode 4006381333932"),
        (f"]C101{GTIN}0521", "can't be read"),
        (f"]C101{GTIN}21" + "X" * 21, "can't be read"),  # no serial is cut off
        (f"]C101{GTIN}21" + "X" * 20 + "10LOT", "can't be read"),
        (f"(01){GTIN}(05)21", "can't be read"),
        (f"(01){GTIN}(21)", "can't be read"),
        (f"(01){GTIN}(21)AB()C", "can't be read"),
        (f"(01){GTIN}(21)SNЖ1", "can't be read"),
        (f"https://id.gs1.org/01/{GTIN}/21", "can't be read"),
        ("]C100106141412345678908", "neither a product nor a serial number"),
        ("(17)291231", "neither a product nor a serial number"),
    ],
)
def test_a_code_that_is_wrong_is_refused_in_words(entered, said):
    *_, found = readings(entered)
    assert said in found.wrong
    assert not found.gtin


def test_a_bare_code_may_be_a_serial_too():
    plain, code = readings(f"01{GTIN}21SN-1")
    assert (plain.serial.text, plain.gtin) == (f"01{GTIN}21SN-1", "")
    assert code.is_code


serials = st.text(string.ascii_letters + string.digits + "!%&'*+,-./:;<=>?_\"", min_size=1).map(
    lambda text: text[:20]
)
gtins = st.integers(0, 10**13 - 1).map(
    lambda number: f"{number:013}" + str(ean.calc_check_digit(f"{number:013}"))
)


@given(gtins, serials, st.sampled_from(["]C1", "]d2", "]Q3", "]e0", GS]), st.booleans())
@example("00000000000000", "0", "]C1", True)
def test_built_element_strings_are_read_back(gtin, serial, mark, has_lot):
    lot = f"10LOT{GS}" if has_lot else ""
    found, *_ = readings(f"{mark}01{gtin}{lot}21{serial}{GS}240X")
    assert (found.gtin, found.wrong) == (gtin, "")
    assert found.serial.text == serial


@given(gtins, serials)
def test_brackets_say_the_same(gtin, serial):
    found, *_ = readings(f"(01){gtin}(21){serial}")
    assert (found.gtin, found.serial.text) == (gtin, serial)


@given(st.one_of(
    st.text(),
    st.text("01234567890()]CdQe/ \x1dab"),
    st.text("01234567890abїС").map("]C101".__add__),
    st.text("/0121?=%[]:#ab").map("https://".__add__),
    st.text("()0121AЫ").map("(01)".__add__),
))  # fmt: skip
@example("https://[/01/1")
def test_reading_never_raises(entered):
    for found in readings(entered):
        assert found.note is not None
        assert not found.gtin or is_gtin(found.gtin)


@pytest.mark.parametrize(
    ("typed", "meant", "layout"),
    [
        ("ЫТ123", "SN123", "Russian"),
        ("ІТ123", "SN123", "Ukrainian"),
        ("іт-12.3", "sn-12/3", "Ukrainian"),
        ("їС1010400638133393121ІТ", "]C1010400638133393121SN", "Ukrainian"),
        ("реезыЖ..шв.01.1,17=2?21=5", "https://id/01/1?17=2&21=5", "Russian"),
        ("ФБЮ№", "A<>#", "Ukrainian or Russian"),
    ],
)
def test_a_cyrillic_layout_is_read_by_its_keys(typed, meant, layout):
    assert by_keys(typed) == meant
    assert layout_of(typed) == layout


@pytest.mark.parametrize("typed", ["SN123", "123.4", "SNЫ1", "日本Ы", ""])
def test_what_no_cyrillic_layout_typed_is_left_alone(typed):
    assert by_keys(typed) is None


def test_a_code_typed_under_a_cyrillic_layout_is_still_a_code():
    *_, found = readings(f"їС101{GTIN}21ІТ-1")
    assert (found.gtin, found.serial.text) == UNIT
    assert found.note == "Read as SN-1: the keyboard is set to Ukrainian."


def test_thirteen_digits_with_a_wrong_check_digit_look_misread():
    assert looks_misread("4006381333932")
    assert not looks_misread("4006381333931")
    assert not looks_misread("400638133393")


def test_a_gtin_is_shown_as_it_stands_on_the_box():
    assert shown_gtin(GTIN) == "4006381333931"
    assert shown_gtin("00000096385074") == "96385074"
    assert shown_gtin("10614141000415") == "10614141000415"
