"""Logos that are handed in: what is taken, made small, and refused in words."""

from __future__ import annotations

import datetime as dt
import io
import struct
import zlib

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from PIL import Image

from tests.warranty.designs import design, picture
from warranty.design_models import LARGEST_LOGO, CardLogo
from warranty.logos import LARGEST_FILE, UNUSED, forget_unused_logos, keep_logo

pytestmark = pytest.mark.django_db

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def kept(data: bytes, name: str = "logo.png") -> CardLogo:
    return keep_logo(io.BytesIO(data), name=name, size=len(data), now=timezone.now())


def said(data: bytes, name: str = "logo.png") -> str:
    with pytest.raises(ValidationError) as refused:
        kept(data, name)
    assert not CardLogo.objects.exists()
    return str(refused.value.messages[0])


@pytest.mark.parametrize(
    ("kind", "name"),
    [("PNG", "a.png"), ("JPEG", "a.jpg"), ("JPEG", "A.JPEG"), ("WEBP", "a.webp")],
)
def test_pictures_are_taken_and_made_anew(kind, name):
    logo = kept(picture(kind=kind), name)

    image = Image.open(io.BytesIO(logo.image))
    assert (image.format, image.mode) == ("PNG", "RGB")
    assert (logo.width, logo.height) == image.size == (300, 100)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "LA", "I;16"])
def test_every_way_to_write_colours_is_taken(mode):
    assert kept(picture(mode=mode) if mode != "I;16" else _deep_grey()).width


def _deep_grey() -> bytes:
    written = io.BytesIO()
    Image.new("I;16", (30, 10)).save(written, "PNG")
    return written.getvalue()


def test_what_is_transparent_is_white_paper():
    written = io.BytesIO()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(written, "PNG")
    image = Image.open(io.BytesIO(kept(written.getvalue()).image))
    assert image.getpixel((5, 5)) == (255, 255, 255)


def test_a_large_one_is_made_to_fit_and_stays_small():
    noise = Image.effect_noise((2400, 1500), 90).convert("RGB")
    written = io.BytesIO()
    noise.save(written, "JPEG", quality=20)
    logo = kept(written.getvalue(), "noise.jpg")

    assert logo.width <= 720
    assert logo.height <= 288
    assert len(logo.image) <= LARGEST_LOGO


def test_what_is_written_beside_the_picture_is_not_kept():
    exif = Image.Exif()
    exif[0x010E] = "a secret"
    assert b"secret" not in bytes(kept(picture(kind="JPEG", exif=exif), "a.jpg").image)


def test_the_same_picture_is_kept_once():
    assert kept(picture()).pk == kept(picture()).pk


@pytest.mark.parametrize("name", ["logo.svg", "logo.png", "logo.SVGZ"])
def test_an_svg_is_refused_whatever_its_name(name):
    assert "SVG" in said(SVG, name)
    assert "SVG" in said(b'<?xml version="1.0"?>' + SVG, name)


def test_a_file_that_lies_about_what_it_is_is_refused():
    assert "named png, but it is a JPEG" in said(picture(kind="JPEG"), "logo.png")
    assert "PNG, JPEG or WebP" in said(picture(kind="GIF"), "logo.gif")
    assert "no picture" in said(picture(kind="GIF"), "logo.png")
    assert "no picture" in said(b"%PDF-1.4 nothing", "logo.png")
    assert "no picture" in said(b"", "logo.png")


def test_a_damaged_file_is_refused():
    assert "damaged" in said(picture()[:40])
    assert "damaged" in said(picture(kind="JPEG")[:200], "a.jpg")
    assert "damaged" in said(picture(kind="WEBP")[:40], "a.webp")


def test_a_file_too_large_is_refused():
    assert "larger than 2 MB" in said(picture() + b"\0" * LARGEST_FILE)


def _bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is this large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1_000_000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(5000, 5000), (10_000, 10_000), (60_000, 60_000)])
def test_a_decompression_bomb_is_refused_before_it_is_opened(size):
    assert "16 million pixels" in said(_bomb(*size))


def test_a_logo_that_no_design_has_is_forgotten_after_a_day(admin):
    used, unused = kept(picture((40, 40))), kept(picture((50, 50)))
    design(admin, logo=used)

    assert forget_unused_logos(now=timezone.now()) == 0
    later = timezone.now() + UNUSED + dt.timedelta(minutes=1)
    assert forget_unused_logos(now=later) == 1
    assert CardLogo.objects.get() == used
    assert not CardLogo.objects.filter(pk=unused.pk).exists()
