"""Every URL × every role, in the own store and from another: one table, and nothing outside it.

A route that is not in the table fails `test_every_route_is_in_the_table`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from backoffice.export_files import request_export
from backoffice.import_kinds import KINDS
from backoffice.importing import hold_import
from backoffice.stock_choice import Chosen
from backoffice.stock_files import request_file
from company.access import access_of
from company.inviting import invitation_token
from company.models import User
from documents.continuing import start_arrival
from documents.models import Kind
from documents.posting import post_document
from documents.uploading import hold_file
from inventory.closing import close_count
from inventory.counting import scan as count_unit
from inventory.models import Scan, Scope
from inventory.starting import start_count
from partners.models import Customer, Supplier
from repairs.charging import add_charge
from repairs.lending import lend
from repairs.models import Repair
from repairs.photos import add_photos
from repairs.pictures import Picture
from serials.models import Serial
from tests.conftest import signed_in
from tests.lasting import lasting
from tests.shop import draft, receive, sell, take_in, transfer
from warranty.adjusting import override_end
from warranty.design_forms import starting_values
from warranty.designing import save_design
from warranty.models import Card
from warranty.printing import request_print

pytestmark = pytest.mark.django_db

FORBIDDEN, HIDDEN = 403, 404
SIGNED_IN = {
    "stranger",
    "cashier",
    "storekeeper",
    "technician",
    "manager",
    "other_manager",
    "admin",
}
MEMBERS = {"cashier", "storekeeper", "technician", "manager", "admin"}
SELLERS = {"cashier", "manager", "admin"}
RECEIVERS = {"storekeeper", "manager", "admin"}
MANAGERS = {"manager", "admin"}
IDENTIFIERS = SELLERS | RECEIVERS
ADMINS = {"admin"}
REPAIRERS = {"technician", "manager", "admin"}
REPAIR_DESK = REPAIRERS | {"cashier"}
SOMEWHERE_SELLERS = SELLERS | {"other_manager"}
SOMEWHERE_RECEIVERS = RECEIVERS | {"other_manager"}

World = SimpleNamespace


def export_of(world: World) -> Any:
    """A file of everything that waits to be made."""
    return request_export(by=access_of(world.people["admin"]), now=timezone.now())


def run_of(world: World) -> list[Any]:
    """A print run, made only for the routes that need one: a PDF takes a moment."""
    printer = access_of(world.people["manager"])
    return [request_print(world.sale.posting_id, by=printer, now=timezone.now()).pk]


def adjusted(world: World) -> list[Any]:
    """A card whose end an admin changed, and that change."""
    far = world.card.ends_on + dt.timedelta(days=30)
    made = override_end(
        world.card.pk, ends_on=far, reason="promised", seen=world.card.ends_on,
        by=access_of(world.people["admin"]), now=timezone.now(),
    )  # fmt: skip
    return [world.card.number, made.pk]


def unknown_of(world: World) -> list[int]:
    """A count, a scan in it of a unit that was sold, and the unit that may have gone instead."""
    by = access_of(world.people["manager"])
    count_unit(world.count.pk, "SN1", by=by, now=timezone.now())
    scan = Scan.objects.get(count=world.count, key="SN1")
    return [world.count.pk, scan.pk, Serial.objects.get(key="SN2").pk]


def repair_of(world: World) -> list[Any]:
    """A repair of the unit that was sold, made only for the routes that need one."""
    return [take_in(world.store, world.people["technician"], "SN1").pk]


def charge_of(world: World) -> list[Any]:
    """A repair and the work that is written on it."""
    (pk,) = repair_of(world)
    by = access_of(world.people["technician"])
    charge = add_charge(
        pk, kind="work", name="Cleaning", unit_price=Decimal(5), by=by, now=timezone.now()
    )
    return [pk, charge.pk]


def loan_of(world: World) -> list[Any]:
    """A repair and the unit that was lent meanwhile."""
    receive(world.store, world.people["manager"], (world.goods.strict, ["LENT"]))
    (pk,) = repair_of(world)
    by = access_of(world.people["technician"])
    loan = lend(pk, product=world.goods.strict, serial="LENT", by=by, now=timezone.now())
    return [pk, loan.pk]


def photo_of(world: World) -> list[Any]:
    """A repair and a photo of it."""
    (pk,) = repair_of(world)
    by = access_of(world.people["technician"])
    (photo,) = add_photos(pk, [Picture(b"", 1, 1)], by=by, now=timezone.now())
    return [pk, photo.pk]


def changing(world: World) -> dict[str, Any]:
    """What every form of a repair would send to do its thing."""
    return {
        "version": Repair.objects.latest("pk").version, "to": "diagnosed", "complaint": "Broken",
        "payer": "warranty", "kind": "work", "name": "Cleaning", "quantity": 1, "unit_price": 5,
    }  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Route:
    """Who may use a route; who sees its object but may not; everybody else gets 404 (or 403)."""

    allowed: set[str]
    method: str = "get"
    args: Callable[[World], list[Any]] = lambda world: []
    data: Callable[[World], dict[str, Any]] = lambda world: {}
    sees: set[str] = dataclasses.field(default_factory=set)
    otherwise: int = FORBIDDEN


def of_document(name: str, allowed: set[str], method: str, **more: Any) -> Route:
    """A route of a document: its store's people see it, the others get 404."""
    return Route(
        allowed,
        method,
        lambda world: [getattr(world, name).pk, *more.get("also", lambda _: [])(world)],
        more.get("data", lambda _: {}),
        sees=MEMBERS,
        otherwise=HIDDEN,
    )


