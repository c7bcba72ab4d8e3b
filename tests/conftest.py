"""The cast and the stage of every test: two stores, the people of one of them, and a stranger."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings as django_settings
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import Client, override_settings

from company.models import Membership, Store, User
from company.rights import Role
from tests.shop import Goods, make_goods

PASSWORD = "a-long-passphrase-7"


@pytest.fixture(scope="session", autouse=True)
def _fast_and_plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Cheap password hashing, static files without a manifest, uploads where they go away."""
    storages = django_settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    media = tmp_path_factory.mktemp("media")
    with override_settings(
        STORAGES=storages,
        PASSWORD_HASHERS=hashers,
        MEDIA_ROOT=media,
        AXES_ENABLED=False,  # who tests it turns it on: tests/company/test_throttling.py
    ):
        yield


@pytest.fixture(scope="session", autouse=True)
def _flush_past_the_triggers() -> Iterator[None]:
    """Let the tests empty the append-only tables between them, as only a superuser could."""
    original = DatabaseOperations.execute_sql_flush

    def flush(self: DatabaseOperations, sql_list: list[str]) -> None:
        off, on = (f"SET session_replication_role = {role}" for role in ("replica", "origin"))
        original(self, [off, *sql_list, on])

    DatabaseOperations.execute_sql_flush = flush
    yield
    DatabaseOperations.execute_sql_flush = original


@pytest.fixture
def store(db) -> Store:
    return Store.objects.create(name="Podil", prefix="KY1", address="Kontraktova 4, Kyiv")


@pytest.fixture
def other_store(db) -> Store:
    return Store.objects.create(name="Lviv", prefix="LV1", address="Rynok 10, Lviv")


def _person(name: str, *roles: tuple[Store, str], is_admin: bool = False) -> User:
    user = User.objects.create_user(name, password=PASSWORD, is_admin=is_admin)
    Membership.objects.bulk_create(Membership(user=user, store=at, role=role) for at, role in roles)
    return user


@pytest.fixture
def cashier(store: Store) -> User:
    return _person("cashier", (store, Role.CASHIER))


@pytest.fixture
def storekeeper(store: Store) -> User:
    return _person("storekeeper", (store, Role.STOREKEEPER))


@pytest.fixture
def technician(store: Store) -> User:
    return _person("technician", (store, Role.TECHNICIAN))


@pytest.fixture
def manager(store: Store) -> User:
    return _person("manager", (store, Role.MANAGER))


@pytest.fixture
def other_manager(other_store: Store) -> User:
    """The manager of the other store, who has nothing to do with this one."""
    return _person("other-manager", (other_store, Role.MANAGER))


@pytest.fixture
def admin(db) -> User:
    return _person("admin", is_admin=True)


@pytest.fixture
def stranger(db) -> User:
    """Somebody who may sign in but belongs to no store."""
    return _person("stranger")


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """A browser with this person signed in."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def goods(db) -> Goods:
    """One product in each mode of accounting."""
    return make_goods()
