"""The photos of a repair: kept for the store's people only, all of an upload or none of it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection
from django.urls import reverse
from PIL import Image

from company.access import access_of
from repairs.models import MOST_PHOTOS, Photo, Repair
from repairs.photos import PhotosClosed, add_photos, read_pictures, remove_photo
from tests.lasting import lasting
from tests.repairs.conftest import JUST_BEFORE, NOW
from tests.shop import hand_back, take_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@lasting(at=JUST_BEFORE)
def repair(store, cashier, sold) -> Repair:
    return take_in(store, cashier, "A", decided="warranty")


def upload(name: str = "front.jpg", colour: str = "teal") -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (120, 90), colour).save(out, "JPEG")
    return SimpleUploadedFile(name, out.getvalue(), "image/jpeg")


def kept(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def add(repair: Repair, by, *files: SimpleUploadedFile) -> list[Photo]:
    pictures = read_pictures(files or [upload()])
    return add_photos(repair.pk, pictures, by=access_of(by), now=NOW)


def url(name: str, repair: Repair, *more: int) -> str:
    return reverse(f"repairs:{name}", args=[repair.pk, *more])


def test_a_photo_is_kept_under_a_name_that_nobody_can_guess(repair, cashier, media):
    (photo,) = add(repair, cashier, upload("front.jpg"))
    (path,) = kept(media)
    assert path.name != "front.jpg"
    assert len(path.stem) == 32
    assert (photo.width, photo.height, photo.content_type) == (120, 90, "image/jpeg")


def test_the_stores_people_see_it_and_nobody_else(
    repair, cashier, technician, other_manager, stranger, client_of
):
    (photo,) = add(repair, cashier)
    for person in (cashier, technician):
        response = client_of(person).get(url("photo", repair, photo.pk))
        assert response.status_code == 200
        assert response["Content-Type"] == "image/jpeg"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "private" in response["Cache-Control"]
        assert Image.open(io.BytesIO(response.content)).size == (120, 90)
    for person in (other_manager, stranger):
        assert client_of(person).get(url("photo", repair, photo.pk)).status_code == 404


def test_a_photo_is_not_found_by_the_address_of_another_repair(
    repair, store, cashier, goods, client_of, sold
):
    other = take_in(store, cashier, "R")
    (photo,) = add(repair, cashier)
    assert client_of(cashier).get(url("photo", other, photo.pk)).status_code == 404


def test_a_photo_whose_file_is_lost_is_not_found(repair, cashier, client_of, media):
    (photo,) = add(repair, cashier)
    kept(media)[0].unlink()
    assert client_of(cashier).get(url("photo", repair, photo.pk)).status_code == 404


def test_one_file_that_is_no_picture_keeps_all_of_them_out(repair, cashier, client_of, media):
    sent = [upload(), SimpleUploadedFile("virus.jpg", b"MZ not a picture", "image/jpeg")]
    response = client_of(cashier).post(url("add_photos", repair), {"photos": sent})
    assert response.status_code == 422
    assert "virus.jpg is no picture" in response.content.decode()
    assert not kept(media)
    assert not repair.photos.exists()


def test_no_more_than_twelve_are_kept(repair, cashier, media):
    add(repair, cashier, *(upload() for _ in range(MOST_PHOTOS)))
    with pytest.raises(ValidationError, match="12 already"):
        add(repair, cashier)
    assert len(kept(media)) == MOST_PHOTOS


def test_a_transaction_that_fails_leaves_no_file(repair, cashier, media, monkeypatch):
    """As when the connection is lost after the first of two photos."""
    saved = Photo.save

    def save(photo: Photo, *args: object, **kwargs: object) -> None:
        if Photo.objects.exists():
            raise DatabaseError
        saved(photo)

    monkeypatch.setattr(Photo, "save", save)
    with pytest.raises(DatabaseError):
        add(repair, cashier, upload(), upload())
    assert not kept(media)
    assert not Photo.objects.exists()


def test_a_removed_photo_loses_its_file_once_that_is_kept(
    repair, cashier, media, django_capture_on_commit_callbacks
):
    (photo,) = add(repair, cashier)
    with django_capture_on_commit_callbacks(execute=False):
        remove_photo(repair.pk, photo.pk, by=access_of(cashier))
    assert kept(media)
    (photo,) = add(repair, cashier)
    with django_capture_on_commit_callbacks(execute=True):
        remove_photo(repair.pk, photo.pk, by=access_of(cashier))
    assert len(kept(media)) == 1
    assert not repair.photos.exists()


def test_photos_of_a_repair_that_has_ended_stay_as_they_are(repair, technician, media, client_of):
    (photo,) = add(repair, technician)
    connection.check_constraints()
    hand_back(repair, technician, "repaired")
    with pytest.raises(PhotosClosed):
        add(repair, technician)
    with pytest.raises(PhotosClosed):
        remove_photo(repair.pk, photo.pk, by=access_of(technician))
    response = client_of(technician).post(url("remove_photo", repair, photo.pk), follow=True)
    assert "its photos stay as they are" in response.content.decode()
    assert len(kept(media)) == 1


def test_who_neither_takes_in_nor_repairs_adds_none(repair, storekeeper, other_manager):
    with pytest.raises(PermissionDenied):
        add(repair, storekeeper)
    with pytest.raises(Repair.DoesNotExist):
        add(repair, other_manager)


def test_choosing_nothing_says_so(repair, cashier, client_of):
    response = client_of(cashier).post(url("add_photos", repair), {})
    assert response.status_code == 422
    assert "Choose the photos first" in response.content.decode()
