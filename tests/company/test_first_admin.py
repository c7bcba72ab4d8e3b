"""The first admin of a new company."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from company.models import User


@pytest.mark.django_db
def test_createsuperuser_makes_an_admin(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a-long-passphrase-7")
    call_command("createsuperuser", "--noinput", username="olena", email="o@example.com")
    first = User.objects.get()
    assert first.is_admin
    assert first.check_password("a-long-passphrase-7")
