"""Starting a count: from this moment on the records say what is expected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from company.access import Access
from company.constraints import broken_constraint
from company.models import Store
from company.numbering import printed_number, take_numbers
from company.rights import Right
from products.models import Product, ProductType
from serials.stock import run

from .models import UNDER_WAY, Count, Scope
from .standing import HERE, IN_SCOPE

SERIES = "CN"

# What is set aside is not looked for: it may lie on a workbench.
_EXPECT = f"""
    INSERT INTO inventory_expectedunit (count_id, serial_id, product_id, seq)
    SELECT counting.id, serial.id, serial.product_id, serial.seq
    FROM inventory_count counting
    JOIN serials_place place
        ON place.store_id = counting.store_id AND place.kind IN ('shelf', 'defective')
    JOIN serials_serial serial ON serial.place_id = place.id
    JOIN products_product product ON product.id = serial.product_id
    WHERE counting.id = %s AND {HERE} AND {IN_SCOPE}
    ORDER BY serial.id
"""  # noqa: S608 - constants


class CountUnderWay(Exception):
    """Another count is under way in the store; the message names it."""

    def __init__(self, count: Count) -> None:
        self.count = count
        words = _("Count %(number)s is under way in this store. Go on with it, or end it first.")
        super().__init__(words % {"number": count.number})


def count_under_way(store: Store) -> Count | None:
    """The one count of a store that is open or paused."""
    return Count.objects.filter(store=store, status__in=UNDER_WAY).first()


def start_count(
    store: Store,
    *,
    scope: str,
    product_type: ProductType | None = None,
    products: Collection[Product] = (),
    note: str = "",
    by: Access,
    now: dt.datetime,
) -> Count:
    """Start a count of everything, of a product type, or of chosen products of a store.

    A constant number of statements, however many units are expected. Raises Store.DoesNotExist
    for another store, PermissionDenied without the right, ValidationError when the scope is not
    said, and CountUnderWay.
    """
    if not by.sees(store.pk):
        raise Store.DoesNotExist
    if not by.can(Right.COUNT, store.pk):
        raise PermissionDenied
    _require_scope(scope, product_type, products)
    if other := count_under_way(store):
        raise CountUnderWay(other)
    count = Count(
        store=store,
        scope=scope,
        product_type=product_type if scope == Scope.TYPE else None,
        note=note,
        started_at=now,
        started_by=by.user,
    )
    try:
        _start(count, products if scope == Scope.PRODUCTS else ())
    except IntegrityError as error:
        if broken_constraint(error) != "inventory_one_count_under_way":
            raise
        other = count_under_way(store)
        if other is None:  # it ended at this moment: the next press starts ours
            raise
        raise CountUnderWay(other) from error
    return count


def _require_scope(
    scope: str, product_type: ProductType | None, products: Collection[Product]
) -> None:
    if scope not in Scope.values:
        raise ValidationError({"scope": _("Choose what is counted.")})
    if scope == Scope.TYPE and product_type is None:
        raise ValidationError({"product_type": _("Choose the product type.")})
    if scope == Scope.PRODUCTS and not products:
        raise ValidationError({"products": _("Choose at least one product.")})


@transaction.atomic
def _start(count: Count, products: Collection[Product]) -> None:
    """Write the count, and what the records have in its store at this moment."""
    year = count.store.date_of(count.started_at).year
    (number,) = take_numbers(count.store, SERIES, year=year)
    count.number = printed_number(count.store, SERIES, year=year, number=number)
    count.save(force_insert=True)
    if products:
        count.products.set(products)
    run(_EXPECT, [count.pk])
