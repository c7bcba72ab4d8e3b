"""Serial numbers of our own, for goods that come without: made on a receipt, then printed."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from company.access import Access
from company.numbering import printed_number, take_numbers

from .drafting import lock_draft
from .kinds import spec_of
from .pasting import PasteResult, add_serials

SERIES = "N"
MOST_MADE = 1_000


@transaction.atomic
def make_serials(
    pk: int, line_pk: int, count: int, *, entered: int, by: Access, now: dt.datetime
) -> PasteResult:
    """Put `count` new serial numbers of the store's own series on a line of a draft.

    `entered` is how many serials its page showed, so that a second press makes no more. A number
    taken off the draft is not used again: its label may hang on a box already. Raises
    ValidationError and Line.DoesNotExist.
    """
    document = lock_draft(pk, by=by)
    line = document.lines.select_related("product__type").get(pk=line_pk)
    if not spec_of(document.kind).brings_in or not line.product.asks_serials:
        raise ValidationError(_("Serial numbers are made only for goods that come in."))
    if not 1 <= count <= MOST_MADE:
        raise ValidationError(_("Make between 1 and %(most)s.") % {"most": MOST_MADE})
    if line.serials.count() != entered:
        raise ValidationError(_("Serial numbers were added meanwhile: look again."))
    year = document.store.date_of(now).year
    numbers = take_numbers(document.store, SERIES, year=year, count=count)
    texts = [printed_number(document.store, SERIES, year=year, number=number) for number in numbers]
    result = add_serials(document, line, texts)
    if result.refused:
        raise ValidationError(result.refused[0].message)
    return result
