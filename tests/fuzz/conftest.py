"""The world under siege: everything of the table of access, and words that must stay in a store."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django.utils import timezone

from company.access import access_of
from company.models import Store, User
from documents.models import Document
from inventory.models import Count, Scope
from inventory.starting import start_count
from repairs.charging import add_charge
from repairs.models import Repair
from repairs.photos import add_photos
from repairs.pictures import Picture
from tests.lasting import PARTS, lasting
from tests.shop import Goods, draft, post, receive, take_in
from warranty.models import Card

OURS, THEIRS = "canary-of-podil", "canary-of-lviv"


@lasting
def world(
    store, other_store, goods, stranger, cashier, storekeeper, technician, manager, other_manager,
    admin,
) -> SimpleNamespace:  # fmt: skip
    """Both stores have one of everything; every text they wrote themselves has their word in it."""
    built = PARTS["tests.test_access", "world"].build(
        store, other_store, goods, stranger, cashier, storekeeper, technician, manager,
        other_manager, admin,
    )  # fmt: skip
    mine = planted(store, manager, goods, OURS)
    yours = planted(other_store, other_manager, goods, THEIRS)
    built.foreign = {app: tuple(str(each) for each in (*mine[app], *yours[app])) for app in mine}
    built.theirs = yours
    built.secrets = {
        **dict.fromkeys(("cashier", "storekeeper", "technician", "manager"), (THEIRS,)),
        "other_manager": (OURS,),
        "admin": (),
    }
    return built


def planted(store: Store, person: User, goods: Goods, word: str) -> dict[str, list[Any]]:
    """What a store has that others may not read; the ids of it by app."""
    by, now = access_of(person), timezone.now()
    units = [f"{store.prefix}-A", f"{store.prefix}-B"]
    receive(store, person, (goods.strict, units))
    sale = draft("sale", store, person, [(goods.strict, units[:1])])
    unfinished = draft("receipt", store, person, [(goods.plain, 1)])
    for document in (sale, unfinished):
        document.lines.update(remark=word)
        Document.objects.filter(pk=document.pk).update(note=word)
    post(sale, person)
    card = Card.objects.get(term__serial__key=units[0])
    repair = take_in(
        store, person, units[0], complaint=word, condition=word, contents=word, technician=person
    )
    add_charge(repair.pk, kind="work", name=word, unit_price=Decimal(5), by=by, now=now)
    add_photos(repair.pk, [Picture(b"", 1, 1)], by=by, now=now, caption=word)
    Repair.objects.filter(pk=repair.pk).update(diagnosis=word)
    open_count = Count.objects.filter(store=store, ended_at=None).first()
    count = open_count or start_count(store, scope=Scope.ALL, note=word, by=by, now=now)
    return {
        "documents": [
            sale.pk, unfinished.pk, *sale.lines.values_list("pk", flat=True),
            *unfinished.lines.values_list("pk", flat=True),
        ],
        "warranty": [card.number, sale.posting_id],
        "repairs": [repair.pk, repair.photos.get().pk, repair.charges.get().pk],
        "inventory": [count.pk],
        "company": [store.pk, person.pk],
    }  # fmt: skip
