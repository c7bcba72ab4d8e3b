"""Code 128 and QR codes: what fits, what is too fine, and what can't be one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.warranty.pdfs import codes_of
from warranty.barcodes import (
    NARROWEST_MM,
    QR_NARROWEST_MM,
    QUIET_MODULES,
    Square,
    code128,
    qr_code,
)
from warranty.rendering import lay_out

DOT = 25.4 / 203.2
PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=80)


@pytest.mark.parametrize(
    "text", ["KY1-S2026-000012", "ABCDEF-S2026-000012", "W" * 20, "352099001761481"]
)
def test_a_number_of_up_to_20_characters_fits_72_mm_in_whole_dots_of_a_thermal_printer(text):
    bars = code128(text, width_mm=72, height_mm=12, dot_mm=DOT)

    assert bars is not None
    assert bars.width_mm <= 72
    assert bars.module_mm >= 2 * DOT
    assert bars.module_mm / DOT == pytest.approx(round(bars.module_mm / DOT))


@pytest.mark.parametrize("text", ["", "СН123", "é", "½", "a\tb", "a\n", "a\0", "²³"])
def test_what_code_128_cannot_say_has_no_bars(text):
    assert code128(text, width_mm=178, height_mm=12) is None


def test_a_long_serial_too_fine_to_read_has_no_bars():
    assert code128("W" * 80, width_mm=72, height_mm=12) is None
    assert code128("7" * 80, width_mm=72, height_mm=12) is None
    assert code128("7" * 80, width_mm=130, height_mm=12) is not None


@given(PRINTABLE, st.sampled_from([62, 72, 82, 130, 178]), st.sampled_from([None, DOT]))
def test_bars_fit_their_width_and_are_never_too_fine(text, width, dot):
    bars = code128(text, width_mm=width, height_mm=12, dot_mm=dot)

    if bars is not None:
        assert bars.width_mm <= width + 1e-6
        assert bars.module_mm >= NARROWEST_MM
        assert bars.quiet_mm == QUIET_MODULES * bars.module_mm
        assert bars.uri.startswith("data:image/svg+xml;base64,")


ADDRESS = "https://warranty.shop.example/w/HJUR7hpwR0CSjGXBGxQHhA/"


@pytest.mark.parametrize("size", [20, 22, 28, 40])
def test_a_qr_code_fits_its_size_and_decodes(size):
    square = qr_code(ADDRESS, size_mm=size)

    assert square is not None
    assert square.size_mm == pytest.approx(size)
    assert square.quiet_mm == pytest.approx(4 * square.module_mm)
    assert codes_of(_printed(square)) == {ADDRESS}


def test_a_qr_code_of_a_thermal_printer_has_modules_of_whole_dots():
    square = qr_code(ADDRESS, size_mm=24, dot_mm=DOT)

    assert square is not None
    assert square.module_mm == pytest.approx(4 * DOT)
    assert 20 < square.size_mm <= 24
    assert codes_of(_printed(square)) == {ADDRESS}


def test_the_longest_public_address_still_makes_a_code_a_telephone_reads():
    longest = f"https://{'a' * 108}.ua/w/HJUR7hpwR0CSjGXBGxQHhA/"

    for dot in (None, DOT):
        square = qr_code(longest, size_mm=24, dot_mm=dot)
        assert square is not None
        assert square.module_mm >= QR_NARROWEST_MM


@pytest.mark.parametrize("text", ["", "x" * 500, "x" * 5000])
def test_nothing_and_far_too_much_have_no_qr_code(text):
    assert qr_code(text, size_mm=25) is None


@given(
    st.text(min_size=1, max_size=200), st.sampled_from([20, 25, 30]), st.sampled_from([None, DOT])
)
def test_qr_codes_fit_their_size_and_are_never_too_fine(text, size, dot):
    square = qr_code(text, size_mm=size, dot_mm=dot)

    if square is not None:
        assert square.size_mm <= size + 1e-6
        assert square.module_mm >= QR_NARROWEST_MM


def _printed(square: Square) -> bytes:
    html = f'<img src="{square.uri}" alt="">'
    return lay_out(html, "@page { size: 80mm }").write_pdf()
