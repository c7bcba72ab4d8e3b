"""Finding what somebody brings: by serial, warranty card or sale number."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence

from company.access import Access
from company.models import Store
from documents.models import Line
from documents.sold import sale_numbered, units_left
from partners.models import Customer
from products.finding import products_coded
from products.models import Product
from products.modes import SERIAL_MODES, Mode
from serials.models import IN_STORE, Serial
from serials.reading_scans import Reading
from serials.scanned import read_scan
from serials.states import State, state_of
from warranty.models import Card
from warranty.queries import cards_numbered
from warranty.scanned_cards import number_of_card

from .goods import Goods, may_be_named, read_goods, what_is_in_the_way
from .models import Repair
from .refusals import Refused
from .subjects import Subject, SubjectKind

MOST_FOUND = 50
"""Things offered for one text."""
SHORTEST_ENDING = 4
"""Characters of a serial's ending that are enough to find it by, when nothing is called so."""
LOOKED_AT = 400
"""How many serials with a common ending are looked at for those the person may see."""
MOST_ENDING = 20


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """One thing that may have been brought, with what the intake page shows of it.

    `sold_on` is the line that sold it (its document has the customer and the day), `card` the
    warranty card it has now, `proposed` the Payer that its term says today. `refusals` say why it
    can't be taken in here. `earlier` are the earlier repairs that the person may see.
    """

    subject: Subject
    product: Product
    serial: Serial | None
    state: State | None
    card: Card | None
    sold_on: Line | None
    customer: Customer | None
    proposed: str
    earlier: Sequence[Repair]
    refusals: Sequence[Refused]


def find(text: str, *, store: Store, access: Access, today: dt.date) -> Sequence[Found]:
    """What a scanned or typed text may be, at this store: a constant number of statements.

    An exact serial number (of several products perhaps), the number of a card, that of a sale
    (its lines, of those with serial numbers each unit that did not come back), or the barcode or
    SKU of own stock without serial numbers. Of what is none of these, the last characters of a
    serial number that the person may see.
    """
    return find_read(read(text), store=store, access=access, today=today)


def read(text: str) -> Reading:
    """How a scan at the intake is meant."""
    return read_scan(number_of_card(text) or text, also=[cards_numbered])


def find_read(reading: Reading, *, store: Store, access: Access, today: dt.date) -> Sequence[Found]:
    """The same of a text that was read; a GS1 code means the unit of its own product."""
    key = reading.serial.key
    if not key or reading.wrong:
        return []
    if reading.is_unit:
        subjects = _units(key, gtin=reading.gtin)
    else:
        subjects = [
            *_units(key), *_cards(key), *_of_sale(key, access=access), *_own_products(key)
        ]  # fmt: skip
        if not subjects and len(key) >= SHORTEST_ENDING:
            subjects = _ending(key, access=access)
    return _shown(subjects[:MOST_FOUND], store=store, access=access, today=today)


def found(subject: Subject, *, store: Store, access: Access, today: dt.date) -> Found | None:
    """The same of a subject that was chosen; None when there is no such thing."""
    return next(iter(_shown([subject], store=store, access=access, today=today)), None)


def _units(key: str, *, gtin: str = "") -> list[Subject]:
    """Units this very number names: our own stock, or a customer's; recorded ones may be either."""
    serials = Serial.objects.called(key).select_related("product", "place")
    if gtin:
        serials = serials.filter(product__gtin14=gtin)
    return _subjects_of(serials[:MOST_FOUND])


def _ending(key: str, *, access: Access) -> list[Subject]:
    """Units whose number ends so, of a fixed number of candidates: three statements."""
    first = Serial.objects.ids_ending_with(key, LOOKED_AT)
    own = Serial.objects.visible_to(access).filter(pk__in=first)
    return _subjects_of(own.select_related("product", "place").order_by("-pk")[:MOST_ENDING])


