"""Worlds that last: built once for the tests that follow each other, instead of for each.

    @lasting                        # instead of @pytest.fixture
    def sold(store, manager, goods):
        receive(...)
        return sell(...)

The tests with the same lasting fixtures that come one after the other stand on one building of
them: it is done in a transaction of its own, each test works in a savepoint in it and is undone
to there, and gets copies of the objects. A test that wants other ones, or none, ends it.

A lasting fixture can ask for other lasting ones and for those marked ``@for_lasting`` (the cast in
``conftest.py``), which for themselves are made anew for each test. It is built before any other
fixture of the test: who needs a certain day says ``@lasting(at=DAY)``.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import datetime as dt
import inspect
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction

Build = Callable[..., Any]
Fixture = type(pytest.fixture(lambda: None))


@dataclasses.dataclass(frozen=True)
class Part:
    """How one fixture is made; ``at``: on which day, or now."""

    build: Build
    lasts: bool
    at: str | dt.datetime | None = None


PARTS: dict[tuple[str, str], Part] = {}
"""By the module where it is written and its name."""


def part_of(module: ModuleType, name: str) -> Part | None:
    """What a name means to the tests of a module: its own, its folder's or the cast's."""
    if isinstance(vars(module).get(name), Fixture):
        return PARTS.get((module.__name__, name))
    folder = module.__name__
    while "." in folder:
        folder = folder.rpartition(".")[0]
        if found := PARTS.get((f"{folder}.conftest", name)):
            return found
    return None


class Stage:
    """What was built of the parts a module knows, by name."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.built: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self.built:
            part = part_of(self.module, name)
            if part is None:
                raise LookupError(f"{name} is neither @lasting nor @for_lasting")
            asked = {each: self[each] for each in inspect.signature(part.build).parameters}
            with time_machine.travel(part.at) if part.at else contextlib.nullcontext():
                self.built[name] = part.build(**asked)
        return self.built[name]

    def copied(self) -> Stage:
        """The same for one test, which may alter its objects and build more."""
        stage = Stage(self.module)
        stage.built = copy.deepcopy(self.built)
        return stage


def lasting(build: Build | None = None, *, at: str | dt.datetime | None = None) -> Any:
    """A fixture that is built once for the tests with it that follow each other."""
    if build is None:
        return lambda built: _fixture(Part(built, lasts=True, at=at))
    return _fixture(Part(build, lasts=True))


def for_lasting(build: Build) -> Any:
    """A fixture that lasting ones may ask for."""
    return _fixture(Part(build, lasts=False))


def _fixture(part: Part) -> Any:
    name = part.build.__name__
    PARTS[part.build.__module__, name] = part

    @pytest.fixture(name=name)
    def built(stage: Stage) -> Any:
        return stage[name]

    return built


Wanted = tuple[ModuleType, frozenset[str]]
"""A module of tests and the names of the lasting fixtures that one of them has."""


def wanted_by(item: pytest.Item) -> Wanted | None:
    """What a test wants to last; nothing where it commits, as that could not be undone."""
    module, names = getattr(item, "module", None), set(getattr(item, "fixturenames", ()))
    marker = item.get_closest_marker("django_db")
    commits = marker is not None and marker.kwargs.get("transaction", False)
    if module is None or commits or names & {"transactional_db", "live_server"}:
        return None
    lasts = frozenset(name for name in names if (part := part_of(module, name)) and part.lasts)
    return (module, lasts) if lasts else None


@dataclasses.dataclass(frozen=True)
class Standing:
    """A stage, in a transaction that is undone at its end."""

    wanted: Wanted
    stage: Stage
    session: object
    end: contextlib.ExitStack

    def serves(self, wanted: Wanted | None) -> bool:
        is_alive = connection.connection is self.session and connection.in_atomic_block
        return wanted == self.wanted and is_alive and not connection.needs_rollback


class Stagehand:
    """Sees that each test finds the stage that it wants, and no other."""

    def __init__(self, request: pytest.FixtureRequest, blocker: Any) -> None:
        self.request = request
        self.blocker = blocker
        self.test: object = None
        self.standing: Standing | None = None

    def make_way(self, test: pytest.Item) -> None:
        """Before all fixtures of a test: once a browser's event loop runs in this thread, Django
        has another connection here, and what stands could not be undone any more."""
        if self.standing is not None and not self.standing.serves(wanted_by(test)):
            self.clear()

    def prepare(self, test: pytest.Item) -> None:
        """Before the fixtures of a test; more often does nothing."""
        if test is self.test:
            return
        self.test = test
        self.make_way(test)
        wanted = wanted_by(test)
        if self.standing is None and wanted is not None:
            self.request.getfixturevalue("django_db_setup")
            with self.blocker.unblock(), contextlib.ExitStack() as end:
                end.enter_context(_undone())
                stage = _built(wanted)
                self.standing = Standing(wanted, stage, connection.connection, end.pop_all())

    def clear(self) -> None:
        if self.standing is not None:
            with self.blocker.unblock():
                self.standing.end.close()
            self.standing = None

    def stage(self, test: pytest.Item) -> Stage:
        """What the test sees."""
        return self.standing.stage.copied() if self.standing else Stage(test.module)


def _built(wanted: Wanted) -> Stage:
    module, names = wanted
    stage = Stage(module)
    for name in sorted(names):
        stage[name]
    _as_if_committed()
    return stage


@contextlib.contextmanager
def _undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _as_if_committed() -> None:
    """Let PostgreSQL check now what it would at a commit, and then defer as it did before."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(
            "SELECT string_agg(quote_ident(conname), ', ') FROM pg_constraint"
            " WHERE condeferrable AND NOT condeferred"
        )
        (immediate,) = cursor.fetchone()
        if immediate:
            cursor.execute(f"SET CONSTRAINTS {immediate} IMMEDIATE")
