"""Writing files of suppliers and customers, as somebody does who has seen what they come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, connection, transaction

from company.access import Access
from company.constraints import broken_constraint
from company.import_outcome import Changed, Outcome
from company.rights import Right
from company.tables import Table

from .import_fields import Partner
from .judging_files import Judged, judge_partners
from .models import Customer, Supplier
from .saving import require_any

MAY_IMPORT: Mapping[type[Partner], Sequence[Right]] = {
    Supplier: (Right.RECEIVE,),
    Customer: (Right.SELL,),
}


def import_partners(
    model: type[Partner], table: Table, *, clears: bool, seen: str, by: Access
) -> Outcome:
    """Write the good rows of a file that comes to what was `seen`, all or none of them.

    A constant number of statements. Raises Changed, PermissionDenied.
    """
    require_any(by, *MAY_IMPORT[model])
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(_LOCK[model])
            judged = judge_partners(model, table, clears=clears)
            if judged.outcome.fingerprint != seen:
                raise Changed
            _write(model, judged)
            return judged.outcome
    except IntegrityError as error:
        if broken_constraint(error) == "partners_supplier_name_key":
            raise Changed from error
        raise


_LOCK: Mapping[type[Partner], str] = {
    Supplier: "LOCK TABLE partners_supplier IN SHARE ROW EXCLUSIVE MODE",
    Customer: "LOCK TABLE partners_customer IN SHARE ROW EXCLUSIVE MODE",
}


def _write(model: type[Partner], judged: Judged) -> None:
    manager: Any = model._default_manager
    manager.bulk_create(judged.new)
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE[model], [
            [getattr(partner, field) for partner in judged.changed]
            for field in ("pk", "name", "phone", "email", "is_active")
            if model is Supplier or field != "is_active"
        ])  # fmt: skip


_UPDATE: Mapping[type[Partner], str] = {
    Supplier: """
        UPDATE partners_supplier supplier
        SET name = given.name, phone = given.phone, email = given.email,
            is_active = given.is_active
        FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::boolean[])
            AS given (id, name, phone, email, is_active)
        WHERE supplier.id = given.id
        """,
    Customer: """
        UPDATE partners_customer customer
        SET name = given.name, phone = given.phone, email = given.email
        FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[])
            AS given (id, name, phone, email)
        WHERE customer.id = given.id
        """,
}
