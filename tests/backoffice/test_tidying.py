"""Every night what is of no use any more goes, and nothing else."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from backoffice.tidying import forget_leftovers
from documents.models import Kind, Upload
from tests.shop import draft

pytestmark = pytest.mark.django_db


def test_forgotten_files_go(store, manager):
    now = timezone.now()
    for name, ends in (("old", -1), ("new", 1)):
        Upload.objects.create(
            document=draft(Kind.RECEIPT, store, manager, []), author=manager, name=name,
            listed=b"", uploaded_at=now - dt.timedelta(days=1) + dt.timedelta(hours=ends),
        )  # fmt: skip
    forget_leftovers(now=now)
    assert [one.name for one in Upload.objects.all()] == ["new"]
