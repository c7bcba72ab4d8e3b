"""The page for what failed here needs nothing that may have failed."""

from __future__ import annotations

from django.conf import settings
from django.test import RequestFactory, override_settings

from backoffice.errors import server_error

MANIFEST = "whitenoise.storage.CompressedManifestStaticFilesStorage"


def test_it_comes_without_database_and_static_files(tmp_path):
    storages = settings.STORAGES | {"staticfiles": {"BACKEND": MANIFEST}}
    with override_settings(STORAGES=storages, STATIC_ROOT=tmp_path):
        answer = server_error(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert "Nothing was lost" in answer.content.decode()
