"""What the serials of a product type look like."""

from __future__ import annotations

import pytest

from products.serial_format import example, fits, fits_mask, is_imei


@pytest.mark.parametrize(
    ("key", "is_one"),
    [
        ("490154203237518", True),  # the example of 3GPP TS 23.003
        ("490154203237519", False),  # wrong check digit
        ("49015420323751", True),  # 14 digits: without the check digit
        ("4901542032375181", True),  # 16 digits: IMEISV, not checked
        ("49-015420-323751-8", True),  # as it is printed
        ("49 015420 323751 8", True),
        ("49-015420-323751-9", False),
        ("49-015420-323751-81", True),
        ("4901542032375", False),
        ("49015420323751A", False),
        ("", False),
    ],
)
def test_imei(key, is_one):
    assert is_imei(key) == is_one


@pytest.mark.parametrize(
    ("mask", "key", "is_one"),
    [
        ("@@-####", "AB-1234", True),
        ("@@-####", "AB-123", False),
        ("@@-####", "A1-1234", False),
        ("sn.?", "SN.A", True),
        ("sn.?", "SNXA", False),
        ("(#+)", "(1+)", True),
    ],
)
def test_mask(mask, key, is_one):
    assert fits_mask(key, mask) == is_one


@pytest.mark.parametrize("mask", ["@@-####-#####", "SN.??", "#" * 80])
def test_an_example_fits_its_mask(mask):
    assert fits_mask(example(mask), mask)


def test_anything_fits_where_nothing_is_asked():
    assert fits("x", serial_format="any", mask="")
