"""Figures that are read when somebody asks for them: jobs, connections, disks."""

from __future__ import annotations

import os
from collections.abc import Iterator

import prometheus_client
from django.db import DatabaseError, InterfaceError, connection
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from .health import free_megabytes, worker_age

_JOBS = """
SELECT count(*) FILTER (WHERE status = 'todo'), count(*) FILTER (WHERE status = 'doing'),
       count(*) FILTER (WHERE status = 'failed'),
       coalesce(extract(epoch FROM now() - min(coalesce(
           scheduled_at,
           (SELECT max(at) FROM procrastinate_events event
            WHERE event.job_id = job.id AND type IN ('deferred', 'deferred_for_retry'))
       )) FILTER (WHERE status = 'todo')), 0)
FROM procrastinate_jobs job WHERE status IN ('todo', 'doing', 'failed')
"""

_CONNECTIONS = """
SELECT coalesce(state, 'other'), count(*), current_setting('max_connections')::int
FROM pg_stat_activity WHERE datname = current_database() GROUP BY 1
"""


def metrics_page() -> bytes:
    """Every figure in Prometheus' text format, those of all web processes added up."""
    registry = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        registry.register(FromOutside())
        return generate_latest(registry)
    registry.register(FromOutside())
    return generate_latest(prometheus_client.REGISTRY) + generate_latest(registry)


class FromOutside(Collector):
    """What the database and the disks tell. Without the database: that it is down."""

    def collect(self) -> Iterator[Metric]:
        free = _gauge("disk_free_bytes", "Free room.", "disk")
        for name, megabytes in free_megabytes().items():
            free.add_metric([name], megabytes * 1024 * 1024)
        yield free
        try:
            found = [*_jobs(), *_connections()]
        except (DatabaseError, InterfaceError):
            connection.close()
            found = []
        up = _gauge("database_up", "Whether the database answers.")
        up.add_metric([], float(bool(found)))
        yield up
        yield from found


def _jobs() -> Iterator[Metric]:
    with connection.cursor() as cursor:
        cursor.execute(_JOBS)
        waiting, running, failed, oldest = cursor.fetchone()
    jobs = _gauge("jobs", "Jobs that are not done.", "state")
    for state, count in (("waiting", waiting), ("running", running), ("failed", failed)):
        jobs.add_metric([state], count)
    yield jobs
    age = _gauge("jobs_oldest_waiting_seconds", "How long the oldest waiting job waits.")
    age.add_metric([], float(oldest))
    yield age
    silent = worker_age()
    if silent is not None:
        heard = _gauge("worker_heartbeat_age_seconds", "Since a job worker told that it lives.")
        heard.add_metric([], silent)
        yield heard


def _connections() -> Iterator[Metric]:
    with connection.cursor() as cursor:
        cursor.execute(_CONNECTIONS)
        rows = cursor.fetchall()
    held = _gauge("database_connections", "Connections to this database.", "state")
    limit = _gauge("database_connections_max", "Connections the server allows, all databases.")
    for state, count, _most in rows:
        held.add_metric([state], count)
    limit.add_metric([], rows[0][2])
    yield held
    yield limit


def _gauge(name: str, text: str, label: str | None = None) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"unitbook_{name}", text, labels=[label] if label else None)
