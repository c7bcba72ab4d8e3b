"""Every night what is of no use any more goes, and nothing else."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from backoffice.tidying import forget_leftovers
from documents.models import Kind, Upload
from tests.shop import draft

pytestmark = pytest.mark.django_db


def test_ended_sessions_and_forgotten_files_go(store, manager):
    now = timezone.now()
    for name, ends in (("old", -1), ("new", 1)):
        Session.objects.create(
            session_key=name, session_data="", expire_date=now + dt.timedelta(hours=ends)
        )
        Upload.objects.create(
            document=draft(Kind.RECEIPT, store, manager, []), author=manager, name=name,
            listed=b"", uploaded_at=now - dt.timedelta(days=1) + dt.timedelta(hours=ends),
        )  # fmt: skip
    forget_leftovers(now=now)
    assert [one.session_key for one in Session.objects.all()] == ["new"]
    assert [one.name for one in Upload.objects.all()] == ["new"]
