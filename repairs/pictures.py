"""Pictures as people send them, made fit to be kept: JPEG, upright, not too large, nothing else.

Pure but for Pillow. What is kept is drawn anew from the pixels, so that neither the place where
it was taken nor anything hidden in the file gets past here.
"""

from __future__ import annotations

import dataclasses
import io
import struct
import zlib
from typing import Protocol

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 50_000_000
"""A picture of more takes too much memory to open; phones make 12 to 50 million."""
LONGEST_SIDE = 2000
"""Pixels: what a picture is made smaller to."""
QUALITY = 85
CONTENT_TYPE = "image/jpeg"
ACCEPTED = "image/jpeg,image/png,image/webp"
"""For the `accept` of a file field."""

_FORMATS = ("JPEG", "PNG", "WEBP")
_KNOWN = {*_FORMATS, "MPO"}  # a JPEG with a second picture in it, as some phones make
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif"}
_UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)
"""What Pillow raises for files that are broken, or made to break it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG that may be kept: its bytes, and its size in pixels."""

    data: bytes
    width: int
    height: int


class Readable(Protocol):
    """A file that bytes are read from."""

    def read(self, size: int, /) -> bytes: ...


def read_picture(file: Readable, *, name: str = "") -> Picture:
    """Check a file by opening it, and draw it anew.

    Raises ValidationError that says, in words, why a file is no picture that can be kept.
    """
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise _refused("too_large", _("%(name)s is larger than 10 MB: choose a smaller one."), name)
    if not data:
        raise _refused("empty", _("%(name)s is empty."), name)
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        words = _(
            "%(name)s is a HEIC picture, which browsers don't show. Set the phone's camera to "
            "“most compatible”, or send it as JPEG."
        )
        raise _refused("heic", words, name)
    try:
        return _drawn_anew(data, name)
    except _UNREADABLE as error:
        words = _("%(name)s is no picture that can be read: choose a JPEG, PNG or WebP.")
        raise _refused("unreadable", words, name) from error


def _drawn_anew(data: bytes, name: str) -> Picture:
    with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
        if image.format not in _KNOWN:
            raise OSError(image.format)
        if image.width * image.height > MOST_PIXELS:
            words = _("%(name)s has more than 50 million pixels: choose a smaller one.")
            raise _refused("too_many_pixels", words, name)
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is read smaller at once
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        flat = _on_white(upright)
        out = io.BytesIO()
        flat.save(out, "JPEG", quality=QUALITY, optimize=True)
        return Picture(out.getvalue(), flat.width, flat.height)


def _on_white(image: Image.Image) -> Image.Image:
    """Without transparency, and as a new picture: nothing of the file but its pixels."""
    seen = image.convert("RGBA")
    flat = Image.new("RGB", seen.size, "white")
    flat.paste(seen, mask=seen.getchannel("A"))
    return flat


class PictureRefused(ValidationError):
    """A file that is not kept; the message says which, and why."""


def _refused(code: str, words: object, name: str) -> PictureRefused:
    called = name[-60:] or str(_("The file"))
    return PictureRefused(str(words) % {"name": called}, code=code)