def _subjects_of(serials: Iterable[Serial]) -> list[Subject]:
    subjects = []
    for serial in serials:
        in_store = serial.place.kind in IN_STORE
        if in_store:
            subjects.append(Subject(SubjectKind.OWN_SERIAL, serial.pk))
        if not in_store or serial.product.mode != Mode.STRICT:
            subjects.append(Subject(SubjectKind.SERIAL, serial.pk))
    return subjects


def _cards(key: str) -> list[Subject]:
    ids = Card.objects.filter(number=key).values_list("pk", flat=True)
    return [Subject(SubjectKind.CARD, pk) for pk in ids]


def _of_sale(key: str, *, access: Access) -> list[Subject]:
    """What a sale sold and did not come back, in the order of its lines."""
    sale = sale_numbered(key, access=access)
    if sale is None:
        return []
    lines = list(sale.lines.filter(origin=None).select_related("product").order_by("position"))
    numbered = [line for line in lines if (line.mode or line.product.mode) in SERIAL_MODES]
    units = units_left(numbered, limit=MOST_FOUND) if numbered else []
    keys = {(unit.product_id, unit.key) for unit in units}
    serials = {
        (serial.product_id, serial.key): serial.pk
        for serial in Serial.objects.filter(key__in={key for _, key in keys})
    }
    by_line: dict[int, list[Subject]] = {}
    for unit in units:
        pk = serials.get((unit.product_id, unit.key))
        if pk is not None:
            of_line = by_line.setdefault(_sold_by(unit.line), [])
            of_line.append(Subject(SubjectKind.SERIAL, pk))
    return [
        subject
        for line in lines
        for subject in (
            by_line.get(line.pk, []) if line in numbered else [Subject(SubjectKind.LINE, line.pk)]
        )
    ]


def _sold_by(line: Line) -> int:
    """The line of the sale that a unit is of: its own, or the one whose units it entered."""
    return line.origin_id or line.pk


def _own_products(key: str) -> list[Subject]:
    return [
        Subject(SubjectKind.OWN_PRODUCT, product.pk)
        for product in products_coded(key)
        if product.mode not in SERIAL_MODES
    ]


def _shown(
    subjects: Iterable[Subject], *, store: Store, access: Access, today: dt.date
) -> list[Found]:
    goods = read_goods(subjects)
    earlier = _earlier(goods, access=access)
    return [
        Found(
            subject=one.subject,
            product=one.product,
            serial=one.serial,
            state=state_of(one.serial.place.kind) if one.serial else None,
            card=one.card,
            sold_on=one.sold_on,
            customer=_customer(one, access=access),
            proposed=one.proposed(today),
            earlier=[
                repair
                for repair in earlier
                if (one.serial and repair.serial_id == one.serial.pk)
                or (one.card and repair.claim.card_id == one.card.pk)
            ],
            refusals=what_is_in_the_way(one, store=store, access=access),
        )
        for one in goods
        if may_be_named(one, access=access)
    ]


def _customer(goods: Goods, *, access: Access) -> Customer | None:
    """Who bought it, when the sale is one that the person may open; nobody who was erased."""
    line = goods.sold_on
    if line is None or goods.subject.is_own or not access.sees(line.document.store_id):
        return None
    customer = line.document.customer
    return None if customer is None or customer.erased_at else customer


def _earlier(goods: Sequence[Goods], *, access: Access) -> list[Repair]:
    serials = {one.serial.pk for one in goods if one.serial}
    cards = {one.card.pk for one in goods if one.card}
    if not serials and not cards:
        return []
    # Each way by its own index: of both at once PostgreSQL reads all repairs.
    either = Repair.objects.filter(serial__in=serials).values("pk")
    either = either.union(Repair.objects.filter(claim__card__in=cards).values("pk"))
    repairs = Repair.objects.visible_to(access).filter(pk__in=either)
    return list(repairs.select_related("claim", "store").order_by("-pk"))
