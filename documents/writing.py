"""Writing a whole document at once, for what posts one as part of something greater.

A count that is closed and a repair that ends do it in the middle of a transaction of their own:

    with transaction.atomic():
        …                                    # what has to be true together with the document
        document = write_document(Kind.PARTS, store=…, lines=[NewLine(…)], by=…, now=…)

Nobody else sees the draft before it is posted, so there is nothing to lock of it. Whoever owns the
transaction runs it by `company.retrying.retried` and has the rules that PostgreSQL keeps, some of
them when the transaction ends, put into words by `posting.refusal_of`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from django.core.exceptions import PermissionDenied
from django.db import connection

from company.access import Access
from company.models import Store
from partners.models import Customer, Supplier
from partners.saving import hold_customer
from serials.stock import booleans, integers, run
from serials.text import SerialText

from .kinds import spec_of
from .models import Document
from .posting import post_locked


@dataclasses.dataclass(frozen=True, slots=True)
class NewLine:
    """One line to write: `quantity` pieces of a product, with a serial each where it has any.

    `origin_id` is the line of the sale that it brings goods back from, `card_ids` the warranty
    cards of those. Without a price it has the origin's, or that of the product where it is sold.
    """

    product_id: int
    quantity: int = 1
    serials: Sequence[SerialText] = ()
    remark: str = ""
    unit_price: Decimal | None = None
    origin_id: int | None = None
    is_defective: bool = False
    card_ids: Sequence[int] = ()


def write_document(
    kind: str,
    *,
    store: Store,
    lines: Sequence[NewLine],
    by: Access,
    now: dt.datetime,
    customer: Customer | None = None,
    supplier: Supplier | None = None,
    note: str = "",
    under_warranty: bool = False,
) -> Document:
    """Write and post a document of today inside the caller's transaction.

    Goods that come back `under_warranty` are not bound to the window for changing one's mind. A
    customer who was erased is left out, and nobody is asked for instead. The number of statements
    is the same whatever is on the lines. Raises PostingRefused with every reason, each with the
    position of its line, and PermissionDenied without the kind's right.
    """
    spec = spec_of(kind)
    if not connection.in_atomic_block:
        raise RuntimeError("write_document needs a transaction")
    if spec.continues:
        raise ValueError(f"a {kind} goes on from one document: see continuing")
    if not by.can(spec.right, store.pk):
        raise PermissionDenied
    named = hold_customer(customer.pk) if customer else None
    document = Document.objects.create(
        kind=kind,
        store=store,
        author=by.user,
        customer=named,
        supplier=supplier,
        note=note[:400],
    )
    _write_lines(document, lines, sells=spec.sells)
    _write_serials(document, lines)
    _write_cards(document, lines)
    return post_locked(
        document,
        by=by,
        now=now,
        under_warranty=under_warranty,
        of_nobody=customer is not None and named is None,
    )


def _write_lines(document: Document, lines: Sequence[NewLine], *, sells: bool) -> None:
    run(
        """
        INSERT INTO documents_line (document_id, position, product_id, quantity, is_defective,
            unit_price, remark, origin_id, unidentified, mode, sku, product_name)
        SELECT %s, line.position, line.product_id, line.quantity, line.is_defective,
               coalesce(line.unit_price, origin.unit_price, CASE WHEN %s THEN product.price END, 0),
               line.remark, line.origin_id, 0, '', '', ''
        FROM unnest(%s::bigint[], %s::int[], %s::boolean[], %s::numeric[], %s::text[],
                    %s::bigint[]) WITH ORDINALITY
            AS line (product_id, quantity, is_defective, unit_price, remark, origin_id, position)
        JOIN products_product product ON product.id = line.product_id
        LEFT JOIN documents_line origin ON origin.id = line.origin_id
        """,
        [
            document.pk,
            sells,
            integers(line.product_id for line in lines),
            integers(line.quantity for line in lines),
            booleans(line.is_defective for line in lines),
            [line.unit_price for line in lines],
            [line.remark[:200] for line in lines],
            integers(line.origin_id for line in lines),
        ],
    )


def _write_serials(document: Document, lines: Sequence[NewLine]) -> None:
    entered = [(nth, one) for nth, line in enumerate(lines, start=1) for one in line.serials]
    run(
        """
        INSERT INTO documents_lineserial (line_id, document_id, product_id, text, key)
        SELECT line.id, line.document_id, line.product_id, entered.text, entered.key
        FROM unnest(%s::int[], %s::text[], %s::text[]) WITH ORDINALITY
            AS entered (position, text, key, nth)
        JOIN documents_line line ON line.document_id = %s AND line.position = entered.position
        ORDER BY entered.nth
        """,
        [
            integers(nth for nth, _ in entered),
            [serial.text for _, serial in entered],
            [serial.key for _, serial in entered],
            document.pk,
        ],
    )


def _write_cards(document: Document, lines: Sequence[NewLine]) -> None:
    named = [(nth, card) for nth, line in enumerate(lines, start=1) for card in line.card_ids]
    if not named:
        return
    run(
        """
        INSERT INTO documents_returnedcard (line_id, card_id)
        SELECT line.id, named.card_id
        FROM unnest(%s::int[], %s::bigint[]) AS named (position, card_id)
        JOIN documents_line line ON line.document_id = %s AND line.position = named.position
        """,
        [integers(nth for nth, _ in named), integers(card for _, card in named), document.pk],
    )
