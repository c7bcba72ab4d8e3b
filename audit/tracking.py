"""What is tracked: an explicit list of columns, so that a new secret is never among them.

A column of a tracked table is either in `columns` or, knowingly, in `left_out`: a test sees to it.
One that ends with `!` is told of without its values. The triggers have their own copy of these
lists, in migrations: who adds a column here writes a migration with `operations.Track`, too.
"""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True)
class Tracked:
    """A table whose changes are told: of which kind of thing, and which columns.

    `key` is the column with the id of the thing, `name` the one with its name, if it has one.
    """

    kind: str
    table: str
    columns: tuple[str, ...]
    left_out: tuple[str, ...] = ("id",)
    key: str = "id"
    name: str = ""
    part: str = ""

    @property
    def arguments(self) -> tuple[str, ...]:
        """What the trigger is given."""
        return (self.kind, self.key, self.name, self.part, *self.columns)


_PERIODS = ("period_count", "period_unit", "supplier_period_count", "supplier_period_unit")

TRACKED = (
    Tracked(
        "company.company",
        "company_company",
        (
            "name", "currency", "lock_date", "customer_required", "return_window_days",
            "replacement", "replacement_days", "extension", "extension_months", "public_address",
            "idle_minutes", "second_factor", "pins_allowed",
        ),
        name="name",
    ),
    Tracked(
        "company.store",
        "company_store",
        ("name", "prefix", "address", "phone", "time_zone", "language", "is_active"),
        name="name",
    ),
    Tracked(
        "company.user",
        "company_user",
        (
            "username", "first_name", "last_name", "email", "is_admin", "is_active", "language",
            "is_staff", "is_superuser", "password!", "second_factor_at",
        ),
        left_out=("id", "last_login", "date_joined", "invited_at"),
        name="username",
    ),
    Tracked(
        "company.user",
        "company_membership",
        ("store_id", "role"),
        left_out=("id", "user_id"),
        key="user_id",
        part="role",
    ),
    Tracked(
        "partners.supplier",
        "partners_supplier",
        ("name", "phone", "email", "is_active"),
        name="name",
    ),
    Tracked(
        "partners.customer",
        "partners_customer",
        ("name", "phone", "email"),
        left_out=("id", "phone_digits", "searched", "created_at", "erased_at", "erased_by_id"),
        name="name",
    ),
    Tracked(
        "products.producttype",
        "products_producttype",
        (
            "name", "default_mode", *_PERIODS, "extension", "extension_months", "replacement",
            "replacement_days", "card_paper", "serial_format", "serial_mask", "on_bad_format",
        ),
        name="name",
    ),
    Tracked(
        "products.product",
        "products_product",
        ("sku", "name", "type_id", "barcode", "price", "mode", *_PERIODS, "is_active"),
        left_out=("id", "gtin14", "version", "updated_at"),
        name="name",
    ),
    Tracked(
        "warranty.carddesign",
        "warranty_carddesign",
        ("withdrawn", "title", "text", "shows", "logo_id", "paper", "language"),
        left_out=("id", "type_id", "version", "made_by_id", "made_at"),
        key="type_id",
    ),
)  # fmt: skip
"""The thing that a card design is about is its product type, 0 for the general cards."""
