"""What people send as photos: only pictures are kept, upright, small enough, and nothing else."""

from __future__ import annotations

import io
import zlib

import pytest
from PIL import Image

from repairs.pictures import LONGEST_SIDE, MOST_BYTES, PictureRefused, read_picture

ORIENTATION, MAKER, GPS = 0x0112, 0x010F, 0x8825


def picture(format: str = "JPEG", size: tuple[int, int] = (60, 40), **how: object) -> bytes:
    """A picture whose left half is red and whose right half is blue."""
    image = Image.new(str(how.pop("mode", "RGB")), size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    out = io.BytesIO()
    image.save(out, format, **how)
    return out.getvalue()


def kept(data: bytes) -> Image.Image:
    found = read_picture(io.BytesIO(data), name="photo.jpg")
    image = Image.open(io.BytesIO(found.data))
    assert (image.format, image.size) == ("JPEG", (found.width, found.height))
    return image


def code_of(data: bytes) -> str:
    with pytest.raises(PictureRefused) as refused:
        read_picture(io.BytesIO(data), name="photo.jpg")
    assert "photo.jpg" in refused.value.message
    return str(refused.value.code)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_a_picture_of_each_format_is_kept_as_jpeg(format):
    assert kept(picture(format)).size == (60, 40)


def test_a_large_picture_is_made_smaller_and_keeps_its_shape():
    assert kept(picture(size=(4200, 2100))).size == (LONGEST_SIDE, LONGEST_SIDE // 2)


def test_where_and_with_what_it_was_taken_is_not_kept():
    exif = Image.Exif()
    exif[MAKER] = "Secretive Phones"
    exif.get_ifd(GPS)[1] = "N"
    data = picture(exif=exif)
    assert b"Secretive" in data
    found = kept(data)
    assert b"Secretive" not in read_picture(io.BytesIO(data)).data
    assert not found.getexif()


def test_a_comment_or_a_second_file_behind_the_picture_is_not_kept():
    data = picture(comment=b"hidden words") + b"<script>hidden words</script>"
    assert b"hidden" not in read_picture(io.BytesIO(data)).data


def test_a_picture_taken_sideways_is_kept_upright():
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # the camera was turned: what is left in the file is on top
    found = kept(picture(size=(600, 400), exif=exif))
    assert found.size == (400, 600)
    assert found.getpixel((200, 40))[0] > 200
    assert found.getpixel((200, 560))[2] > 200


def test_what_is_transparent_becomes_white():
    image = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    out = io.BytesIO()
    image.save(out, "PNG")
    assert kept(out.getvalue()).getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("format", ["GIF", "TIFF", "BMP"])
def test_other_kinds_of_pictures_are_refused(format):
    assert code_of(picture(format)) == "unreadable"


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"MZ" * 40,
        b"\xff\xd8\xff\xe0junk",
    ],
)
def test_a_file_that_only_pretends_is_refused(data):
    assert code_of(data) == "unreadable"


def test_heic_is_refused_in_words():
    assert code_of(b"\0\0\0\x18ftypheic" + b"\0" * 40) == "heic"


def test_an_empty_file_and_one_too_large_are_refused():
    assert code_of(b"") == "empty"
    assert code_of(b"\xff\xd8" + b"\0" * MOST_BYTES) == "too_large"


@pytest.mark.parametrize("side", [8_000, 12_000, 60_000])
def test_a_bomb_of_pixels_is_refused_before_it_is_unpacked(side):
    """A few bytes that say they are many million pixels."""
    header = side.to_bytes(4) * 2 + b"\x08\x02\0\0\0"

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)

    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    assert code_of(data) in {"too_many_pixels", "unreadable"}