def uploaded(method: str) -> Route:
    """A route of a file that the manager is adding to a draft: nobody else comes to it."""

    def args(world: World) -> list[Any]:
        by = access_of(world.people["manager"])
        draft = world.sale_draft
        held = hold_file(draft.pk, None, name="list.txt", content=b"SN1", by=by, now=timezone.now())
        return [draft.pk, held.pk]

    return Route({"manager"}, method, args, sees=MEMBERS - SELLERS, otherwise=HIDDEN)


def of_transfer() -> Route:
    """A route of a transfer sent here: the sending store sees it too, and may not receive it."""
    return Route(
        RECEIVERS,
        "post",
        lambda world: [world.sent.pk],
        sees=MEMBERS | {"other_manager"},
        otherwise=HIDDEN,
    )


def of_count(method: str, **more: Any) -> Route:
    """A route of a count: who may count in its store, and the others there see that it is."""
    return of_document("count", RECEIVERS, method, **more)


def of_repair(
    allowed: set[str], method: str, args: Callable[[World], list[Any]] = repair_of
) -> Route:
    """A route of a repair: its store's people see it, the others get 404."""
    data = changing if method == "post" else lambda world: {}
    return Route(allowed, method, args, data, sees=MEMBERS, otherwise=HIDDEN)


def stock_file_of(world: World) -> list[Any]:
    """A file of the stock that the manager asked for."""
    by = access_of(world.people["manager"])
    chosen = Chosen(stores=by.store_ids, own=by.store_ids, day=dt.date(2026, 11, 28))
    made = request_file(chosen, file_format="csv", filters="", by=by, now=timezone.now())
    return [made.pk]


def of_stock_file(method: str) -> Route:
    """A route of a file: nobody's but who asked for it; a stranger has no stock to look at."""
    return Route({"manager"}, method, stock_file_of, otherwise=HIDDEN)


def imported(method: str) -> Route:
    """A route of a file of customers: nobody's but who brought it, of those who may at all."""

    def args(world: World) -> list[Any]:
        by = access_of(world.people["manager"])
        held = hold_import(
            KINDS["customers"], name="list.csv", content=b"Name;Phone\nOlena;x\n;1\n",
            clears=False, by=by, now=timezone.now(),
        )  # fmt: skip
        return ["customers", held.pk]

    return Route({"manager"}, method, args, sees=SIGNED_IN - SOMEWHERE_SELLERS, otherwise=HIDDEN)


def line_of_sale(world: World) -> list[int]:
    return [world.sale_draft.lines.get().pk]


def link_of(world: World) -> list[str]:
    """The secret of somebody's invitation, made only for the route that needs one."""
    invited, _made = User.objects.get_or_create(
        username="olena", defaults={"password": "!", "invited_at": timezone.now()}
    )
    return [invitation_token(invited)]


def of_cashier(method: str = "post") -> Route:
    """A route of a person's page: an admin's alone."""
    return Route(ADMINS, method, args=lambda w: [w.people["cashier"].pk])


