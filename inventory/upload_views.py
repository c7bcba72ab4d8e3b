"""Uploading the list of a handheld reader into a count."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from company.middleware import PersonRequest
from documents.forms import FileForm

from .guarding import of_count
from .holding import find_count, require_under_way
from .uploading import UploadResult, upload_list

SHOWN_BAD = 200
"""Bad rows that a page lists; the others are said to be there."""


@require_http_methods(["GET", "POST"])
@of_count
def upload(request: PersonRequest, pk: int) -> HttpResponse:
    """Choose a file; then see what came of it."""
    count = find_count(pk, by=request.access)
    require_under_way(count)
    is_sent = request.method == "POST"
    form = FileForm(request.POST, request.FILES) if is_sent else FileForm()
    result: UploadResult | None = None
    if form.is_bound and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            result = upload_list(
                pk, name=file.name, content=file.read(), by=request.access, now=timezone.now()
            )
        except ValidationError as refused:
            form.add_error("file", refused)
    context = {
        "count": count,
        "form": form,
        "result": result,
        "shown": result.bad[:SHOWN_BAD] if result else [],
        "hidden": max(0, len(result.bad) - SHOWN_BAD) if result else 0,
    }
    status = 422 if form.errors or (result and result.bad) else 200
    return render(request, "inventory/upload.html", context, status=status)
