"""Logos that people hand in: looked at with suspicion, and made anew before they are kept."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import warnings
from typing import BinaryIO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from .design_models import LARGEST_LOGO, CardLogo

LARGEST_FILE = 2 * 1024 * 1024
MOST_PIXELS = 16_000_000
KINDS = {
    "png": ("PNG", "image/png"),
    "jpg": ("JPEG", "image/jpeg"),
    "jpeg": ("JPEG", "image/jpeg"),
    "webp": ("WEBP", "image/webp"),
}
"""What a file may be by its name's ending: what is found in it, and what a browser calls it."""
KEPT_SIZES = ((720, 288), (480, 192), (320, 128))
"""What a logo is made to fit into, in pixels: 70 mm at 260 dots an inch, or less if need be."""
UNUSED = dt.timedelta(days=1)
"""How long a logo that no design has is kept: somebody may be about to save it."""


def keep_logo(file: BinaryIO, *, name: str, size: int, now: dt.datetime) -> CardLogo:
    """The logo in a file, checked, made small and kept; the same one is kept once.

    Raises ValidationError for a file that is too large, is no PNG, JPEG or WebP, or is not what
    its name says.
    """
    if size > LARGEST_FILE:
        raise ValidationError(
            _("The file is larger than %(most)d MB.") % {"most": LARGEST_FILE // 1024**2}
        )
    picture = _opened(file.read(LARGEST_FILE + 1), name)
    made, (width, height) = _made_small(picture)
    logo, _is_new = CardLogo.objects.get_or_create(
        digest=hashlib.sha256(made).hexdigest(),
        defaults={"image": made, "width": width, "height": height, "added_at": now},
    )
    return logo


def _opened(data: bytes, name: str) -> Image.Image:
    """The picture in a file as plain colours on white paper."""
    ending = name.rpartition(".")[2].lower()
    if ending in {"svg", "svgz"} or data.lstrip()[:256].lower().startswith((b"<svg", b"<?xml")):
        raise ValidationError(
            _("SVG pictures are not taken: they can hold programs. Save it as PNG.")
        )
    if ending not in KINDS:
        raise ValidationError(_("Choose a PNG, JPEG or WebP picture."))
    expected = KINDS[ending][0]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data), formats=["PNG", "JPEG", "WEBP"])
        if picture.format != expected:
            raise ValidationError(
                _("The file is named %(ending)s, but it is a %(kind)s picture.")
                % {"ending": ending, "kind": picture.format}
            )
        if picture.width * picture.height > MOST_PIXELS:
            raise _too_many_pixels()
        return _flat(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except ValidationError:
        raise
    except Exception as error:  # broken files make Pillow raise whatever they please
        raise ValidationError(_("This is no picture, or it is damaged.")) from error


def _too_many_pixels() -> ValidationError:
    words = _("The picture has more than %(most)d million pixels: make it smaller.")
    return ValidationError(words % {"most": MOST_PIXELS // 1_000_000})


def _flat(picture: Image.Image) -> Image.Image:
    """Without transparency, turned as it was taken, and without anything written beside it."""
    picture.draft("RGB", KEPT_SIZES[0])  # a JPEG need not be read in full
    upright = ImageOps.exif_transpose(picture).convert("RGBA")
    upright.thumbnail((2 * KEPT_SIZES[0][0], 2 * KEPT_SIZES[0][1]))
    paper = Image.new("RGBA", upright.size, "white")
    paper.alpha_composite(upright)
    return paper.convert("RGB")


def _made_small(picture: Image.Image) -> tuple[bytes, tuple[int, int]]:
    """A PNG that is small enough to keep, and its size in pixels."""
    for fits in KEPT_SIZES:
        small = picture.copy()
        small.thumbnail(fits, Image.Resampling.LANCZOS)
        written = io.BytesIO()
        small.save(written, "PNG", optimize=True)
        if written.tell() <= LARGEST_LOGO:
            break
    return written.getvalue(), small.size


def forget_unused_logos(*, now: dt.datetime) -> int:
    """Delete the logos that were handed in but never saved with a design; how many."""
    unused = CardLogo.objects.filter(designs=None, added_at__lte=now - UNUSED)
    deleted, _by_model = unused.delete()
    return deleted