TABLE: dict[str, Route] = {
    "company:sign_in": Route(SIGNED_IN),
    "company:sign_out": Route(SIGNED_IN, "post"),
    "company:switch_store": Route(
        MEMBERS, "post", data=lambda w: {"store": w.store.pk}, otherwise=HIDDEN
    ),
    "company:language": Route(SIGNED_IN, "post", data=lambda w: {"language": "en"}),
    "company:password": Route(SIGNED_IN),
    "company:settings": Route(ADMINS),
    "company:stores": Route(ADMINS),
    "company:new_store": Route(ADMINS),
    "company:edit_store": Route(ADMINS, args=lambda w: [w.store.pk]),
    "company:people": Route(ADMINS),
    "company:new_person": Route(ADMINS),
    "company:edit_person": Route(ADMINS, args=lambda w: [w.people["cashier"].pk]),
    "company:invitation": of_cashier("get"),
    "company:reset_person": of_cashier(),
    "company:close_person": of_cashier(),
    "company:reopen_person": of_cashier(),
    "company:unlock_person": of_cashier(),
    "company:reset_factor": of_cashier(),
    "company:end_person": of_cashier(),
    "company:sign_in_policies": Route(ADMINS),
    "company:sign_in_code": Route(SIGNED_IN),
    "company:forgotten": Route(SIGNED_IN),
    "company:welcome": Route(SIGNED_IN, args=link_of),
    "company:till": Route(SIGNED_IN),
    "company:lock": Route(SIGNED_IN, "post"),
    "company:confirm": Route(SIGNED_IN),
    "company:account": Route(SIGNED_IN),
    "company:enrol": Route(SIGNED_IN),
    "company:recovery_codes": Route(SIGNED_IN, "post"),
    "company:remove_factor": Route(SIGNED_IN, "post"),
    "company:pin": Route(SIGNED_IN),
    "company:remove_pin": Route(SIGNED_IN, "post"),
    "company:end_sign_ins": Route(SIGNED_IN, "post"),
    "company:set_till": Route(SIGNED_IN, "post"),
    "company:forget_here": Route(SIGNED_IN, "post"),
    "designs:list": Route(ADMINS),
    "designs:design": Route(ADMINS, args=lambda w: [w.goods.strict.type_id]),
    "designs:preview": Route(ADMINS, "post", args=lambda w: [None]),
    "designs:test": Route(ADMINS, "post", args=lambda w: [None]),
    "designs:withdraw": Route(ADMINS, "post", args=lambda w: [None]),
    "designs:version": Route(ADMINS, args=lambda w: [None, w.design.version]),
    "designs:again": Route(ADMINS, "post", args=lambda w: [None, w.design.version]),
    "products:list": Route(SIGNED_IN),
    "products:export": Route(ADMINS, args=lambda w: ["csv"]),
    "products:product": Route(SIGNED_IN, args=lambda w: [w.goods.strict.pk]),
    "products:new": Route(ADMINS),
    "products:edit": Route(ADMINS, args=lambda w: [w.goods.strict.pk]),
    "products:types": Route(ADMINS),
    "products:new_type": Route(ADMINS),
    "products:edit_type": Route(ADMINS, args=lambda w: [w.goods.strict.type_id]),
    "partners:suppliers": Route(SIGNED_IN),
    "partners:export_suppliers": Route(SOMEWHERE_RECEIVERS, args=lambda w: ["csv"]),
    "partners:new_supplier": Route(SOMEWHERE_RECEIVERS),
    "partners:edit_supplier": Route(SOMEWHERE_RECEIVERS, args=lambda w: [w.supplier.pk]),
    "partners:customers": Route(MEMBERS | {"other_manager"}),
    "partners:export_customers": Route(MANAGERS | {"other_manager"}, args=lambda w: ["csv"]),
    "partners:new_customer": Route(SOMEWHERE_SELLERS),
    "partners:edit_customer": Route(SOMEWHERE_SELLERS, args=lambda w: [w.customer.pk]),
    "backoffice:everything": Route(ADMINS),
    "backoffice:everything_file": Route(ADMINS, args=lambda w: [export_of(w).pk]),
    "backoffice:erase_customer": Route(
        MANAGERS | {"other_manager"}, args=lambda w: [w.customer.pk]
    ),
    "backoffice:customer_data": Route(MANAGERS | {"other_manager"}, args=lambda w: [w.customer.pk]),
    "documents:list": Route(SIGNED_IN),
    "documents:export": Route(SIGNED_IN, args=lambda w: ["csv"]),
    "documents:accounting": Route(ADMINS, args=lambda w: [w.goods.strict.pk]),
    "documents:accounting_done": Route(ADMINS, args=lambda w: [w.goods.strict.pk]),
    "documents:document": of_document("sale", MEMBERS, "get"),
    "documents:scan": of_document("sale_draft", SELLERS, "post", data=lambda w: {"scan": "?"}),
    "documents:header": of_document("receipt_draft", RECEIVERS, "post"),
    "documents:customer": of_document("sale_draft", SELLERS, "get"),
    "documents:refusals": of_document("sale_draft", MEMBERS, "get"),
    "documents:post": of_document("receipt_draft", RECEIVERS, "post"),
    "documents:discard": of_document("receipt_draft", RECEIVERS, "post"),
    "documents:line": of_document("sale_draft", SELLERS, "post", also=line_of_sale),
    "documents:pairs": of_document("sale_draft", SELLERS, "post", also=line_of_sale),
    "documents:remove_line": of_document("sale_draft", SELLERS, "post", also=line_of_sale),
    "documents:paste": of_document(
        "sale_draft", SELLERS, "post", also=line_of_sale, data=lambda w: {"serials": "A1"}
    ),
    "documents:range": of_document(
        "sale_draft",
        SELLERS,
        "post",
        also=line_of_sale,
        data=lambda w: {"first": "A1", "last": "A2"},
    ),
    "documents:labels": of_document("sale", MEMBERS, "get"),
    "documents:labels_pdf": of_document("sale", MEMBERS, "get"),
    "documents:unit_labels": Route(MEMBERS, args=lambda w: [w.unit.pk], otherwise=HIDDEN),
    "documents:unit_labels_pdf": Route(MEMBERS, args=lambda w: [w.unit.pk], otherwise=HIDDEN),
    "documents:make_serials": of_document(
        "receipt_draft", RECEIVERS, "post", also=lambda w: [w.receipt_draft.lines.get().pk]
    ),
    "documents:upload": of_document("sale_draft", SELLERS, "get"),
    "documents:uploaded": uploaded("get"),
    "documents:uploaded_bad": uploaded("get"),
    "documents:add_uploaded": uploaded("post"),
    "documents:line_serials": of_document("sale_draft", MEMBERS, "get", also=line_of_sale),
    "documents:remove_serial": of_document("sale_draft", SELLERS, "post", also=line_of_sale),
    "documents:remove_refused": of_document("sale_draft", SELLERS, "post", also=line_of_sale),
    "documents:print": of_document("sale", MEMBERS, "get"),
    "documents:start_print": of_document("sale", MEMBERS, "post"),
    "documents:print_pdf": of_document("sale", MEMBERS, "get"),
    "documents:start": Route(
        SOMEWHERE_SELLERS, "post", args=lambda w: [Kind.SALE], otherwise=FORBIDDEN
    ),
    "documents:find_sale": of_document("return_draft", SELLERS, "get"),
    "documents:without_serials": of_document("receipt_draft", MANAGERS, "get"),
    "documents:acknowledge": of_document("receipt_draft", MANAGERS, "post"),
    "documents:cancel": of_document("sale", MANAGERS, "get"),
    "documents:receive": of_transfer(),
    "documents:receive_at_once": of_transfer(),
    "documents:everything": of_document("arrival_draft", RECEIVERS, "post"),
    "documents:identify": of_document("unidentified", IDENTIFIERS, "post"),
    "documents:unidentified": Route(MEMBERS | {"other_manager"}, otherwise=HIDDEN),
    "documents:notice_seen": Route(SIGNED_IN, "post", args=lambda w: [1]),
    "inventory:counts": Route(SOMEWHERE_RECEIVERS),
    "inventory:start_count": Route(SOMEWHERE_RECEIVERS),
    "inventory:count": of_count("get"),
    "inventory:scan": of_count("post", data=lambda w: {"scan": "SN2"}),
    "inventory:total": of_count(
        "post", data=lambda w: {"product": w.goods.plain.pk, "quantity": 1}
    ),
    "inventory:live": of_count("get"),
    "inventory:take_back": of_count("post", also=lambda w: [w.counted.pk]),
    "inventory:pause": of_count("post"),
    "inventory:resume": of_count("post"),
    "inventory:abandon": of_count("get"),
    "inventory:upload": of_count("get"),
    "warranty:print": Route(
        SELLERS, "post", args=lambda w: [w.sale.posting_id], sees=MEMBERS, otherwise=HIDDEN
    ),
    "warranty:run": Route(SELLERS, args=run_of, sees=MEMBERS, otherwise=HIDDEN),
    "warranty:run_pdf": Route(SELLERS, args=run_of, sees=MEMBERS, otherwise=HIDDEN),
    "warranty:again": Route(SELLERS, "post", args=run_of, sees=MEMBERS, otherwise=HIDDEN),
    "warranty:card": Route(MEMBERS, args=lambda w: [w.card.number], otherwise=HIDDEN),
    "warranty:override": Route(ADMINS, args=lambda w: [w.card.number]),
    "warranty:take_back": Route(ADMINS, args=adjusted),
    "public:card": Route(SIGNED_IN, args=lambda w: [w.card.token]),
    "public:unknown": Route(set(), otherwise=HIDDEN),
    "inventory:unknown": Route(
        RECEIVERS, args=lambda w: unknown_of(w)[:2], sees=MEMBERS, otherwise=HIDDEN
    ),
    "inventory:named": Route(
        MANAGERS,
        args=lambda w: unknown_of(w)[:2],
        data=lambda w: {"went": "SN2"},
        sees=MEMBERS,
        otherwise=HIDDEN,
    ),
    "inventory:fix": Route(MANAGERS, args=lambda w: unknown_of(w), sees=MEMBERS, otherwise=HIDDEN),
    "inventory:close": of_document("count", MANAGERS, "get"),
    "inventory:report": of_document("closed_count", RECEIVERS, "get"),
    "inventory:report_pdf": of_document("closed_count", RECEIVERS, "get"),
    "inventory:report_xlsx": of_document("closed_count", RECEIVERS, "get"),
    "inventory:accuracy": Route(SOMEWHERE_RECEIVERS),
    "repairs:board": Route(SIGNED_IN),
    "repairs:take_in": Route(REPAIR_DESK | {"other_manager"}),
    "repairs:repair": of_repair(MEMBERS, "get"),
    "repairs:paper": of_repair(MEMBERS, "get", lambda w: [*repair_of(w), "intake"]),
    "repairs:photo": of_repair(MEMBERS, "get", photo_of),
    "repairs:step": of_repair(REPAIRERS, "post"),
    "repairs:edit": of_repair(REPAIR_DESK, "post"),
    "repairs:decide": of_repair(REPAIR_DESK, "post"),
    "repairs:add_charge": of_repair(REPAIRERS, "post"),
    "repairs:price": of_repair(REPAIRERS, "post", charge_of),
    "repairs:remove_charge": of_repair(REPAIRERS, "post", charge_of),
    "repairs:scan_part": of_repair(REPAIRERS, "post"),
    "repairs:lend": of_repair(REPAIR_DESK, "post"),
    "repairs:take_loaner_back": of_repair(REPAIR_DESK, "post", loan_of),
    "repairs:add_photos": of_repair(REPAIR_DESK, "post"),
    "repairs:remove_photo": of_repair(REPAIR_DESK, "post", photo_of),
    "repairs:hand_back": of_repair(REPAIR_DESK, "get"),
    "repairs:cancel": of_repair(REPAIR_DESK, "get"),
    "backoffice:home": Route(SIGNED_IN),
    "backoffice:search": Route(SIGNED_IN),
    "backoffice:reports": Route(MEMBERS | {"other_manager"}),
    "backoffice:under_warranty": Route(MANAGERS | {"other_manager"}),
    "backoffice:export_under_warranty": Route(
        MANAGERS | {"other_manager"}, args=lambda w: ["xlsx"]
    ),
    "backoffice:claims": Route(MANAGERS | {"other_manager"}),
    "backoffice:export_claims": Route(MANAGERS | {"other_manager"}),
    "backoffice:stock": Route(MEMBERS | {"other_manager"}),
    "backoffice:stock_totals": Route(MEMBERS | {"other_manager"}),
    "backoffice:export_stock": Route(
        MEMBERS | {"other_manager"}, "post", data=lambda w: {"format": "csv"}
    ),
    "backoffice:stock_file": of_stock_file("get"),
    "backoffice:stock_file_again": of_stock_file("post"),
    "backoffice:stock_file_content": of_stock_file("get"),
    "backoffice:import": Route(SOMEWHERE_SELLERS, args=lambda w: ["customers"]),
    "backoffice:import_example": Route(SOMEWHERE_SELLERS, args=lambda w: ["customers", "csv"]),
    "backoffice:import_file": imported("get"),
    "backoffice:import_refused": imported("get"),
    "backoffice:write_import": imported("post"),
    "backoffice:warranty": Route(MEMBERS | {"other_manager"}),
    "backoffice:mismatches": Route(MEMBERS | {"other_manager"}),
    "backoffice:export_mismatches": Route(MEMBERS | {"other_manager"}, args=lambda w: ["xlsx"]),
    "backoffice:audit": Route(ADMINS),
    "backoffice:export_audit": Route(ADMINS, args=lambda w: ["csv"]),
    "backoffice:serial": Route(MEMBERS, args=lambda w: [w.unit.pk], otherwise=HIDDEN),
    # For machines. Nobody has the token of the figures here: the page is not there.
    "operations:live": Route(SIGNED_IN),
    "operations:ready": Route(SIGNED_IN, data=lambda w: {"leave_out": "jobs"}),
    "operations:metrics": Route(set(), otherwise=HIDDEN),
    "backoffice:second_number": Route(
        RECEIVERS, args=lambda w: [w.unit.pk], sees=MEMBERS, otherwise=HIDDEN
    ),
}
FOR_ANYBODY = {
    "company:sign_in", "company:sign_in_code", "company:sign_out", "company:language",
    "company:forgotten", "company:welcome", "company:till", "company:lock",
    "public:card", "public:unknown", "operations:live", "operations:ready", "operations:metrics",
}  # fmt: skip
STRANGER_TO_START = {
    "documents:start": {"stranger": HIDDEN},
    "backoffice:stock_file": {"stranger": FORBIDDEN},
    "backoffice:stock_file_again": {"stranger": FORBIDDEN},
    "backoffice:stock_file_content": {"stranger": FORBIDDEN},
}
"""Somebody without any store has none to start a document in, and no stock to look at."""


