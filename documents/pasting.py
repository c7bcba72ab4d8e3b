"""Adding many serials to a line at once: a pasted column, or a range."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence

from django.db import connection, transaction

from company.access import Access
from products.models import Product
from serials import checking
from serials.refusals import Refusal
from serials.stock import known_serials
from serials.text import PastedColumn, SerialText, read_column

from .drafting import lock_draft
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
    So is what looks like a range: whether it is one, a person says.
    """

    added: int
    repeated: int
    refused: Sequence[Refusal]
    too_long: Sequence[str]
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
    return _add(document, line, read_column(one for one in lines if one not in meant), ranges)


@transaction.atomic
def add_range(pk: int, line_pk: int, first: str, last: str, *, by: Access) -> PasteResult:
    """Add all serials from the first to the last; a constant number of SQL statements.

    Raises WrongRange and Line.DoesNotExist.
    """
    wanted = read_range(first, last)
    document = lock_draft(pk, by=by)
    line = document.lines.select_related("product__type").get(pk=line_pk)
    return _add(document, line, read_column(wanted))


def _like_ranges(lines: Sequence[str]) -> list[LikeRange]:
    """The pasted lines that somebody may have meant as ranges."""
    return [LikeRange(line, *ends) for line in lines if (ends := looks_like_range(line))]


def add_serials(document: Document, line: Line, texts: Iterable[str]) -> PasteResult:
    """Add serials to a line of a draft that the caller has locked."""
    return _add(document, line, read_column(texts))


def _add(
    document: Document, line: Line, pasted: PastedColumn, ranges: Sequence[LikeRange] = ()
) -> PasteResult:
    # What the ledger knows was judged when it came: barcode and format may be newer.
    known = known_serials([(line.product_id, serial.key) for serial in pasted.serials])
    new = [one for one in pasted.serials if (line.product_id, one.key) not in known]
    refused = _judge_texts(new, line.product)
    wrong = {one.key for one in refused}
    fitting = [serial for serial in pasted.serials if serial.key not in wrong]
    room = max(0, MOST_PIECES - line.serials.count())
    added = _insert(line, fitting[:room])
    count = line.serials.count()
    line.quantity = max(line.quantity, count)
    line.save(update_fields=["quantity"])
    document.active_line = line
    document.save(update_fields=["active_line"])
    repeated = len(pasted.repeated) + len(fitting) - added
    return PasteResult(added, repeated, refused, pasted.too_long, ranges)


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
            ORDER BY nth
            ON CONFLICT (document_id, product_id, key) DO NOTHING
            """,
            [
                line.pk,
                line.document_id,
                line.product_id,
                [serial.text for serial in serials],
                [serial.key for serial in serials],
            ],
        )
        return int(cursor.rowcount)
