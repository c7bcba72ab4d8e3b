"""What the tests of the repair pages share."""

from __future__ import annotations

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from repairs.models import Repair
from repairs.subjects import Subject, SubjectKind
from serials.models import Serial
from tests.shop import customer, hand_back

NEW = reverse("repairs:take_in")
BOARD = reverse("repairs:board")
CHARGE = {"kind": "work", "name": "Soldering", "quantity": "2", "unit_price": "150.50"}


def said(response) -> str:
    return " ".join(response.content.decode().split())


def at(name: str, repair: Repair, *more: int) -> str:
    return reverse(f"repairs:{name}", args=[repair.pk, *more])


def subject(key: str, kind: SubjectKind = SubjectKind.SERIAL) -> str:
    return Subject(kind, Serial.objects.get(key=key).pk).code


def intake(**changed: object) -> dict[str, object]:
    return {
        "subject": subject("A"), "complaint": "Reboots", "customer": str(customer().pk), **changed
    }  # fmt: skip


def picture() -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (40, 30)).save(out, "PNG")
    return SimpleUploadedFile("front.png", out.getvalue(), "image/png")


def version(repair: Repair) -> int:
    return Repair.objects.get(pk=repair.pk).version


def hand_back_as(bench: Client, repair: Repair, technician) -> None:
    bench.post(at("decide", repair), {"payer": "warranty", "version": version(repair)})
    hand_back(repair, technician, "repaired")
