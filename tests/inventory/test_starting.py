"""A count begins: what is expected, and who may begin it; pausing and giving it up."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from company.access import access_of
from company.models import Store
from documents.accounting import change_accounting  # noqa: F401  (names a mode change below)
from inventory.holding import NotUnderWay
from inventory.models import Count, CountStatus, ExpectedUnit, Scope
from inventory.pausing import abandon_count, pause_count, resume_count
from inventory.starting import CountUnderWay, start_count
from products.models import Product, ProductType
from serials.models import Serial
from tests.at_once import at_once
from tests.shop import receive, sell, transfer

from .conftest import begin

pytestmark = pytest.mark.django_db
