"""The photos of a repair: shown to the store's people only, added, removed."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from company.middleware import PersonRequest

from .forms import PhotosForm
from .guarding import of_repair
from .models import Photo, Repair
from .pages import read_at_desk, repair_page
from .photos import add_photos, read_pictures, remove_photo

A_DAY = 24 * 3600


@require_GET
@cache_control(private=True, max_age=A_DAY)
@of_repair
def photo(request: PersonRequest, pk: int, photo_pk: int) -> HttpResponseBase:
    """A photo itself, for the people of the store that took the goods in."""
    repairs = Repair.objects.visible_to(request.access)
    found = get_object_or_404(Photo, pk=photo_pk, repair_id=pk, repair__in=repairs)
    try:
        with found.file.open("rb") as file:
            response = HttpResponse(file.read(), content_type=found.content_type)
    except FileNotFoundError as error:
        raise Http404 from error
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_http_methods(["GET", "POST"])
@of_repair
def add(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Keep more photos: all that were chosen, or none."""
    if request.method == "GET":
        return redirect("repairs:repair", pk=pk)
    read_at_desk(request, pk)
    form = PhotosForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            pictures = read_pictures(form.cleaned_data["photos"])
            add_photos(pk, pictures, by=request.access, now=timezone.now())
        except ValidationError as wrong:
            form.add_error("photos", wrong)
        except OSError:
            form.add_error("photos", _("They could not be kept: the disk may be full."))
        else:
            return redirect(reverse("repairs:repair", args=[pk]) + "#photos")
    return repair_page(request, pk, status=422, photos_form=form)


@require_POST
@of_repair
def remove(request: PersonRequest, pk: int, photo_pk: int) -> HttpResponseBase:
    remove_photo(pk, photo_pk, by=request.access)
    messages.success(request, _("The photo is removed."))
    return redirect(reverse("repairs:repair", args=[pk]) + "#photos")
