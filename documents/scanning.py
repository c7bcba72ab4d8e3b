"""One scan on a draft: what the text means, and what comes of it.

A scan is a product's barcode or SKU, a serial number, or part of a product's name; a GS1 code
gives product and serial at once; where goods come back it is a card's or a sale's number too.
What fits several things is asked about, never guessed (section 5 of the domain).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from company.access import Access
from products.finding import no_product_words, product_with_gtin
from serials.reading_scans import Reading, readings, shown_gtin
from serials.scanned import read_scan
from serials.text import LONGEST, read_serial
from warranty.queries import cards_numbered
from warranty.scanned_cards import number_of_card

from .drafting import lock_draft
from .kinds import spec_of
from .models import Document, TakenScan
from .scan_answers import Answer, Outcome, ScanResult, refused
from .scan_back import ScanBack
from .scan_on import ScanOn
from .scan_steps import Scan
from .supplying import propose_supplier


@transaction.atomic
def scan(
    pk: int,
    entered: str,
    *,
    by: Access,
    now: dt.datetime,
    nonce: uuid.UUID | None = None,
    answer: Answer | None = None,
) -> ScanResult:
    """Take one scan into a draft.

    `nonce` names the scan: the same one again, after a lost answer, changes nothing.
    `answer` answers an earlier question about the same text.
    """
    document = lock_draft(pk, by=by)
    answer = answer or Answer()
    if not spec_of(document.kind).takes_back and (number := number_of_card(entered)):
        words = _("This is the warranty card %(number)s. Scan the unit itself.")
        return refused(number, words % {"number": number})
    reading = _read(entered, answer)
    serial = reading.serial
    if not serial.key:
        return refused(serial.text, _("Nothing readable was scanned. Try again."))
    if reading.wrong:
        return refused(serial.text[:LONGEST], reading.wrong)
    if len(serial.key) > LONGEST or len(serial.text) > LONGEST:
        shown = serial.text[:20] + "…"
        return refused(
            shown,
            ngettext(
                "%(length)d character is too long: a serial number has at most %(most)d.",
                "%(length)d characters are too long: a serial number has at most %(most)d.",
                len(serial.text),
            )
            % {"length": len(serial.text), "most": LONGEST},
        )
    if nonce is not None and TakenScan.objects.filter(pk=nonce).exists():
        return ScanResult(
            Outcome.REPEATED, serial.text, _("This scan was already taken; it counts once.")
        )
    result = _taken(document, reading, by, now, answer)
    if result.is_new_line and result.product:
        result = dataclasses.replace(result, supplier=propose_supplier(document, result.product))
    if reading.note:
        said = f"{reading.note} {result.warning}".strip()
        result = dataclasses.replace(result, warning=said)
    if nonce is not None and result.outcome == Outcome.ACCEPTED:
        TakenScan.objects.create(nonce=nonce, document=document)
    return result


def _read(entered: str, answer: Answer) -> Reading:
    """How the text is meant; of what a question was answered with, as it stands.

    The address in a warranty card's QR code means the card.
    """
    if answer.product_id is not None or answer.origin_id is not None:
        return readings(entered)[0]
    return read_scan(number_of_card(entered) or entered, also=[cards_numbered])


def _taken(
    document: Document, reading: Reading, by: Access, now: dt.datetime, answer: Answer
) -> ScanResult:
    if reading.gtin:
        product = product_with_gtin(reading.gtin)
        if product is None:
            return refused(reading.serial.text, no_product_words(shown_gtin(reading.gtin)))
        if not product.asks_serials:
            reading = dataclasses.replace(reading, serial=read_serial(shown_gtin(reading.gtin)))
        elif reading.is_unit:
            answer = Answer(product.pk, as_serial=True)
    spec = spec_of(document.kind)
    steps = ScanBack if spec.takes_back else ScanOn if spec.continues else Scan
    return steps(document, reading, by, now).take(answer)
