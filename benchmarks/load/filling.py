"""The database of a run: the shop of script/bench, and sixty people who have passwords."""

from __future__ import annotations

from collections import defaultdict

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from benchmarks.limits import run
from benchmarks.loading import rows_of
from benchmarks.stage import build
from company.access import access_of
from company.models import Membership, Store, User
from company.rights import Role
from inventory.models import UNDER_WAY, Count
from inventory.pausing import abandon_count

from .cast import CASHIER, COUNTER, MANAGER, PASSWORD, Cast, Person, Shelf, people_of

COUNTED = 8
"""Products that are counted again and again, one after the other."""
LARGEST_COUNT = 60


def fill(serials: int, people: int) -> Cast:
    """Make the shop and its people in an empty, migrated database."""
    build(serials)
    stores = list(Store.objects.order_by("pk"))
    cast = people_of([store.pk for store in stores], people)
    _hire(cast, stores)
    manager = User.objects.get(username="bench")
    for count in Count.objects.filter(status__in=UNDER_WAY):
        abandon_count(count.pk, by=access_of(manager), now=timezone.now())
    run("ANALYZE")
    return Cast(
        cast,
        [_shelf(store, counts=nth == 0) for nth, store in enumerate(stores)],
        [
            phone
            for (phone,) in rows_of("SELECT phone FROM partners_customer ORDER BY id LIMIT 200")
        ],
        rows_of("SELECT min(id) FROM serials_serial")[0][0],
        serials,
    )


@transaction.atomic
def _hire(cast: list[Person], stores: list[Store]) -> None:
    password = make_password(PASSWORD)  # once: sixty of them would take as many seconds
    users = User.objects.bulk_create(
        User(username=person.name, password=password, language="en") for person in cast
    )
    by_name = {user.username: user for user in users}
    closer = next(person.name for person in cast if person.role == COUNTER)
    memberships = []
    for person in cast:
        if person.role == MANAGER:
            at = [(store.pk, Role.MANAGER) for store in stores]
        elif person.role == CASHIER:
            at = [(person.store, Role.CASHIER)]
        else:  # one of those who count may close
            is_closer = person.name == closer
            at = [(person.store, Role.MANAGER if is_closer else Role.STOREKEEPER)]
        memberships += [
            Membership(user=by_name[person.name], store_id=store, role=role) for store, role in at
        ]
    Membership.objects.bulk_create(memberships)


_UNITS = """
    SELECT serial.text, product.id FROM serials_serial serial
    JOIN serials_place place ON place.id = serial.place_id
    JOIN products_product product ON product.id = serial.product_id
    WHERE place.store_id = {store} AND place.kind = 'shelf' AND product.mode = 'strict'
      AND NOT EXISTS (SELECT FROM serials_serial twin
                      WHERE twin.key = serial.key AND twin.id <> serial.id)
    ORDER BY md5(serial.key)
"""
_SOLD = """
    SELECT serial.text FROM serials_serial serial
    JOIN serials_place place ON place.id = serial.place_id
    JOIN serials_ledgerentry entry ON entry.serial_id = serial.id AND entry.seq = serial.seq
    JOIN serials_posting posting ON posting.id = entry.posting_id
    WHERE place.kind = 'customer' AND posting.store_id = {store} AND serial.is_verified
      AND NOT EXISTS (SELECT FROM serials_serial twin
                      WHERE twin.key = serial.key AND twin.id <> serial.id)
    ORDER BY md5(serial.key) LIMIT 200
"""
_PIECES = """
    SELECT DISTINCT product.sku FROM products_product product
    JOIN serials_balance balance ON balance.product_id = product.id
    JOIN serials_place place ON place.id = balance.place_id
    WHERE place.store_id = {store} AND place.kind = 'shelf' AND balance.quantity > 500
      AND product.mode IN ('none', 'period')
    ORDER BY 1 LIMIT 2
"""


def _shelf(store: Store, *, counts: bool) -> Shelf:
    by_product: dict[str, list[str]] = defaultdict(list)
    for text, product in rows_of(_UNITS.format(store=store.pk)):
        by_product[str(product)].append(text)
    counted: dict[str, list[str]] = {}
    if counts:
        fit = [one for one, units in by_product.items() if 20 <= len(units) <= LARGEST_COUNT]
        counted = {one: by_product.pop(one) for one in sorted(fit)[:COUNTED]}
    return Shelf(
        store.pk,
        store.name,
        store.prefix,
        [text for units in by_product.values() for text in units],
        [sku for (sku,) in rows_of(_PIECES.format(store=store.pk))],
        [text for (text,) in rows_of(_SOLD.format(store=store.pk))],
        counted,
    )
