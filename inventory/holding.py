"""Finding a count for a person, holding it open while something is counted, and locking it."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from company.access import Access
from company.rights import Right

from .models import Count, CountStatus


class NotUnderWay(Exception):
    """The count was closed or abandoned meanwhile; nothing was written. The message says which."""

    def __init__(self, count: Count) -> None:
        self.count = count
        super().__init__(why_not_counting(count))


def find_count(pk: int, *, by: Access) -> Count:
    """A count of one of the person's stores.

    Raises Count.DoesNotExist for another store's, PermissionDenied for who may not count there.
    """
    count = Count.objects.visible_to(by).select_related("store", "product_type").get(pk=pk)
    if not by.can(Right.COUNT, count.store_id):
        raise PermissionDenied
    return count


def hold_count(pk: int, *, by: Access) -> Count:
    """The count as it stays until the transaction ends.

    People who scan at once do not wait for each other; who pauses, closes or abandons the count
    waits for all of them (`lock_count`). Raises as `find_count` does.
    """
    held = Count.objects.raw(
        "SELECT * FROM inventory_count WHERE id = %s AND store_id = ANY(%s) FOR KEY SHARE",
        [pk, list(by.store_ids)],
    )
    for count in held:
        if not by.can(Right.COUNT, count.store_id):
            raise PermissionDenied
        return count
    raise Count.DoesNotExist


def lock_count(pk: int, *, by: Access, right: Right = Right.COUNT) -> Count:
    """The count, locked against everybody until the transaction ends: nothing is scanned into it.

    Raises Count.DoesNotExist for another store's and PermissionDenied without the right.
    """
    count = Count.objects.visible_to(by).select_for_update().get(pk=pk)
    if not by.can(right, count.store_id):
        raise PermissionDenied
    return count


def require_under_way(count: Count) -> None:
    """Raise NotUnderWay for a count that has ended."""
    if not count.is_under_way:
        raise NotUnderWay(count)


def why_not_counting(count: Count) -> str:
    """Why nothing can be counted now, in words; empty while the count is open."""
    words = {
        CountStatus.PAUSED: _("The count is paused. Resume it, then scan again."),
        CountStatus.CLOSED: _("This count is closed: nothing more is counted in it."),
        CountStatus.ABANDONED: _("This count was abandoned: nothing more is counted in it."),
    }
    return words.get(CountStatus(count.status), "")
