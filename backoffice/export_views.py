"""The page by which an admin takes everything out."""

from __future__ import annotations

import uuid

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods

from company.decorators import admin_only
from company.middleware import PersonRequest

from . import export_files
from .models import ExportFile


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
def export_page(request: PersonRequest) -> HttpResponse:
    """What is in a file of everything, how far the latest is, and the button for a new one."""
    now = timezone.now()
    if request.method == "POST":
        export_files.request_export(by=request.access, now=now)
        return redirect("backoffice:everything")
    found = export_files.latest_export(now=now)
    context = {
        "file": found,
        "kept_until": found and found.requested_at + export_files.KEPT,
        "is_under_way": found is not None and found.status in export_files.UNDER_WAY,
    }
    template = "backoffice/everything.html#job" if request.htmx else "backoffice/everything.html"
    return render(request, template, context)


@admin_only
@require_GET
@cache_control(private=True, no_store=True)
def export_content(request: PersonRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The file itself, or its page while there is none."""
    kept = ExportFile.objects.filter(requested_at__gt=timezone.now() - export_files.KEPT)
    found = get_object_or_404(kept, pk=pk)
    if found.status != ExportFile.Status.DONE:
        return redirect("backoffice:everything")
    name = f"unitbook-export-{found.requested_at:%Y%m%dT%H%M%SZ}.zip"
    return StreamingHttpResponse(
        export_files.content_of(found),
        content_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Length": str(found.size),
        },
    )
