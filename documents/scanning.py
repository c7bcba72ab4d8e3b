"""One scan on a draft: what the text means, and what comes of it.

A scan is a product's barcode or SKU, a serial number, or part of a product's name; where goods
come back it is a card's or a sale's number too. What fits several things is asked about, never
guessed (section 5 of the domain).
"""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from company.access import Access
from serials.text import LONGEST, read_serial

from .drafting import lock_draft
from .kinds import spec_of
from .models import TakenScan
from .scan_back import ScanBack
from .scan_on import ScanOn
from .scan_steps import Answer, Outcome, Scan, ScanResult, refused


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
    serial = read_serial(entered)
    if not serial.key:
        return refused(serial.text, _("Nothing readable was scanned. Try again."))
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
    spec = spec_of(document.kind)
    steps = ScanBack if spec.takes_back else ScanOn if spec.continues else Scan
    result = steps(document, serial, by, now).take(answer or Answer())
    if nonce is not None and result.outcome == Outcome.ACCEPTED:
        TakenScan.objects.create(nonce=nonce, document=document)
    return result
