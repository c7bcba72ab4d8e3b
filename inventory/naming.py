"""Finding the unit that somebody says went in place of an unknown one."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied

from company.access import Access
from company.rights import Right
from products.modes import SERIAL_MODES
from serials.models import IN_STORE, Serial
from serials.text import SerialText

from .holding import find_count
from .models import Scan

MOST_NAMED = 8


def units_named(count_pk: int, scan_pk: int, text: SerialText, *, by: Access) -> list[Serial]:
    """The units in the count's store that have this number: of the scan's product, if it has one.

    Raises Count.DoesNotExist, Scan.DoesNotExist and PermissionDenied.
    """
    count = find_count(count_pk, by=by)
    if not by.can(Right.CORRECT, count.store_id):
        raise PermissionDenied
    scan = Scan.objects.exclude(key="").get(pk=scan_pk, count=count)
    units = Serial.objects.called(text.key).filter(
        product__mode__in=SERIAL_MODES,
        place__store=count.store_id,
        place__kind__in=IN_STORE,
    )
    if scan.product_id is not None:
        units = units.filter(product=scan.product_id)
    return list(units.select_related("product").order_by("product__name", "pk")[:MOST_NAMED])
