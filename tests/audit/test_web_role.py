"""The role of web server and worker does its work, and can't touch what PostgreSQL keeps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from audit.checks import web_role_owns_nothing
from audit.forgetting import forget_customer
from audit.web_role import faults
from backoffice.stock_choice import Chosen
from backoffice.stock_files import request_file
from company.access import access_of
from company.models import RequestCount
from partners.models import Customer
from tests.backoffice.test_stock_files import run_jobs
from tests.inventory.conftest import begin, take
from tests.shop import decide, give_back, receive, sell, take_in, transfer
from warranty.printing import request_print

FORBIDDEN = """
UPDATE serials_ledgerentry SET quantity = 7
DELETE FROM serials_ledgerentry
TRUNCATE serials_ledgerentry CASCADE
UPDATE serials_posting SET reference = 'other'
DELETE FROM serials_posting
DELETE FROM serials_serial
INSERT INTO audit_change SELECT * FROM audit_change
UPDATE audit_change SET name = ''
DELETE FROM audit_change
TRUNCATE audit_change
SELECT audit_write('a', 1, '', '', 'added', '{}', '{}', '{}')
DELETE FROM django_migrations
ALTER TABLE serials_ledgerentry DISABLE TRIGGER ALL
ALTER TABLE audit_change DISABLE TRIGGER audit_change_append_only
DROP TRIGGER audit_change ON products_product
ALTER TABLE serials_ledgerentry DROP CONSTRAINT serials_entry_chain
DROP TABLE products_product CASCADE
CREATE TABLE mine ()
CREATE TEMPORARY TABLE audit_change ()
CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'
CREATE OR REPLACE FUNCTION serials_append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'
CREATE TRIGGER mine BEFORE INSERT ON products_product EXECUTE FUNCTION serials_append_only()
CREATE SCHEMA mine
SELECT setval('serials_posting_id_seq', 1)
SET session_replication_role = replica
SET ROLE postgres
CREATE ROLE mine
COPY products_product TO PROGRAM 'true'
""".strip().splitlines()


@pytest.fixture
def web(web_role: str, transactional_db: None) -> Iterator[psycopg.Connection]:
    known = connection.get_connection_params()
    reached = {
        name: known[name] for name in ("host", "port", "dbname", "password") if name in known
    }
    with closing(psycopg.connect(**reached, user=web_role, autocommit=True)) as server:
        yield server


def is_denied(web: psycopg.Connection, statement: str) -> bool:
    try:
        web.execute(statement)
    except psycopg.errors.InsufficientPrivilege:
        return True
    return False


def test_what_a_trigger_or_a_table_keeps_is_out_of_reach(web, store, manager, goods):
    receive(store, manager, (goods.strict, ["A1"]))
    for statement in FORBIDDEN:
        assert is_denied(web, statement), statement
    # An id may be locked with its row, and not be changed.
    with pytest.raises(psycopg.errors.CheckViolation):
        web.execute("UPDATE serials_posting SET id = id + 1")
    (owned,) = web.execute("""
        SELECT count(*) FROM pg_class WHERE relowner = (
            SELECT oid FROM pg_roles WHERE rolname = current_user
        )
    """).fetchone()
    assert owned == 0


def test_a_shop_works_under_it(as_web_role, store, other_store, manager, admin, goods, client_of):
    """Jobs, cards, repairs and the limit of public pages; the browser tests do all the rest."""
    assert faults() == []
    receive(store, manager, (goods.strict, ["A1", "A2", "A3"]), (goods.plain, 5))
    sale = sell(store, manager, (goods.strict, ["A1", "A2"]))
    give_back(sale, store, manager, (goods.strict, ["A2"]))
    transfer(store, other_store, manager, (goods.plain, 1))
    by, now = access_of(manager), timezone.now()
    request_print(sale.posting_id, by=by, now=now)
    chosen = Chosen(stores=by.store_ids, day=store.date_of(now))
    file = request_file(chosen, file_format="csv", filters="", by=by, now=now)
    run_jobs()
    file.refresh_from_db()
    assert file.status == "done"
    decide(take_in(store, manager, "A1"), manager, "warranty")
    take(begin(store, manager), manager, "A3")
    assert client_of(admin).get("/audit/").status_code == 200
    assert Client().get(f"/w/{'x' * 22}/").status_code == 404
    assert RequestCount.objects.exists()
    customer = Customer.objects.create(name="Iryna")
    assert forget_customer(customer.pk) == 1


@pytest.mark.django_db
def test_the_owner_is_warned_about() -> None:
    (warning,) = web_role_owns_nothing()
    assert warning.id == "audit.W001"
    assert "it owns tables" in warning.msg


@pytest.mark.django_db
def test_the_owner_is_not_given_to_the_web() -> None:
    with pytest.raises(CommandError, match="owner of the tables"):
        call_command("grant_web_role", connection.settings_dict["USER"])


@pytest.mark.django_db
def test_granting_again_changes_nothing(web_role: str) -> None:
    def rights() -> list[tuple[str, str]]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT relname, relacl::text FROM pg_class ORDER BY relname, oid")
            return cursor.fetchall()

    before = rights()
    call_command("grant_web_role", web_role, verbosity=0)
    assert rights() == before
