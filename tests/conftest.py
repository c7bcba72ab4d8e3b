"""The cast and the stage of every test: two stores, the people of one of them, and a stranger."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.test import Client, TransactionTestCase, override_settings
from hypothesis import settings as hypothesis_settings

from company.models import Membership, Store, User
from company.rights import Role
from company.sessions import SessionStore
from tests.lasting import Stage, Stagehand, for_lasting
from tests.shop import Goods, make_goods
from tests.web_role import connected_as, grant

# Whether an example is slow says more of the machine than of the program; pytest-timeout ends what
# hangs.
hypothesis_settings.register_profile("shop", deadline=None)
hypothesis_settings.load_profile("shop")

PASSWORD = "a-long-passphrase-7"
BACKEND = "django.contrib.auth.backends.ModelBackend"


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the collector of garbage need not look at it ever again.

    And it need not look as often as a program with little memory wants: that took 6 % of the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


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


EMPTY = """
    DO $$
    DECLARE
        one regclass;
        is_filled boolean;
    BEGIN
        SET LOCAL session_replication_role = replica;
        FOREACH one IN ARRAY %s::regclass[] LOOP
            EXECUTE format('LOCK %%s', one);
            EXECUTE format('SELECT EXISTS (SELECT FROM %%s)', one) INTO is_filled;
            IF is_filled THEN
                EXECUTE format('DELETE FROM %%s', one);
            END IF;
        END LOOP;
    END $$
"""


@pytest.fixture(scope="session", autouse=True)
def _emptied_past_the_triggers() -> Iterator[None]:
    """What tests committed is deleted, from append-only tables too, as only a superuser could.

    Django would truncate every table there is and make the permissions anew, for a test that
    filled ten of them.
    """
    original = TransactionTestCase._fixture_teardown

    def empty(self: TransactionTestCase) -> None:
        kept = {ContentType._meta.db_table, Permission._meta.db_table}
        names = connection.introspection.django_table_names(only_existing=True, include_views=False)
        quoted = [connection.ops.quote_name(name) for name in sorted({*names} - kept)]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(EMPTY, [quoted])

    TransactionTestCase._fixture_teardown = empty
    yield
    TransactionTestCase._fixture_teardown = original


STAGEHAND = pytest.StashKey[Stagehand]()


@pytest.fixture(scope="session", autouse=True)
def _stagehand(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[None]:
    stagehand = request.session.stash[STAGEHAND] = Stagehand(request, django_db_blocker)
    yield
    stagehand.clear()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """What the last test stood on is gone before this one begins, unless it stands on the same."""
    if stagehand := item.session.stash.get(STAGEHAND, None):
        stagehand.make_way(item)


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(request: pytest.FixtureRequest) -> None:
    """Before the first fixture of its own that a test has, its stage is set."""
    if request.scope == "function":
        request.session.stash[STAGEHAND].prepare(request.node)


@pytest.fixture
def stage(request: pytest.FixtureRequest, db: None) -> Stage:
    return request.session.stash[STAGEHAND].stage(request.node)


@for_lasting
def store() -> Store:
    return Store.objects.create(name="Podil", prefix="KY1", address="Kontraktova 4, Kyiv")


@for_lasting
def other_store() -> Store:
    return Store.objects.create(name="Lviv", prefix="LV1", address="Rynok 10, Lviv")


def _person(name: str, *roles: tuple[Store, str], is_admin: bool = False) -> User:
    user = User.objects.create_user(name, password=PASSWORD, is_admin=is_admin)
    Membership.objects.bulk_create(Membership(user=user, store=at, role=role) for at, role in roles)
    return user


@for_lasting
def cashier(store: Store) -> User:
    return _person("cashier", (store, Role.CASHIER))


@for_lasting
def storekeeper(store: Store) -> User:
    return _person("storekeeper", (store, Role.STOREKEEPER))


@for_lasting
def technician(store: Store) -> User:
    return _person("technician", (store, Role.TECHNICIAN))


@for_lasting
def manager(store: Store) -> User:
    return _person("manager", (store, Role.MANAGER))


@for_lasting
def other_manager(other_store: Store) -> User:
    """The manager of the other store, who has nothing to do with this one."""
    return _person("other-manager", (other_store, Role.MANAGER))


@for_lasting
def admin() -> User:
    return _person("admin", is_admin=True)


@for_lasting
def stranger() -> User:
    """Somebody who may sign in but belongs to no store."""
    return _person("stranger")


@pytest.fixture(scope="session")
def web_role(django_db_setup: None, django_db_blocker: Any) -> str:
    """The role that the web connects with, which owns nothing."""
    with django_db_blocker.unblock():
        return grant()


@pytest.fixture
def as_web_role(web_role: str, transactional_db: None) -> Iterator[None]:
    """From here on the test, and a live server, are connected with the role of the web."""
    with connected_as(web_role):
        yield


def signed_in(person: User) -> Client:
    """A browser with the session that a sign-in leaves, without the way there.

    `Client.force_login` writes it three times, and the person once.
    """
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = BACKEND
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    client = Client()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = session.session_key
    return client


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """A browser with this person signed in."""

    return signed_in


@for_lasting
def goods() -> Goods:
    """One product in each mode of accounting."""
    return make_goods()