def routes(resolver: URLResolver, spaces: tuple[str, ...] = ()) -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = (*spaces, pattern.namespace) if pattern.namespace else spaces
            yield from routes(pattern, inner)
        elif isinstance(pattern, URLPattern):
            yield ":".join((*spaces, pattern.name or repr(pattern.pattern)))


def test_every_route_is_in_the_table():
    assert sorted(routes(get_resolver())) == sorted(TABLE)


@lasting
def world(
    store, other_store, goods, stranger, cashier, storekeeper, technician, manager, other_manager,
    admin,
) -> World:  # fmt: skip
    """One of everything, all of it the first store's."""
    receive(store, manager, (goods.strict, ["SN1", "SN2"]))
    sale = sell(store, manager, (goods.strict, ["SN1"]))
    receive(other_store, other_manager, (goods.plain, 2))
    sent = transfer(other_store, store, other_manager, (goods.plain, 2))
    unidentified = post_document(
        draft("receipt", store, manager, [(goods.recorded, 2)]).pk,
        by=access_of(manager),
        now=timezone.now(),
        without_serials="the lorry waits",
    )
    now, by = timezone.now(), access_of(manager)
    nothing = start_count(store, scope=Scope.PRODUCTS, products=[goods.period], by=by, now=now)
    closed_count = close_count(nothing.pk, by=by, now=now)
    count = start_count(store, scope=Scope.ALL, by=by, now=now)
    count_unit(count.pk, "NEW", by=by, now=now)
    return World(
        closed_count=closed_count,
        count=count,
        counted=Scan.objects.get(),
        sent=sent,
        arrival_draft=start_arrival(sent.pk, by=access_of(manager)),
        unidentified=unidentified,
        return_draft=draft(Kind.CUSTOMER_RETURN, store, manager, []),
        store=store,
        goods=goods,
        sale=sale,
        sale_draft=draft("sale", store, manager, [(goods.strict, ["SN2"])]),
        receipt_draft=draft("receipt", store, manager, [(goods.plain, 1)]),
        supplier=Supplier.objects.create(name="Wholesale"),
        customer=Customer.objects.create(name="Iryna", phone="+380 50 000 00 00"),
        card=Card.objects.get(),
        design=save_design(
            None, starting_values(None, language="en"), by=access_of(admin), now=now, version=0
        ),
        unit=Serial.objects.get(key="SN1"),
        people={
            "stranger": stranger,
            "cashier": cashier,
            "storekeeper": storekeeper,
            "technician": technician,
            "manager": manager,
            "other_manager": other_manager,
            "admin": admin,
        },
    )


