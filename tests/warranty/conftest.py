"""A sale with warranty cards."""

from __future__ import annotations

import pytest

from documents.models import Document
from tests.shop import receive, sell


@pytest.fixture
def sale(store, manager, goods) -> Document:
    """Two units with serial numbers and three pieces without: five cards."""
    receive(store, manager, (goods.strict, ["SN1", "SN2"]), (goods.period, 3))
    return sell(store, manager, (goods.strict, ["SN1", "SN2"]), (goods.period, 3))


@pytest.fixture
def large_sale(store, manager, goods) -> Document:
    """Twenty pieces: more cards than are made while somebody waits."""
    receive(store, manager, (goods.period, 20))
    return sell(store, manager, (goods.period, 20))
