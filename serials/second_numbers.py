"""The second numbers of units: entered with a receipt or by a person, taken off, never forgotten.

A number names one unit of a product, as its own or as its second one: PostgreSQL keeps that by a
lock on the product's row (migration 0007), so who enters second numbers takes that lock first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from company.models import User
from products.models import Product, SerialFormat

from .checking import check_second
from .models import PlaceKind, SecondNumber, Serial
from .stock import Seconds, Stock, Unit, integers, known_serials, run
from .text import LONGEST, SerialText, read_serial


def may_have_second(product: Product) -> bool:
    """Whether units of a product may have a second number: where its type's format is the IMEI."""
    return product.asks_serials and product.type.serial_format == SerialFormat.IMEI


def second_numbers(serial_ids: Collection[int]) -> Mapping[int, SerialText]:
    """The second numbers that these units have now, by the unit's id: one statement at most."""
    if not serial_ids:
        return {}
    rows = SecondNumber.objects.filter(serial__in=serial_ids, removed_at=None)
    return {
        pk: SerialText(text, key) for pk, text, key in rows.values_list("serial_id", "text", "key")
    }


def second_of(serial_id: int | None) -> SerialText | None:
    """The second number of one unit, if it has one."""
    return None if serial_id is None else second_numbers([serial_id]).get(serial_id)


def enter_seconds(stock: Stock, ids: Mapping[Unit, int], *, posting_id: int) -> None:
    """Enter the second numbers of a posting's lines: one statement, none without any."""
    entered = [
        (line.product_id, ids[line.product_id, key], second)
        for line in stock.lines
        for key, second in line.seconds.items()
        if (line.product_id, second.key) not in stock.seconds.named
    ]
    if not entered:
        return
    run(
        """
        INSERT INTO serials_secondnumber (product_id, serial_id, text, key, posting_id)
        SELECT product_id, serial_id, text, key, %s
        FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[])
            AS entered (product_id, serial_id, text, key)
        ORDER BY product_id, key
        """,
        [
            posting_id,
            integers(product_id for product_id, _pk, _second in entered),
            integers(pk for _product_id, pk, _second in entered),
            [second.text for *_, second in entered],
            [second.key for *_, second in entered],
        ],
    )


def hand_on_second(posting_id: int, *, from_id: int, to_id: int) -> None:
    """The unit is another one than was written: its second number goes with it, by a correction."""
    run(
        """
        UPDATE serials_secondnumber SET removed_at = now(), removing_id = %s
        WHERE serial_id = %s AND removed_at IS NULL
        """,
        [posting_id, from_id],
    )
    run(
        """
        INSERT INTO serials_secondnumber (product_id, serial_id, text, key, posting_id)
        SELECT product_id, %s, text, key, %s FROM serials_secondnumber
        WHERE serial_id = %s AND removing_id = %s
        """,
        [to_id, posting_id, from_id, posting_id],
    )


def undo_seconds(posting_id: int, *, reversal_id: int) -> None:
    """Second numbers as they were before a posting that is reversed: two statements.

    Those it entered go, and those of units that are unknown again; those it took off come back,
    unless the number names another unit by now.
    """
    run(
        """
        UPDATE serials_secondnumber second SET removed_at = now(), removing_id = %s
        FROM serials_ledgerentry entry
        JOIN serials_serial serial ON serial.id = entry.serial_id
        JOIN serials_place place ON place.id = serial.place_id
        WHERE entry.posting_id = %s AND second.serial_id = serial.id AND second.removed_at IS NULL
          AND (second.posting_id = entry.posting_id OR place.kind = 'outside')
        """,
        [reversal_id, posting_id],
    )
    run(
        """
        INSERT INTO serials_secondnumber (product_id, serial_id, text, key, posting_id)
        SELECT taken.product_id, taken.serial_id, taken.text, taken.key, %s
        FROM serials_secondnumber taken
        WHERE taken.removing_id = %s AND NOT EXISTS (
            SELECT FROM serials_called called
            WHERE (called.product_id, called.key) = (taken.product_id, taken.key)
        )
        """,
        [reversal_id, posting_id],
    )


@transaction.atomic
def change_second(
    serial_pk: int, entered: str, *, reason: str, by: User, now: dt.datetime
) -> SecondNumber | None:
    """Give a unit this second number, or none when nothing was entered; the last one is kept.

    Who may is for the caller to ask. Raises ValidationError, by field, and Serial.DoesNotExist.
    """
    serial = Serial.objects.select_related("product__type", "place").get(pk=serial_pk)
    Product.objects.select_for_update(no_key=True).get(pk=serial.product_id)
    wanted = read_serial(entered)
    has = SecondNumber.objects.filter(serial=serial, removed_at=None).first()
    wrong = _what_is_wrong(serial, wanted, has, reason=reason)
    if wrong:
        raise ValidationError(wrong)
    because = reason.strip()[:200]
    if has is not None:
        has.removed_at, has.removed_by, has.removed_because = now, by, because
        has.save(update_fields=["removed_at", "removed_by", "removed_because"])
    if not wanted.key:
        return None
    return SecondNumber.objects.create(
        product_id=serial.product_id,
        serial=serial,
        text=wanted.text,
        key=wanted.key,
        entered_at=now,
        entered_by=by,
        reason=because,
    )


def _what_is_wrong(
    serial: Serial, wanted: SerialText, has: SecondNumber | None, *, reason: str
) -> dict[str, str]:
    """What stops the change, by field; nothing when it can be made."""
    wrong: dict[str, str] = {}
    if not reason.strip():
        wrong["reason"] = _("Give the reason.")
    if wanted.key == (has.key if has else ""):
        wrong["second"] = _("This is what stands there. Enter what has to stand there instead.")
    elif wanted.key and serial.place.kind == PlaceKind.OUTSIDE:
        wrong["second"] = _("Nobody has this unit: enter the number when it is received.")
    elif len(wanted.key) > LONGEST or len(wanted.text) > LONGEST:
        words = _("A serial number has at most %(most)d characters.")
        wrong["second"] = words % {"most": LONGEST}
    elif wanted.key and (refused := _refused(serial, wanted)):
        wrong["second"] = refused
    return wrong


def _refused(serial: Serial, wanted: SerialText) -> str:
    named = known_serials([(serial.product_id, wanted.key)])
    own = SerialText(serial.text, serial.key)
    refused = check_second(own, wanted, serial.product, None, Seconds(named))
    return refused.message if refused else ""


def history_of(serial_pk: int) -> Sequence[SecondNumber]:
    """All second numbers that a unit ever had, the newest first: one statement."""
    rows = SecondNumber.objects.filter(serial=serial_pk).order_by("-pk")
    return list(rows.select_related("entered_by", "removed_by", "posting", "removing"))
