"""Which pages are measured: every one that the URLconf has, filters, deep pages and searches."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from documents.models import Kind

from .loading import rows_of

DEEP = 1_000
PAGE = 30
MANAGER, CASHIER, ADMIN = "bench", "bench cashier", "bench admin"
"""A manager of all stores, a cashier of the smallest one, and an admin of none."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A page: who asks for it, where, with what. `deep` is page 1,000 of the page named so, or
    the last one; a `report` reads everything and may take a second; a `fragment` follows a page."""

    name: str
    path: str
    query: dict[str, Any] = dataclasses.field(default_factory=dict)
    who: str = MANAGER
    deep: str = ""
    report: bool = False
    fragment: bool = False


REPORTS = {"/", "/reports/claims/", "/counts/accuracy/"}
ADDED_UP = {"older_than", "warranty", "on"}
"""Filters for which totals go through the units, or back through the ledger."""


def lists(clients: dict[str, Client]) -> Iterator[Asked]:
    """Every page without arguments in its address that there is, as found in the URLconf."""
    for route in _routes(get_resolver().url_patterns):
        if "<" in route or "(" in route or "export" in route:
            continue
        path = f"/{route}"
        for who in (MANAGER, ADMIN):
            answer = clients[who].get(path)
            if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
                yield Asked(name=path, path=path, who=who, report=path in REPORTS)
                break


def _routes(patterns: list[Any], start: str = "") -> Iterator[str]:
    for each in patterns:
        route = start + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _routes(each.url_patterns, route)
        elif isinstance(each, URLPattern):
            yield route


def filtered() -> Iterator[Asked]:
    """Lists with each of their filters, rare values and common ones; and pages of one thing."""
    today = timezone.localdate()
    ago = [today.fromordinal(today.toordinal() - days).isoformat() for days in range(800)]
    common, rare = "B-1", "B-37"
    documents = reverse("documents:list")
    for kind in Kind.values:
        yield _list("documents", documents, kind=kind)
    for name, query in {
        "drafts": {"status": "draft"},
        "cancelled": {"status": "cancelled"},
        "of a store": {"store": "5"},
        "of a week": {"since": ago[407], "until": ago[400]},
        "until a day": {"until": ago[700]},
        "of a common customer": {"partner": "Danylo Kovalenko 1"},
        "of a name": {"partner": "Olena"},
        "of a phone": {"partner": "+380 67 0007919"},
        "of a common product": {"product": common},
        "of a rare product": {"product": rare},
        "of words": {"product": "drill"},
        "of a serial": {"serial": _a("text", "serials_serial")},
        "of an author": {"author": "2"},
        "by part of a number": {"q": "000042"},
    }.items():
        yield _list("documents", documents, name, **query)
    stock = reverse("backoffice:stock")
    for name, query in {
        "sold": {"state": "sold"},
        "anywhere": {"state": "anywhere"},
        "at the supplier": {"state": "at_supplier"},
        "of a store": {"store": "5"},
        "of a common product": {"product": common},
        "of a rare product": {"product": rare},
        "of a type": {"type": "2"},
        "older than 20 days": {"older_than": "20"},
        "older than all": {"older_than": "1095"},
        "sold, in warranty": {"warranty": "covered"},
        "supplier's warranty over": {"warranty": "supplier_over"},
        "of 20 days ago": {"on": ago[20]},
    }.items():
        yield _list("stock", stock, name, **query)
        totals, adds_up = reverse("backoffice:stock_totals"), bool(ADDED_UP & {*query})
        yield _list("stock totals", totals, name, report=adds_up, **query)
        yield _list("units counted", totals, name, report=adds_up, fragment=True, **query)
    held = reverse("backoffice:under_warranty")
    for name, query in {
        "ends soon": {"show": "soon"},
        "over": {"show": "over"},
        "in repair": {"show": "in_repair"},
        "within 7 days": {"within": "7"},
        "of a store": {"store": "5"},
        "of a common product": {"product": common},
        "of a rare product": {"product": rare},
        "over, of a common product": {"product": common, "show": "over"},
        "of a type": {"type": "2"},
        "of a customer": {"customer": "Danylo Kovalenko 1"},
        "of many customers": {"customer": "Olena"},
    }.items():
        yield _list("under warranty", held, name, **query)
        yield _list("cards counted", held, name, fragment=True, totals="1", **query)
    claims = reverse("backoffice:claims")
    for name, query in {
        "a year": {"since": ago[365]},
        "all years": {"since": ago[799]},
        "of a common product": {"product": common, "since": ago[365]},
        "of a supplier": {"supplier": "1", "since": ago[365]},
    }.items():
        yield _list("claims", claims, name, report=True, **query)
    wrong = reverse("backoffice:mismatches")
    for name, query in {
        "sold": {"what": "sold"},
        "received": {"what": "received"},
        "returned": {"what": "returned"},
        "of a product": {"product": "B-5"},
    }.items():
        yield _list("mismatches", wrong, name, **query)
    board = reverse("repairs:board")
    for name, query in {
        "ended": {"ended": "1"},
        "overdue": {"overdue": "1"},
        "in work": {"status": "in_work"},
        "of a customer": {"q": "Danylo", "ended": "1"},
        "of a number": {"q": "BN1-RP", "ended": "1"},
    }.items():
        yield _list("repairs", board, name, **query)
    products = reverse("products:list")
    for name, query in {
        "words": {"q": "drill 11"},
        "of a type": {"type": "2"},
        "of a mode": {"mode": "recorded"},
    }.items():
        yield _list("products", products, name, **query)
    customers = reverse("partners:customers")
    yield _list("customers", customers, "a name", q="Olena Bondar")
    yield _list("customers", customers, "a rare name", q="Melnyk 777")
    yield _list("customers", customers, "no such name", q="Nobody")
    yield _list("customers", customers, "last 4 of a phone", q="7919")
    yield from _things()


def _things() -> Iterator[Asked]:
    """Pages of one thing, the largest of its kind among them."""
    document = "documents_document"
    big_sale = _a(
        "document_id", "documents_lineserial", "GROUP BY document_id ORDER BY count(*) DESC"
    )
    yield Asked(name="serial sold fifty times", path=reverse("backoffice:serial", args=[1]))
    yield Asked(
        name="serial under a repair",
        path=reverse("backoffice:serial", args=[_a("serial_id", "repairs_repair")]),
    )
    yield Asked(name="largest document", path=reverse("documents:document", args=[big_sale]))
    draft = _a("id", document, "WHERE status = 'draft' AND store_id = 1")
    yield Asked(name="draft", path=reverse("documents:document", args=[draft]))
    yield Asked(name="common product", path=reverse("products:product", args=[1]))
    yield Asked(
        name="card",
        path=reverse("warranty:card", args=[_a("number", "warranty_card", "OFFSET 99")]),
    )
    yield Asked(
        name="public page of a card",
        path=reverse("public:card", args=[_a("token", "warranty_card")]),
    )
    yield Asked(name="repair", path=reverse("repairs:repair", args=[_a("id", "repairs_repair")]))
    yield Asked(name="count under way", path=reverse("inventory:count", args=[201]))
    yield Asked(name="closed count", path=reverse("inventory:report", args=[200]))


def deep_pages() -> Iterator[Asked]:
    """Page 1,000, or the last that is full, of what has many pages."""
    documents = "documents_document WHERE status <> 'draft'"
    yield _deep("/documents/", "before", "id", documents, "id DESC")
    yield _deep(
        "/stock/", "after", "product_id || '.' || key",
        "serials_serial serial JOIN serials_place place ON place.id = place_id"
        " WHERE place.kind IN ('shelf', 'defective', 'transit')",
        "product_id, key",
    )  # fmt: skip
    yield _deep(
        "stock, sold", "after", "product_id || '.' || key",
        "serials_serial serial JOIN serials_place place ON place.id = place_id"
        " WHERE place.kind = 'customer'",
        "product_id, key", path="/stock/", state="sold",
    )  # fmt: skip
    yield _deep("/stock/totals/", "after", "id || '.' || name", "products_product", "name, id")
    yield _deep("/products/", "after", "id || '.' || name", "products_product", "name, id")
    yield _deep(
        "/partners/customers/", "after", "id || '.' || name", "partners_customer", "name, id"
    )
    yield _deep(
        "/reports/under-warranty/", "after", "ends_on || '.' || id",
        "warranty_card WHERE void_on IS NULL AND ends_on >= current_date", "ends_on, id",
    )  # fmt: skip
    yield _deep(
        "under warranty, over", "after", "ends_on || '.' || id",
        "warranty_card WHERE void_on IS NULL AND ends_on < current_date",
        "ends_on DESC, id DESC", path="/reports/under-warranty/", show="over",
    )  # fmt: skip
    yield _deep(
        "repairs, ended", "after", "'0.' || id", "repairs_repair WHERE status = 'handed_back'",
        "id DESC", path="/repairs/", ended="1",
    )  # fmt: skip
    recorded = "serials_ledgerentry WHERE NOT verified AND serial_id IS NOT NULL"
    yield _deep("/reports/mismatches/", "before", "id", recorded, "id DESC")
    yield _deep("/counts/", "before", "id", "inventory_count", "id DESC")


def searches() -> Iterator[Asked]:
    """Everything that can be looked up, at each place where it can."""
    serial = _a("key", "serials_serial", "WHERE id > 1 AND product_id = 1")
    sold = _a("serial_text", "warranty_term", "WHERE serial_text LIKE 'SN%%' ORDER BY id DESC")
    common = _a("key", "serials_serial", "WHERE key LIKE '%%-2024'")
    number = _a("number", "documents_document", "WHERE kind = 'sale' OFFSET 99")
    large = _a(
        "number",
        "documents_document document JOIN documents_line line ON line.document_id = document.id"
        " WHERE kind = 'sale'",
        "GROUP BY number ORDER BY sum(quantity) DESC",
    )
    card = _a("number", "warranty_card", "OFFSET 99")
    phone = _a("phone", "partners_customer", "WHERE id = 1")
    texts = {
        "whole serial": serial,
        "serial of a sold unit": sold,
        "last 4 characters": serial[-4:],
        "last 5 characters": serial[-5:],
        "last 8 characters": serial[-8:],
        "last 4, very common": "2024",
        "last 5, very common": "-2024",
        "last 8, common": common[-8:],
        "no such ending": "QQ9Z",
        "beginning that all have": "SN00",
        "characters in the middle": serial[5:11],
        "card number": card,
        "document number": number,
        "number of the largest sale": large,
        "whole phone of the best customer": phone,
        "last 4 of a phone": re.sub("[^0-9]", "", phone)[-4:],
        "product name": "drill model",
        "customer name": "Olena Bondar",
        "nothing like it": "no such thing at all",
    }
    for name, text in texts.items():
        yield _search("search", reverse("backoffice:search"), name, text)
        yield _search("warranty check", reverse("backoffice:warranty"), name, text)
        yield _search("intake", reverse("repairs:take_in"), name, text)
        if not ("phone" in name or "number" in name or "name" in name):
            for state in ("", "anywhere"):
                yield Asked(
                    name=f"stock {state}: {name}".replace(" :", ":"),
                    path=reverse("backoffice:stock"),
                    query={"q": text, "state": state},
                )
        yield dataclasses.replace(
            _search("search", reverse("backoffice:search"), f"{name}, cashier", text),
            who=CASHIER,
        )
        yield dataclasses.replace(
            _search("warranty check", reverse("backoffice:warranty"), f"{name}, cashier", text),
            who=CASHIER,
        )


def _search(place: str, path: str, name: str, text: str) -> Asked:
    return Asked(name=f"{place}: {name}", path=path, query={"q": text})


def _list(
    of: str,
    path: str,
    name: str = "",
    *,
    report: bool = False,
    fragment: bool = False,
    **query: Any,
) -> Asked:
    words = name or " ".join(str(value) for value in query.values())
    return Asked(name=f"{of}, {words}", path=path, query=query, report=report, fragment=fragment)


def _a(column: str, table: str, rest: str = "") -> Any:
    return rows_of(f"SELECT {column} FROM {table} {rest} LIMIT 1")[0][0]


def _deep(
    name: str, parameter: str, cursor: str, rows: str, order: str, *, path: str = "", **query: str
) -> Asked:
    """Where the page begins is counted to: the product finds it by its key."""
    ((place,),) = rows_of(
        f"""
        WITH place AS (SELECT {cursor} AS cursor, row_number() OVER (ORDER BY {order}) AS nth
                       FROM {rows})
        SELECT cursor FROM place
        WHERE nth = greatest(1, least({PAGE * (DEEP - 1)}, (SELECT max(nth) FROM place) - {PAGE}))
        """
    )
    return Asked(
        name=f"{name}, page {DEEP:,}",
        path=path or name,
        query={**query, parameter: place},
        deep=name,
    )