@lasting
def browsers(world) -> dict[str, Client]:
    """One for each role, signed in. What breaks is an answer 500 to them, with its log."""
    browsers = {role: signed_in(person) for role, person in world.people.items()}
    for browser in browsers.values():
        browser.raise_request_exception = False
    return browsers


class Asking:
    """One route, asked by many: each finds the same world, as what was done is undone."""

    def __init__(self, name: str, world: World) -> None:
        self.name, self.route = name, TABLE[name]
        self.url = reverse(name, args=self.route.args(world))
        self.data = self.route.data(world)

    def __call__(self, browser: Client, method: str = "") -> Any:
        with transaction.atomic():
            if method:
                answer = getattr(browser, method)(self.url)
            else:
                answer = getattr(browser, self.route.method)(self.url, self.data)
            transaction.set_rollback(True)
        return answer

    def expected_of(self, role: str) -> set[int]:
        if role in self.route.allowed:
            return {200, 302, 422}
        told = FORBIDDEN if role in self.route.sees else self.route.otherwise
        return {STRANGER_TO_START.get(self.name, {}).get(role, told)}


@pytest.mark.parametrize("name", sorted(TABLE))
def test_each_role_gets_what_the_table_says_and_nobody_else_anything(name, world, browsers):
    ask = Asking(name, world)
    wrong = []
    for role, browser in browsers.items():
        answer = ask(browser)
        if answer.status_code not in ask.expected_of(role) or _leads_to_the_sign_in(answer):
            wrong.append((name, role, answer.status_code))
    answer = ask(Client())
    if not _is_for_anybody(ask, answer):
        wrong.append((name, "not signed in", answer.status_code))
    # A page that only reads refuses to be posted to, and the other way round: never a 500.
    other = {"get": "post", "post": "get"}[ask.route.method]
    answer = ask(browsers["admin"], other)
    if answer.status_code not in {200, 302, 405, 422}:
        wrong.append((name, other, answer.status_code))
    assert wrong == []


