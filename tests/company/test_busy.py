"""A lock that is not to be had ends in words, never in a 500."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, connections, transaction

from documents.models import Document
from products.models import Product
from tests.shop import draft

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_somebody_holds_for_long_is_said_in_words(client_of, store, manager, admin, goods):
    document = draft("receipt", store, manager, [(goods.plain, 1)])
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Document.objects.select_for_update().get(pk=document.pk)
            Product.objects.select_for_update().get(pk=goods.plain.pk)
            held.set()
            done.wait(30)
        connections.close_all()

    holder = threading.Thread(target=hold, daemon=True)
    holder.start()
    assert held.wait(10)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        browser = client_of(manager)
        scanned = browser.post(
            f"/documents/{document.pk}/scan/", {"scan": "x"}, headers={"HX-Request": "true"}
        )
        assert scanned.status_code == 503
        assert scanned.headers["Retry-After"]
        assert "Nothing was lost" in scanned.content.decode()
        answer = browser.post(f"/documents/{document.pk}/post/", follow=True)
        assert "Somebody is working on the same goods" in answer.content.decode()
    finally:
        done.set()
        holder.join(timeout=20)
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
    assert browser.post(f"/documents/{document.pk}/post/").status_code == 302
