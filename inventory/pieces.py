"""Counting products without serial numbers: so many pieces more, or so many in all."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from company.access import Access
from documents.models import MOST_PIECES
from products.models import Product
from serials.models import Balance, PlaceKind

from .answers import ScanAnswer, Verdict
from .holding import hold_count, why_not_counting
from .models import Count, Scan
from .standing import in_scope
from .writing import insert_scan, lock_thing, taken_scan


@transaction.atomic
def set_total(
    pk: int,
    *,
    product_id: int,
    quantity: int,
    is_defective: bool = False,
    by: Access,
    now: dt.datetime,
    nonce: uuid.UUID | None = None,
) -> ScanAnswer:
    """Say how many pieces of a product there are: what was counted of it before is taken back.

    0 says that there are none. The same nonce again changes nothing. Raises Count.DoesNotExist,
    Product.DoesNotExist and PermissionDenied.
    """
    count = hold_count(pk, by=by)
    product = Product.objects.select_related("type").get(pk=product_id)
    if stopped := why_not_counting(count) or _wrong_quantity(quantity):
        return ScanAnswer(Verdict.REFUSED, product.sku, stopped, product)
    if product.asks_serials:
        words = _("Units of %(name)s are counted by their serial numbers: scan them.")
        return ScanAnswer(Verdict.REFUSED, product.sku, words % {"name": product.name}, product)
    if not in_scope(count, [product]):
        words = _("%(name)s is not part of this count: nothing was counted.")
        return ScanAnswer(
            Verdict.OUT_OF_SCOPE, product.sku, words % {"name": product.name}, product
        )
    lock_pieces(count, product.pk)
    if nonce is not None and (taken := taken_scan(count, nonce)):
        return tally_answer(count, product, taken)
    Scan.objects.filter(
        count=count, product=product, key="", is_defective=is_defective, taken_back_at=None
    ).update(taken_back_at=now, taken_back_by=by.user)
    return add_pieces(
        count,
        product,
        quantity,
        by=by,
        now=now,
        nonce=nonce or uuid.uuid4(),
        is_defective=is_defective,
    )


def add_pieces(
    count: Count,
    product: Product,
    quantity: int,
    *,
    by: Access,
    now: dt.datetime,
    nonce: uuid.UUID,
    is_defective: bool = False,
) -> ScanAnswer:
    """Count so many pieces more, in a count that is held open."""
    lock_pieces(count, product.pk)
    counted = counted_pieces(count, product.pk, is_defective=is_defective)
    if wrong := _wrong_quantity(quantity) or _wrong_quantity(counted + quantity):
        return ScanAnswer(Verdict.REFUSED, product.sku, wrong, product)
    row = insert_scan(
        Scan(
            nonce=nonce,
            count=count,
            product=product,
            quantity=quantity,
            is_defective=is_defective,
            balance=recorded_pieces(count, product.pk, is_defective=is_defective),
            scanned_at=now,
            scanned_by=by.user,
        )
    )
    row = row or taken_scan(count, nonce)
    if row is None:
        words = _("This could not be counted. Scan it again.")
        return ScanAnswer(Verdict.REFUSED, product.sku, words, product)
    return tally_answer(count, product, row)


def _wrong_quantity(quantity: int) -> str:
    """What is wrong with so many pieces; empty when they can be."""
    if 0 <= quantity <= MOST_PIECES:
        return ""
    return _("Write a number of pieces from 0 to %(most)s.") % {"most": MOST_PIECES}


def tally_answer(count: Count, product: Product, taken: Scan) -> ScanAnswer:
    """What is said of pieces that were counted: how many there are by now."""
    total = counted_pieces(count, product.pk, is_defective=taken.is_defective)
    words = ngettext("%(count)d piece counted.", "%(count)d pieces counted.", total)
    return ScanAnswer(
        Verdict.COUNTED,
        product.sku,
        words % {"count": total},
        product,
        taken.pk,
        total=total,
        balance=taken.balance,
        is_defective=taken.is_defective,
    )


def counted_pieces(count: Count, product_id: int, *, is_defective: bool) -> int:
    """How many pieces of a product are counted so far, on its good or its defective side."""
    rows = Scan.objects.filter(
        count=count, product=product_id, key="", is_defective=is_defective, taken_back_at=None
    )
    return int(rows.aggregate(total=Sum("quantity"))["total"] or 0)


def recorded_pieces(count: Count, product_id: int, *, is_defective: bool) -> int:
    """How many pieces of a product the records have in the store now, on one of its sides."""
    kind = PlaceKind.DEFECTIVE if is_defective else PlaceKind.SHELF
    rows = Balance.objects.filter(product=product_id, place__store=count.store_id, place__kind=kind)
    return rows.values_list("quantity", flat=True).first() or 0


def lock_pieces(count: Count, product_id: int) -> None:
    lock_thing(count, f"pieces of {product_id}")