def _leads_to_the_sign_in(answer: Any) -> bool:
    return answer.headers.get("Location", "").startswith("/sign-in/?next")


def _is_for_anybody(ask: Asking, answer: Any) -> bool:
    """Whether somebody not signed in got what they should: mostly the sign-in."""
    if ask.name in FOR_ANYBODY:
        fitting = {200, 302} if ask.route.allowed else {HIDDEN}
        return answer.status_code in fitting and not _leads_to_the_sign_in(answer)
    if answer.status_code == 422:  # what was typed is kept by the page of the sign-in
        return "company/sign_in.html" in {each.name for each in answer.templates}
    return answer.status_code == 302 and answer.headers["Location"].startswith("/sign-in/")


STARTERS = {
    Kind.RECEIPT: RECEIVERS,
    Kind.SALE: SELLERS,
    Kind.CUSTOMER_RETURN: SELLERS,
    Kind.EXCHANGE: SELLERS,
    Kind.SUPPLIER_RETURN: MANAGERS,
    Kind.WRITE_OFF: MANAGERS,
    Kind.TRANSFER: RECEIVERS,
    Kind.SURPLUS: MANAGERS,
    Kind.SET_ASIDE: RECEIVERS | {"technician"},
    Kind.PUT_BACK: RECEIVERS | {"technician"},
}
"""Who may make which kind of document; the others go on from an earlier one."""


@pytest.mark.parametrize("kind", Kind.values)
def test_each_role_starts_the_documents_it_may(kind, world, browsers):
    url = reverse("documents:start", args=[kind])
    wrong = []
    for role in sorted(MEMBERS):
        expected = HIDDEN
        if kind in STARTERS:
            expected = 302 if role in STARTERS[kind] else FORBIDDEN
        status = browsers[role].post(url).status_code
        if status != expected:
            wrong.append((kind, role, status))
    assert wrong == []
