"""Changing the accounting of goods in stock: out of every store, changed, and in again, at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from company.access import Access
from company.retrying import retried
from products.models import Product
from products.modes import Mode
from serials.refusals import PostingRefused, Refusal
from serials.stock import integers, run

from .accounting_plan import AccountingRefused, Plan, Serials, make_plan
from .accounting_stock import Pile, Problem, read_situation
from .models import Document, Kind, Line
from .posting import post_locked, refusal_of


class MovedMeanwhile(Exception):
    """Goods moved, or the product was changed, after the person looked; nothing was written."""


def change_accounting(
    pk: int,
    *,
    mode: str,
    texts: Mapping[int, str],
    seen: str,
    by: Access,
    now: dt.datetime,
) -> list[Document]:
    """Account all goods of a product by another mode, in one transaction; the documents.

    For each store a return to the supplier, then the change, then for each store a receipt, with
    the serials that `texts` has for its places, one a line. `seen` is the situation the person
    saw. Raises MovedMeanwhile, AccountingRefused with every reason, Product.DoesNotExist,
    PermissionDenied.
    """
    if not by.user.is_admin:
        raise PermissionDenied
    try:
        return retried(lambda: _change(pk, mode=mode, texts=texts, seen=seen, by=by, now=now))
    except IntegrityError as error:
        refused = refusal_of(error)
        if not isinstance(refused, PostingRefused):
            raise
        problems = [Problem(one.message) for one in refused.refusals]
        raise AccountingRefused(problems) from error


@transaction.atomic
def _change(
    pk: int, *, mode: str, texts: Mapping[int, str], seen: str, by: Access, now: dt.datetime
) -> list[Document]:
    # Postings take the row FOR SHARE: from here on nothing of this product moves but by us.
    product = (
        Product.objects.select_related("type")
        .select_for_update(of=("self",), no_key=True)
        .get(pk=pk)
    )
    situation = read_situation(product)
    if situation.seen != seen:
        raise MovedMeanwhile
    plan = make_plan(situation, mode, texts)
    words = _words(plan)
    out = _drafts(plan, Kind.SUPPLIER_RETURN, plan.leaving, words=words, by=by)
    _post(out, by=by, now=now)
    product.mode = mode
    product.version += 1
    product.save(update_fields=["mode", "version", "updated_at"])
    back = _drafts(plan, Kind.RECEIPT, plan.coming, words=words, by=by)
    _acknowledge(plan, out, back)
    _post(back, by=by, now=now)
    return [*(draft.document for draft in out), *(draft.document for draft in back)]


class _Draft(NamedTuple):
    """The draft of one store, with its piles by the number of their line."""

    document: Document
    piles: Mapping[int, Pile]


class _Words(NamedTuple):
    reason: str
    note: str


def _words(plan: Plan) -> _Words:
    """What the documents say of themselves, on each line and as their note."""
    before, after = Mode(plan.situation.product.mode).label, plan.mode.label
    facts = {"before": before, "after": after, "product": plan.situation.product.name}
    reason = _("Change of accounting: %(before)s → %(after)s") % facts
    note = _("By the assistant that changes the accounting of %(product)s. Nothing left the store.")
    return _Words(reason[:200], (note % facts)[:400])


def _drafts(plan: Plan, kind: Kind, serials: Serials, *, words: _Words, by: Access) -> list[_Draft]:
    """A draft for each store, with a line for each of its piles: three statements."""
    by_store: dict[int, list[Pile]] = {}
    for pile in plan.situation.piles:
        by_store.setdefault(pile.place.store_id or 0, []).append(pile)
    documents = Document.objects.bulk_create(
        Document(
            kind=kind,
            store=piles[0].place.store,
            author=by.user,
            is_opening=True,
            note=words.note,
        )
        for piles in by_store.values()
    )
    drafts = [
        _Draft(document, dict(enumerate(piles, start=1)))
        for document, piles in zip(documents, by_store.values(), strict=True)
    ]
    lines = Line.objects.bulk_create(
        Line(
            document=draft.document,
            position=position,
            product=plan.situation.product,
            quantity=pile.quantity,
            remark=words.reason,
            is_defective=pile.is_defective,
        )
        for draft in drafts
        for position, pile in draft.piles.items()
    )
    piles = [pile for draft in drafts for pile in draft.piles.values()]
    _insert_serials(lines, piles, serials)
    return drafts


def _insert_serials(lines: Sequence[Line], piles: Sequence[Pile], serials: Serials) -> None:
    rows = [
        (line, serial)
        for line, pile in zip(lines, piles, strict=True)
        for serial in serials.get(pile.place.pk, ())
    ]
    run(
        """
        INSERT INTO documents_lineserial (line_id, document_id, product_id, text, key)
        SELECT line.id, line.document_id, line.product_id, entered.text, entered.key
        FROM unnest(%s::bigint[], %s::text[], %s::text[]) WITH ORDINALITY
            AS entered (line_id, text, key, nth)
        JOIN documents_line line ON line.id = entered.line_id
        ORDER BY entered.nth
        """,
        [
            integers(line.pk for line, _serial in rows),
            [serial.text for _line, serial in rows],
            [serial.key for _line, serial in rows],
        ],
    )


def _acknowledge(plan: Plan, out: Sequence[_Draft], back: Sequence[_Draft]) -> None:
    """Name the returns after which units come in again: an earlier one, or that of a moment ago."""
    if plan.mode != Mode.STRICT:
        return
    earlier = plan.acknowledged
    left_now = {
        serial.key: draft.document.posting_id
        for draft in out
        for pile in draft.piles.values()
        for serial in plan.leaving.get(pile.place.pk, ())
    }
    returns = {**earlier, **left_now}
    run(
        """
        UPDATE documents_lineserial serial SET acknowledged_id = seen.posting_id
        FROM unnest(%s::text[], %s::bigint[]) AS seen (key, posting_id)
        WHERE serial.document_id = ANY(%s) AND serial.key = seen.key
        """,
        [
            list(returns),
            integers(returns.values()),
            [draft.document.pk for draft in back],
        ],
    )


def _post(drafts: Sequence[_Draft], *, by: Access, now: dt.datetime) -> None:
    """Post the drafts, store by store; a refusal names the place, and undoes everything."""
    for draft in drafts:
        try:
            post_locked(draft.document, by=by, now=now)
        except PostingRefused as refused:
            raise AccountingRefused([_problem(one, draft) for one in refused.refusals]) from refused


def _problem(refusal: Refusal, draft: _Draft) -> Problem:
    """A refusal at the place of its line, or of the whole store."""
    if pile := draft.piles.get(refusal.line or 0):
        return Problem(refusal.message, pile.place.pk)
    return Problem(f"{draft.document.store}: {refusal.message}")
