"""Phones with two IMEIs, as a shop has them on its shelf."""

from __future__ import annotations

from django.utils import timezone

from company.access import access_of
from company.models import Store, User
from documents.models import Document, Kind
from documents.scan_answers import Answer, ScanResult
from documents.scan_pairs import scan_in_pairs
from documents.scanning import scan
from products.models import OnBadFormat, Product, SerialFormat
from tests.shop import draft, post

FIRST, SECOND = "352099001762000", "352099001762018"
NEXT, NEXT_SECOND = "352099001762026", "352099001762034"
THIRD = "352099001762042"


def with_imeis(product: Product) -> Product:
    """A product whose numbers are IMEIs, and nothing else."""
    kind = product.type
    kind.serial_format, kind.on_bad_format = SerialFormat.IMEI, OnBadFormat.REFUSE
    kind.save()
    return product


def take(document: Document, by: User, text: str, **chosen: object) -> ScanResult:
    """Scan a text on a draft."""
    answer = Answer(**chosen) if chosen else None
    return scan(document.pk, text, by=access_of(by), now=timezone.now(), answer=answer)


def pairs_draft(store: Store, by: User, product: Product) -> Document:
    """A receipt on which units of this product are scanned in pairs."""
    receipt = draft(Kind.RECEIPT, store, by, [])
    take(receipt, by, product.sku)
    scan_in_pairs(receipt.pk, receipt.lines.get().pk, on=True, by=access_of(by))
    return receipt


def receive_pairs(store: Store, by: User, product: Product, *numbers: str) -> Document:
    """A receipt of units by scans alone: first, second, first, second."""
    receipt = pairs_draft(store, by, product)
    for number in numbers:
        take(receipt, by, number)
    return post(receipt, by)
