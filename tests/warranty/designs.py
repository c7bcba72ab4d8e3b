"""Designs and pictures in one line each."""

from __future__ import annotations

import io
from typing import Any

from django.utils import timezone
from PIL import Image

from company.access import access_of
from company.models import User
from warranty.design_forms import starting_values
from warranty.design_models import CardDesign
from warranty.designing import newest_design, save_design


def design(by: User, type_id: int | None = None, **changes: Any) -> CardDesign:
    """The next version of a type's cards, or of the general ones."""
    newest = newest_design(type_id)
    data = starting_values(None, language="en") | changes
    version = newest.version if newest else 0
    return save_design(type_id, data, by=access_of(by), now=timezone.now(), version=version)


def picture(
    size: tuple[int, int] = (300, 100), kind: str = "PNG", mode: str = "RGB", **more: Any
) -> bytes:
    """A picture in one colour, as a file has it."""
    written = io.BytesIO()
    Image.new(mode, size, "navy" if mode != "1" else 0).save(written, kind, **more)
    return written.getvalue()
