"""Two connections at the same rows: at once, or one expected to wait for the other."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from django.db import OperationalError, connection, connections, transaction


def at_once(*works: Callable[[], object]) -> list[object]:
    """Run the works in threads that start together; what each returned or raised.

    The threads are daemons: one that hangs fails its test and keeps no process from ending.
    """
    barrier = threading.Barrier(len(works))
    results: list[object] = [None] * len(works)

    def run(index: int, work: Callable[[], object]) -> None:
        try:
            barrier.wait(timeout=10)
            results[index] = work()
        except Exception as error:
            results[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 60
    for thread in threads:
        thread.join(timeout=max(0, until - time.monotonic()))
    assert not any(thread.is_alive() for thread in threads), f"still at work: {results!r}"
    return results


class Behind:
    """Work on a connection of its own, which is expected to wait for this thread's."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._result: object = None
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    def _run(self, work: Callable[[], object]) -> None:
        try:
            self._result = work()
        except Exception as error:
            self._result = error
        finally:
            connections.close_all()

    def waits_for_us(self) -> None:
        """Go on as soon as PostgreSQL says that the work waits for this connection's locks."""
        until = time.monotonic() + 10
        while time.monotonic() < until and self._thread.is_alive():
            with connection.cursor() as cursor:
                cursor.execute(
                    """
                    SELECT EXISTS (
                        SELECT FROM pg_locks
                        WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))
                    )
                    """
                )
                if cursor.fetchone()[0]:
                    return
            time.sleep(0.01)
        self._thread.join(timeout=20)
        pytest.fail(f"it did not wait: {self._result!r}")

    def outcome(self) -> object:
        """What the work returned or raised."""
        self._thread.join(timeout=20)
        assert not self._thread.is_alive(), "it is still at work"
        return self._result


@contextlib.contextmanager
def impatient() -> Iterator[None]:
    """A transaction that gives up at once on what is locked."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '200ms'")
        yield


def times_out_at(relation: str, work: Callable[[], object]) -> None:
    """On another connection the work finds a row of this table locked."""

    def hurried() -> object:
        with impatient():
            return work()

    (error,) = at_once(hurried)
    assert isinstance(error, OperationalError), error
    assert error.__cause__.sqlstate == "55P03", error
    assert f'in relation "{relation}"' in str(error)
