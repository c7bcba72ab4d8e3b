"""Adding what a file lists to a draft: first it is shown, then added, good rows only."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction

from company.access import Access
from serials.reading_files import FileList, read_file
from serials.stock import integers, run
from serials.text import SerialText

from .drafting import last_reason, lock_draft
from .kinds import asks_reason, spec_of
from .models import Document, Line, Upload
from .sorting_rows import Listed, ListedLine, sort_rows

KEPT = dt.timedelta(days=1)
"""How long a file waits to be added."""


@dataclasses.dataclass(frozen=True, slots=True)
class Added:
    """What came of a file: serials and pieces that are on the draft now, rows that are not."""

    serials: int
    pieces: int
    bad: int


@transaction.atomic
def hold_file(
    pk: int, line_pk: int | None, *, name: str, content: bytes, by: Access, now: dt.datetime
) -> Upload:
    """Keep a file for a draft, or for one line of it, until the person has seen what it holds.

    Raises ValidationError when it can't be read as a whole, and Line.DoesNotExist.
    """
    listed = read_file(name, content)
    return keep_file(pk, line_pk, name=name, by=by, now=now, listed=listed.packed())


def keep_file(
    pk: int, line_pk: int | None, *, name: str, by: Access, now: dt.datetime, **held: object
) -> Upload:
    """Keep a file in place of the person's last one, for the caller's transaction.

    It is another row, so that neither a job nor an open page of the last one takes this for it.
    Raises Line.DoesNotExist.
    """
    document = lock_draft(pk, by=by)
    line = None if line_pk is None else document.lines.get(pk=line_pk)
    Upload.objects.filter(uploaded_at__lte=now - KEPT).delete()
    Upload.objects.filter(document=document, author=by.user).delete()
    return Upload.objects.create(
        document=document, author=by.user, line=line, name=name[:200], uploaded_at=now, **held
    )


def find_upload(document: Document, upload_pk: int, *, by: Access) -> Upload:
    """The person's own file for this draft, or Upload.DoesNotExist."""
    held = Upload.objects.select_related("line__product__type")
    return held.get(pk=upload_pk, document=document, author=by.user)


def read_upload(held: Upload, document: Document, *, now: dt.datetime) -> Listed:
    """What a file comes to as the draft is now; a constant number of statements."""
    listed = FileList.unpacked(bytes(held.listed))
    return sort_rows(document, listed, line=held.line, now=now)


@transaction.atomic
def add_uploaded(pk: int, upload_pk: int, *, by: Access, now: dt.datetime) -> Added:
    """Add the good rows of a file that is kept, once: a constant number of statements.

    Raises Upload.DoesNotExist when it was added already.
    """
    document = lock_draft(pk, by=by)
    held = find_upload(document, upload_pk, by=by)
    added = add_held(document, held, now=now)
    held.delete()
    return added


def add_held(document: Document, held: Upload, *, now: dt.datetime) -> Added:
    """Add the good rows of a file to a draft that is locked."""
    listed = read_upload(held, document, now=now)
    if listed.lines:
        lines = _lines_for(document, listed.lines)
        _insert_serials(document, lines, listed.lines)
        _update_lines(lines, listed.lines)
        document.active_line = lines[-1]
        document.save(update_fields=["active_line"])
    return Added(listed.serials, listed.pieces, len(listed.bad))


def _lines_for(document: Document, listed: Sequence[ListedLine]) -> list[Line]:
    """The line of each product in the file; new ones come behind those there are."""
    spec = spec_of(document.kind)
    last = document.lines.order_by("-position").values_list("position", flat=True).first() or 0
    remark = last_reason(document) if asks_reason(spec, None) else ""
    new = [one for one in listed if one.line is None]
    made = Line.objects.bulk_create(
        Line(
            document=document,
            product=one.product,
            position=last + nth,
            quantity=max(1, one.pieces),
            unit_price=one.product.price if spec.sells else Decimal("0.00"),
            remark=remark,
        )
        for nth, one in enumerate(new, start=1)
    )
    by_product = {line.product_id: line for line in made}
    return [one.line or by_product[one.product.pk] for one in listed]


def _insert_serials(
    document: Document, lines: Sequence[Line], listed: Sequence[ListedLine]
) -> None:
    """Put the serials of all lines on the draft, in the order of the file."""
    nothing = SerialText("", "")
    rows: list[tuple[Line, SerialText, SerialText]] = [
        (line, serial, one.seconds.get(serial.key, nothing))
        for line, one in zip(lines, listed, strict=True)
        for serial in one.serials
    ]  # fmt: skip
    run(
        """
        INSERT INTO documents_lineserial
            (line_id, document_id, product_id, text, key, second_text, second_key)
        SELECT line_id, %s, product_id, text, key, second_text, second_key
        FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[])
            WITH ORDINALITY
            AS listed (line_id, product_id, text, key, second_text, second_key, nth)
        ORDER BY nth
        ON CONFLICT (document_id, product_id, key) DO NOTHING
        """,
        [
            document.pk,
            integers(line.pk for line, *_ in rows),
            integers(line.product_id for line, *_ in rows),
            [serial.text for _, serial, _second in rows],
            [serial.key for _, serial, _second in rows],
            [second.text for *_, second in rows],
            [second.key for *_, second in rows],
        ],
    )


def _update_lines(lines: Sequence[Line], listed: Sequence[ListedLine]) -> None:
    """Raise the quantities to what is on the lines now, and set the prices that the file gives."""
    run(
        """
        UPDATE documents_line line
        SET quantity = greatest(line.quantity + listed.pieces, (
                SELECT count(*) FROM documents_lineserial WHERE line_id = line.id
            )),
            unit_price = coalesce(listed.price, line.unit_price)
        FROM unnest(%s::bigint[], %s::bigint[], %s::numeric[]) AS listed (id, pieces, price)
        WHERE line.id = listed.id
        """,
        [
            integers(line.pk for line in lines),
            # A new line has its pieces already.
            integers(one.pieces if one.line else 0 for one in listed),
            [one.price for one in listed],
        ],
    )
