"""Adding many serials to a line at once: a pasted column, or a range."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence

from django.db import connection, transaction

from company.access import Access
from products.finding import no_product_words
from products.models import Product
from serials import checking
from serials.reading_scans import SEPARATOR, shown_gtin
from serials.refusals import Refusal, refusal
from serials.scanned import read_scans
from serials.stock import known_serials
from serials.text import SerialText, read_column, tidy

from .drafting import lock_draft
from .look_alikes import alike_notes
from .models import MOST_PIECES, Document, Line
from .ranges import looks_like_range, read_range


@dataclasses.dataclass(frozen=True, slots=True)
class LikeRange:
    """A pasted line that looks like a range, and its two ends."""

    text: str
    first: str
    last: str


@dataclasses.dataclass(frozen=True, slots=True)
class PasteResult:
    """What came of a pasted column: how many were added, and which were not, each with why.

    `repeated` were in the column twice or on the document already and count once. What was
    refused or too long is handed back, so that it can be mended; the good ones are on the line.
    `notes` are what a person should look at though it was taken. What looks like a range is
    handed back too: whether it is one, a person says.
    """

    added: int
    repeated: int
    refused: Sequence[Refusal]
    too_long: Sequence[str]
    notes: Sequence[str] = ()
    ranges: Sequence[LikeRange] = ()

    @property
    def left_over(self) -> str:
        """The serials that were not taken, one a line."""
        refused = [one.serial or "" for one in self.refused]
        return "\n".join([*(one.text for one in self.ranges), *refused, *self.too_long])


@transaction.atomic
def paste_serials(
    pk: int, line_pk: int, column: str, *, by: Access, as_written: bool = True
) -> PasteResult:
    """Add serials, one a line of `column`; a constant number of SQL statements.

    Where the units lie is not judged here but beside the line and at posting, so that a column
    with one bad serial does not have to be pasted again. What looks like a range is taken only
    `as_written`, and never as the serials between its ends. Raises Line.DoesNotExist.
    """
    document = lock_draft(pk, by=by)
    line = document.lines.select_related("product__type").get(pk=line_pk)
    lines = re.split(r"\r\n|\r|\n", column)
    ranges = [] if as_written else _like_ranges(lines)
    meant = {one.text for one in ranges}
    return _add(document, line, [one for one in lines if one not in meant], ranges)


@transaction.atomic
def add_range(pk: int, line_pk: int, first: str, last: str, *, by: Access) -> PasteResult:
    """Add all serials from the first to the last; a constant number of SQL statements.

    Raises WrongRange and Line.DoesNotExist.
    """
    wanted = list(read_range(first, last))
    document = lock_draft(pk, by=by)
    line = document.lines.select_related("product__type").get(pk=line_pk)
    return _add(document, line, wanted)


def _like_ranges(lines: Sequence[str]) -> list[LikeRange]:
    """The pasted lines that somebody may have meant as ranges."""
    return [LikeRange(line, *ends) for line in lines if (ends := looks_like_range(line))]


def add_serials(document: Document, line: Line, texts: Iterable[str]) -> PasteResult:
    """Add serials to a line of a draft that the caller has locked."""
    return _add(document, line, list(texts))


def _add(
    document: Document, line: Line, column: Sequence[str], ranges: Sequence[LikeRange] = ()
) -> PasteResult:
    texts, wrong_codes, notes = _read_codes(column, line.product)
    pasted = read_column(texts)
    # What the ledger knows was judged when it came: barcode and format may be newer.
    known = known_serials([(line.product_id, serial.key) for serial in pasted.serials])
    new = [one for one in pasted.serials if (line.product_id, one.key) not in known]
    refused = _judge_texts(new, line.product)
    wrong = {one.key for one in refused}
    # The document names a unit by its own number, whichever of the two was pasted.
    fitting = [
        known[unit].own if (unit := (line.product_id, serial.key)) in known else serial
        for serial in pasted.serials
        if serial.key not in wrong
    ]
    room = max(0, MOST_PIECES - line.serials.count())
    added = _insert(line, fitting[:room])
    new_texts = {(line.product_id, one.key): one.text for one in new if one.key not in wrong}
    notes += alike_notes(document, new_texts)
    count = line.serials.count()
    line.quantity = max(line.quantity, count)
    line.save(update_fields=["quantity"])
    document.active_line = line
    document.save(update_fields=["active_line"])
    repeated = len(pasted.repeated) + len(fitting) - added
    return PasteResult(added, repeated, [*wrong_codes, *refused], pasted.too_long, notes, ranges)


def _read_codes(
    column: Sequence[str], product: Product
) -> tuple[list[str], list[Refusal], list[str]]:
    """The serials of a column, also out of GS1 codes; the codes that are of something else, or
    of nothing; and how some were read: two statements, and only where there are such codes.
    """
    read = [
        (_kept(line), reading) for line, reading in zip(column, read_scans(column), strict=True)
    ]
    others = {one.gtin for _line, one in read if one.gtin} - {product.gtin14}
    names: dict[str | None, str] = {}
    if others:
        rows = Product.objects.filter(gtin14__in=others)
        names = dict(rows.values_list("gtin14", "name"))
    texts, wrong = [], []
    for line, reading in read:
        if reading.wrong:
            wrong.append(Refusal(None, line, "bad_code", reading.wrong))
        elif reading.gtin not in others:
            texts.append(reading.serial.text)
        elif other := names.get(reading.gtin):
            told = refusal("other_barcode", serial=reading.serial, other=other)
            wrong.append(dataclasses.replace(told, serial=line, key=None))
        else:
            words = no_product_words(shown_gtin(reading.gtin))
            wrong.append(Refusal(None, line, "no_such_barcode", words))
    notes = list(dict.fromkeys(reading.note for _line, reading in read if reading.note))
    return texts, wrong, notes


def _kept(line: str) -> str:
    """A line as it is handed back: with the separators that its code needs."""
    return SEPARATOR.join(map(tidy, line.split(SEPARATOR)))


def _judge_texts(serials: Sequence[SerialText], product: Product) -> list[Refusal]:
    judged = (checking.check_text(serial, product, refuse_only=True) for serial in serials)
    return [wrong for wrong in judged if wrong]


def _insert(line: Line, serials: Sequence[SerialText]) -> int:
    """Insert the serials that are not on the document yet; how many that were."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO documents_lineserial (line_id, document_id, product_id, text, key)
            SELECT %s, %s, %s, text, key
            FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS pasted (text, key, nth)
            WHERE NOT EXISTS (
                SELECT FROM documents_lineserial had
                WHERE had.document_id = %s AND had.product_id = %s
                  AND had.second_key = pasted.key AND had.second_key <> ''
            )
            ORDER BY nth
            ON CONFLICT (document_id, product_id, key) DO NOTHING
            """,
            [
                line.pk,
                line.document_id,
                line.product_id,
                [serial.text for serial in serials],
                [serial.key for serial in serials],
                line.document_id,
                line.product_id,
            ],
        )
        return int(cursor.rowcount)
