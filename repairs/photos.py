"""Keeping the photos of a repair: outside the web root, under names nobody can guess.

A file is written within the transaction that records it and is gone again when that fails; a
photo that is removed loses its file once the removal is kept.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from company.access import Access
from company.rights import Right

from .models import MOST_PHOTOS, Photo, Repair
from .pictures import CONTENT_TYPE, Picture, read_picture


class PhotosClosed(Exception):
    """The repair has ended: its photos stay as they are."""


def read_pictures(files: Sequence[UploadedFile]) -> list[Picture]:
    """Check all files that were chosen. Raises ValidationError with one message for each bad one.

    Nothing is written yet, so that somebody can be told before anything else is done.
    """
    if len(files) > MOST_PHOTOS:
        raise ValidationError(_too_many(0), code="too_many")
    pictures, wrong = [], []
    for sent in files:
        try:
            pictures.append(read_picture(sent, name=sent.name or ""))
        except ValidationError as error:
            wrong.append(error)
    if wrong:
        raise ValidationError(wrong)
    return pictures


def add_photos(
    repair_id: int, pictures: Sequence[Picture], *, by: Access, now: dt.datetime, caption: str = ""
) -> list[Photo]:
    """Keep these photos with a repair: all of them or none.

    Raises Repair.DoesNotExist, PermissionDenied, PhotosClosed, and ValidationError when there
    would be too many.
    """
    photos: list[Photo] = []
    try:
        with transaction.atomic():
            repair = _lock(repair_id, by=by)
            kept = repair.photos.count()
            if kept + len(pictures) > MOST_PHOTOS:
                raise ValidationError(_too_many(kept), code="too_many")
            for picture in pictures:
                photo = Photo(
                    repair=repair,
                    caption=caption[:160],
                    content_type=CONTENT_TYPE,
                    width=picture.width,
                    height=picture.height,
                    added_by=by.user,
                    added_at=now,
                )
                photos.append(photo)
                photo.file.save(f"{uuid.uuid4().hex}.jpg", ContentFile(picture.data), save=False)
                photo.save()
    except BaseException:
        for photo in photos:
            _forget_file(photo)
        raise
    return photos


@transaction.atomic
def remove_photo(repair_id: int, photo_id: int, *, by: Access) -> None:
    """Take a photo off a repair that is open; its file goes when that is kept.

    Raises Repair.DoesNotExist, Photo.DoesNotExist, PermissionDenied, PhotosClosed.
    """
    repair = _lock(repair_id, by=by)
    photo = repair.photos.get(pk=photo_id)
    Photo.objects.filter(pk=photo.pk).delete()
    transaction.on_commit(lambda: _forget_file(photo))


def _lock(repair_id: int, *, by: Access) -> Repair:
    repair = Repair.objects.visible_to(by).select_for_update().get(pk=repair_id)
    if not (by.can(Right.TAKE_IN_REPAIR, repair.store_id) or by.can(Right.REPAIR, repair.store_id)):
        raise PermissionDenied
    if repair.has_ended:
        raise PhotosClosed
    return repair


def _forget_file(photo: Photo) -> None:
    if photo.file.name:
        photo.file.storage.delete(photo.file.name)


def _too_many(kept: int) -> str:
    if not kept:
        return _("At most %(most)s photos are kept with a repair.") % {"most": MOST_PHOTOS}
    words = ngettext(
        "At most %(most)s photos are kept with a repair; it has %(kept)s already.",
        "At most %(most)s photos are kept with a repair; it has %(kept)s already.",
        kept,
    )
    return words % {"most": MOST_PHOTOS, "kept": kept}
