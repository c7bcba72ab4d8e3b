"""The limit of a page: one row, found by its key with the ORM, behind the product's middleware."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from serials.models import Serial


def one_row(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse(Serial.objects.get(pk=pk).text)


urlpatterns = [path("one-row/<int:pk>/", one_row), path("", include("config.urls"))]
