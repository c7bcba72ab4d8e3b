"""The card designer: what each product type prints, and the real card beside what is typed."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, cast

from csp.decorators import csp_exempt
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from company.decorators import admin_only
from company.middleware import PersonRequest
from products.models import ProductType

from .cards import CardsNotRendered, render_cards
from .design_forms import DesignForm, kept_text, starting_text, starting_values
from .design_models import CardDesign, Shown
from .designing import DESIGN_FIELDS, DesignChanged, save_design, withdraw_design
from .designs import VERSIONS, design_use, designs_in_use, versions_of
from .looks import BUILT_IN_TERMS, CardLook, look_of
from .previewing import Preview, Sample, preview_of, sample_card
from .public import public_address
from .queries import CardView
from .terms_text import PLACEHOLDERS

LIVE_FIELDS = ("title", "text", "logo_file")
"""Fields that can be wrong: what is said of them changes as one types."""


@admin_only
@require_safe
def designs(request: PersonRequest) -> HttpResponse:
    """Every product type, and what its cards look like."""
    return render(request, "warranty/designs.html", {"uses": designs_in_use()})


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def design(request: PersonRequest, of: int | None) -> HttpResponse:
    """The designer of a type, or of the general cards."""
    kind = _type(of)
    if request.method != "POST":
        return _designer(request, _new_form(request, kind), kind)
    form = DesignForm(request.POST, request.FILES, kind=kind)
    if "built_in" in request.POST:
        form.data = form.data.copy()  # type: ignore[attr-defined]
        form.data["text"] = starting_text(_language(request, form.data.get("language")))  # type: ignore[index]
        form.is_valid()
        return _designer(request, form, kind)
    if not form.is_valid():
        return _designer(request, form, kind, status=422)
    if "preview" in request.POST:
        return _designer(request, form, kind)
    return _saved(request, form, kind)


def _saved(request: PersonRequest, form: DesignForm, kind: ProductType | None) -> HttpResponse:
    data = form.cleaned_data
    try:
        made = save_design(
            kind.pk if kind else None,
            data,
            by=request.access,
            now=timezone.now(),
            version=data["version"] or 0,
        )
    except DesignChanged as changed:
        form.show_meanwhile(changed.current)
        return _designer(request, form, kind, status=422)
    words = _("Version %(version)d of the card is saved: sales from now on are printed by it.")
    messages.success(request, words % {"version": made.version})
    return redirect("designs:design", kind.pk if kind else None)


@admin_only
@require_POST
@cache_control(private=True, no_store=True)
def preview(request: PersonRequest, of: int | None) -> HttpResponse:
    """The pages of what is being typed, and what is wrong with it; the last good pages stay."""
    kind = _type(of)
    form = DesignForm(request.POST, request.FILES, kind=kind)
    is_valid = form.is_valid()
    context = {
        "form": form,
        "live_fields": [form[name] for name in LIVE_FIELDS],
        "logo_uri": _logo_uri(form),
        "new_logo": bool(form.files) or form.data.get("no_logo"),
        "preview": _preview(request, form, kind) if is_valid else None,
    }
    response = render(
        request, "warranty/design_preview.html", context, status=200 if is_valid else 422
    )
    if not is_valid:
        response["HX-Reswap"] = "none"
    return response


@admin_only
@require_POST
@cache_control(private=True, no_store=True)
def test_page(request: PersonRequest, of: int | None) -> HttpResponseBase:
    """The PDF of what is being typed, to be printed."""
    kind = _type(of)
    form = DesignForm(request.POST, request.FILES, kind=kind)
    if not form.is_valid():
        return _designer(request, form, kind, status=422)
    try:
        pdf = render_cards([_sample(request, form, kind)])
    except CardsNotRendered:
        return _designer(request, form, kind, status=422)
    name = f"{kind.name if kind else _('Warranty card')}.pdf"
    return _pdf(request, pdf, name)  # type: ignore[call-arg]  # as a view its types are narrower


@csp_exempt()  # type: ignore[arg-type]  # browsers' own viewers of PDFs break under our policy
def _pdf(request: PersonRequest, pdf: bytes, name: str) -> HttpResponseBase:
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = cast(str, content_disposition_header(False, name))
    return response


@admin_only
@require_safe
def version(request: PersonRequest, of: int | None, version: int) -> HttpResponse:
    """A version as it was, whatever is printed today."""
    kind = _type(of)
    found = _version(of, version)
    shown = _card(request, look_of(found), kind, paper=found.paper, language=found.language)
    context = {
        "kind": kind,
        "urls": _urls(of, version),
        "design": found,
        "is_built_in": found.text == BUILT_IN_TERMS,
        "language": dict(settings.LANGUAGES).get(found.language),
        "shown": [Shown(name).label for name in Shown.values if name in found.shows],
        "newest": design_use(kind).newest,
        "preview": None if found.withdrawn else _rendered(shown),
    }
    return render(request, "warranty/design_version.html", context)


@admin_only
@require_POST
def use_again(request: PersonRequest, of: int | None, version: int) -> HttpResponseBase:
    """Make a new version of what an earlier one says."""
    kind = _type(of)
    old = _version(of, version)
    if old.withdrawn:
        raise Http404
    return _changed(request, kind, old)


@admin_only
@require_POST
def withdraw(request: PersonRequest, of: int | None) -> HttpResponseBase:
    """Go back to the general cards, or from these to the built-in ones."""
    return _changed(request, _type(of), None)


def _changed(
    request: PersonRequest, kind: ProductType | None, old: CardDesign | None
) -> HttpResponseBase:
    """Save an old version anew, or withdraw; what the person saw is in the posted `version`."""
    seen = request.POST.get("version", "")
    pk, by, now = kind.pk if kind else None, request.access, timezone.now()
    number = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else 0
    try:
        if old is None:
            withdraw_design(pk, by=by, now=now, version=number)
            general = _("Sales from now on are printed by the general cards.")
            built_in = _("Sales from now on are printed by the built-in cards.")
            messages.success(request, general if kind else built_in)
        else:
            data = {field: getattr(old, field) for field in DESIGN_FIELDS}
            made = save_design(pk, data, by=by, now=now, version=number)
            words = _("Version %(old)d is in use again, as version %(new)d.")
            messages.success(request, words % {"old": old.version, "new": made.version})
    except DesignChanged as changed:
        words = _("Somebody saved version %(version)d meanwhile: look at it first.")
        messages.error(request, words % {"version": changed.current.version})
    return redirect("designs:design", pk)


def _type(of: int | None) -> ProductType | None:
    return None if of is None else get_object_or_404(ProductType, pk=of)


def _version(of: int | None, version: int) -> CardDesign:
    of_type = CardDesign.objects.select_related("logo", "made_by").filter(type_id=of)
    return get_object_or_404(of_type, version=version)


def _language(request: PersonRequest, chosen: str | None) -> str:
    """The language of a card whose design leaves it to the store."""
    return chosen or (request.store.language if request.store else "en")


def _new_form(request: PersonRequest, kind: ProductType | None) -> DesignForm:
    use = design_use(kind)
    design = use.design and CardDesign.objects.select_related("logo").get(pk=use.design.pk)
    initial = starting_values(design, language=_language(request, ""))
    initial["version"] = use.newest.version if use.newest else 0
    return DesignForm(initial=initial, kind=kind)


def _designer(
    request: PersonRequest, form: DesignForm, kind: ProductType | None, *, status: int = 200
) -> HttpResponse:
    before = request.GET.get("before", "")
    older_than = (
        int(before) if before.isascii() and before.isdecimal() and len(before) < 10 else None
    )
    of = kind.pk if kind else None
    versions = versions_of(of, before=older_than)
    context = {
        "form": form,
        "kind": kind,
        "urls": _urls(of),
        "logo_uri": _logo_uri(form),
        "use": design_use(kind),
        "versions": versions,
        "older": versions[-1].version if len(versions) == VERSIONS else None,
        "placeholders": PLACEHOLDERS.items(),
        "preview": _preview(request, _new_form(request, kind) if form.errors else form, kind),
        "has_public_address": bool(public_address()),
    }
    return render(request, "warranty/design.html", context, status=status)


def _urls(of: int | None, version: int | None = None) -> dict[str, str]:
    """Where the pages of one designer post to."""
    named = ("design", "preview", "test", "withdraw")
    urls = {name: reverse(f"designs:{name}", args=[of]) for name in named}
    if version is not None:
        urls["again"] = reverse("designs:again", args=[of, version])
    return urls


def _logo_uri(form: DesignForm) -> str:
    """The logo that the form has, for an image of the page."""
    logo = form.kept_logo
    if logo is None:
        return ""
    return "data:image/png;base64," + base64.b64encode(bytes(logo.image)).decode("ascii")


def _preview(request: PersonRequest, form: DesignForm, kind: ProductType | None) -> Preview | None:
    return _rendered(_sample(request, form, kind))


def _rendered(card: CardView) -> Preview | None:
    """The pages, or None where no PDF can be made."""
    try:
        return preview_of(card)
    except CardsNotRendered:
        return None


def _sample(request: PersonRequest, form: DesignForm, kind: ProductType | None) -> CardView:
    """A sample card of what a form says, be it sent or about to be shown."""
    data: Mapping[str, Any] = form.cleaned_data if form.is_bound else form.initial
    look = form.look() if form.is_bound else _look(data)
    sample = data.get("sample") or Sample.USUAL
    return _card(request, look, kind, paper=data["paper"], language=data["language"], sample=sample)


def _look(data: Mapping[str, Any]) -> CardLook:
    fields = {field: data[field] for field in DESIGN_FIELDS}
    return look_of(CardDesign(**fields | {"text": kept_text(data["text"])}))


def _card(
    request: PersonRequest,
    look: CardLook,
    kind: ProductType | None,
    *,
    paper: str,
    language: str,
    sample: str = Sample.USUAL,
) -> CardView:
    store = request.store
    on = store.date_of(timezone.now()) if store else timezone.localdate()
    return sample_card(
        kind, look, paper=paper, language=language, sample=sample, store=store, on=on
    )
