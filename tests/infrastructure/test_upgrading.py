"""A shop's database with a sale in it is brought up to date, from the release before repairs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import quote

import psycopg
import pytest
from django.conf import settings
from django.db import connection

BEFORE = {
    "company": "0002", "products": "0001", "partners": "0002", "serials": "0003",
    "warranty": "0003", "documents": "0006", "inventory": "0004",
}  # fmt: skip
"""The migrations of that release."""

SALE = """
SET session_replication_role = replica;  -- rows that are sound, without all that makes them
INSERT INTO company_company (id, name, currency, customer_required, return_window_days,
    replacement, replacement_days) VALUES (1, 'Shop', 'UAH', false, 14, 'at_least', 90);
INSERT INTO company_store (id, name, prefix, address, phone, time_zone, language, is_active)
    VALUES (1, 'Podil', 'KY1', '', '', 'Europe/Kyiv', 'en', true);
INSERT INTO company_user (id, password, is_superuser, username, first_name, last_name, email,
    is_staff, is_active, date_joined, is_admin, language)
    VALUES (1, '', false, 'taras', '', '', '', false, true, now(), false, 'en');
INSERT INTO products_producttype (id, name, default_mode, period_count, period_unit, card_paper,
    serial_format, serial_mask, on_bad_format)
    VALUES (1, 'Phones', 'strict', 12, 'months', 'a5', 'any', '', 'warn');
INSERT INTO products_product (id, sku, name, type_id, barcode, price, mode, period_unit, is_active,
    version, updated_at) VALUES (1, 'P1', 'Phone', 1, '', 100, 'period', '', true, 1, now());
INSERT INTO serials_place (id, kind, store_id) VALUES (1, 'shelf', 1), (2, 'customer', NULL);
INSERT INTO serials_posting (id, kind, store_id, effective_on, reference, posted_at, posted_by_id)
    VALUES (1, 'sale', 1, '2026-01-31', 'KY1-S2026-000001', now(), 1);
INSERT INTO serials_ledgerentry (id, posting_id, line, product_id, quantity, from_place_id,
    to_place_id, verified) VALUES (1, 1, 1, 1, 2, 1, 2, false);
INSERT INTO warranty_term (id, posting_id, sale_id, entry_id, line, product_id, quantity,
    product_name, sku, serial_text, period_count, period_unit, starts_on, ends_on, replacement)
    VALUES (1, 1, 1, 1, 1, 1, 2, 'Phone', 'P1', '', 12, 'months', '2026-01-31', '2027-01-31', '');
INSERT INTO warranty_card (number, term_id, unit)
    VALUES ('KY1-W2026-000001', 1, 1), ('KY1-W2026-000002', 1, 2);
"""


@pytest.fixture
def shop(transactional_db) -> Iterator[psycopg.Connection]:
    """An empty database of its own, beside that of the tests."""
    at = connection.settings_dict
    server = {"host": at["HOST"], "port": at["PORT"] or None, "user": at["USER"],
              "password": at["PASSWORD"] or None}  # fmt: skip
    name = f"upgraded_{os.getpid()}"
    with psycopg.connect(**server, dbname="postgres", autocommit=True) as keeper:
        keeper.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        keeper.execute(f"CREATE DATABASE {name}")
        with psycopg.connect(**server, dbname=name, autocommit=True) as database:
            yield database
        keeper.execute(f"DROP DATABASE {name} WITH (FORCE)")


MIGRATE = """
import sys
import django
from django.core.management import call_command
django.setup()
for words in sys.argv[1:]:
    call_command("migrate", *words.split(), verbosity=0)
"""


def migrate(shop: psycopg.Connection, *each: str) -> None:
    """`migrate` with each of these arguments, one after the other in one process."""
    at = shop.info
    host = quote(at.host, safe="")
    url = f"postgresql://{quote(at.user)}:{quote(at.password)}@{host}:{at.port}/{at.dbname}"
    done = subprocess.run(
        [sys.executable, "-c", MIGRATE, *each],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_a_shop_with_a_sale_is_brought_up_to_date(shop):
    migrate(shop, *(f"{app} {number}" for app, number in BEFORE.items()))
    shop.execute(SALE)
    shop.execute("SET session_replication_role = DEFAULT")

    migrate(shop, "")

    cards = shop.execute(
        "SELECT ends_on::text, token FROM warranty_card ORDER BY number"
    ).fetchall()
    assert [ends_on for ends_on, _token in cards] == ["2027-01-31", "2027-01-31"]
    assert len({token for _ends_on, token in cards}) == 2
    policies = "SELECT on_repair, on_replacement, on_replacement_days FROM warranty_term"
    assert shop.execute(policies).fetchall() == [("days", "at_least", 90)]
