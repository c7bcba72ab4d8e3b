"""The page of a request that failed: words, its code, and a button that sends the same again.

It needs no database, no session and no static files' list: any of them may be what failed.
"""

from __future__ import annotations

import dataclasses
from urllib.parse import quote

import structlog
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import translation
from django.utils.translation import gettext as _

from company.cookies import theme_of
from company.retrying import sqlstate

from . import metrics
from .faults import Fault, fault_of
from .references import reference_of

log = structlog.get_logger("operations.fault")

TEMPLATE = "fault.html"
ONCE_FIELDS = ("nonce", "version", "key")
"""A form with one of these does its work once, however often it is sent."""
ONCE_ROUTES = frozenset(
    {
        "company:language", "documents:cancel", "documents:discard", "documents:post",
        "documents:without_serials",
    }
)  # fmt: skip
"""Routes that find out by themselves that they were asked before."""
LONGEST_RESENT = 1_000_000
"""Characters of a form that the page carries, to send them again."""


@dataclasses.dataclass(frozen=True, slots=True)
class Words:
    """What a page of this kind says."""

    status: int
    title: str
    text: str


def fault_answer(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    """The answer to a request that this error ended: 503 for a known fault, else 500."""
    fault = fault_of(error)
    metrics.fault(fault.name if fault else "program")
    if fault is None:
        log.error("request failed", exc_info=error or True)
        with translation.override(language_of(request)):
            text = _(
                "Nothing was lost: drafts are saved as they are made. Try again, or tell an admin "
                "the code."
            )
            return page(request, Words(500, _("Something went wrong here"), text))
    log.warning("request ended by a fault", fault=fault.name, error=_short(error))
    with translation.override(language_of(request)):
        words = Words(503, str(fault.title), f"{fault.text} {_reassurance(request, fault)}")
        answer = page(request, words, resend=True)
    answer.headers["Retry-After"] = str(fault.retry_after)
    return answer


def bad_request_answer(request: HttpRequest) -> HttpResponse:
    """What came makes no sense: too large, made up, or for another address."""
    with translation.override(language_of(request)):
        title = _("This request can't be understood")
        text = _("It may be too large, or the address is wrong. Nothing was changed.")
        return page(request, Words(400, title, text))


def csrf_answer(request: HttpRequest, reason: str) -> HttpResponse:
    """A form whose page is out of date: somebody signed in or out meanwhile, or cookies are off."""
    log.warning("form refused", reason=reason)
    with translation.override(language_of(request)):
        title = _("This page is out of date")
        text = _(
            "Somebody signed in or out meanwhile, or the browser keeps no cookies. Nothing was "
            "changed. Go back, reload the page and send it again."
        )
        return page(request, Words(403, title, text))


def not_allowed_answer(request: HttpRequest, refused: HttpResponseNotAllowed) -> HttpResponse:
    """An address of a button that was opened, or the other way round: in words, `Allow` kept.

    Our scripts have words of their own for an answer without any.
    """
    if refused.content or "HX-Request" in request.headers:
        return refused
    with translation.override(language_of(request)):
        title = _("This address can't be opened by itself")
        text = _(
            "It belongs to a button or a form of another page. Nothing was changed: go back and "
            "press the button there."
        )
        told = page(request, Words(405, title, text))
    refused.content = told.content
    for name, value in told.items():
        refused.headers[name] = value
    return refused


def page(request: HttpRequest, words: Words, *, resend: bool = False) -> HttpResponse:
    """The page in the language that is active. A page's own scripts read its words in a header."""
    reference = reference_of(request)
    fields = _fields(request) if resend else None
    context = {
        "words": words,
        "reference": reference,
        "language": translation.get_language(),
        "style": _style(),
        "theme": theme_of(request),
        "fields": fields,
        "again": _again(request, fields) if resend else "",
    }
    answer = HttpResponse(render_to_string(TEMPLATE, context), status=words.status)
    said = f"{words.title}. {words.text}"
    if reference:
        label = _("Code:")
        said = f"{said} {label} {reference}"
        answer.headers["X-Error-Code"] = reference
    answer.headers["X-Error-Words"] = quote(said)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Language"] = str(context["language"])
    return answer


def language_of(request: HttpRequest) -> str:
    """The person's language as far as it is known without asking anybody."""
    access = getattr(request, "access", None)
    if access is not None:
        return str(access.user.language)
    return translation.get_language_from_request(request)


def _reassurance(request: HttpRequest, fault: Fault) -> str:
    if request.method in {"GET", "HEAD"}:
        return _("Nothing was lost.")
    if fault.was_undone:
        return _("Nothing was lost or changed. Try again in a moment.")
    if is_once(request):
        return _("Nothing was lost: try again, it is done only once.")
    return _("Look whether it was saved before you send it again.")


def is_once(request: HttpRequest) -> bool:
    """Whether a request does its work once however often it is sent."""
    if request.method in {"GET", "HEAD"}:
        return True
    match = request.resolver_match
    if match is not None and match.view_name in ONCE_ROUTES:
        return True
    fields = _fields(request) or []
    return any(name in ONCE_FIELDS and value for name, value in fields)


def _fields(request: HttpRequest) -> list[tuple[str, str]] | None:
    """What a form sent; None where it can't be sent again: files, passwords, or too much."""
    if request.method != "POST":
        return None
    try:
        if request.FILES:
            return None
        sent = [(name, value) for name, values in request.POST.lists() for value in values]
    except (BadRequest, SuspiciousOperation, UnreadablePostError, MultiPartParserError, OSError):
        return None
    is_secret = any("password" in name or "code" in name for name, _value in sent)
    is_long = sum(len(str(value)) for _name, value in sent) > LONGEST_RESENT
    return None if is_secret or is_long else [(name, str(value)) for name, value in sent]


def _again(request: HttpRequest, fields: list[tuple[str, str]] | None) -> str:
    """Where to go on: the same address; for a form that can't be sent again, nowhere."""
    if request.method in {"GET", "HEAD"} or fields is not None:
        return request.get_full_path()
    return ""


def _style() -> str:
    try:
        return static("css/app.css")
    except ValueError:  # no manifest: collectstatic has not run
        return ""


def _short(error: BaseException | None) -> str:
    """An error without what people typed: its kind, and PostgreSQL's code."""
    if error is None:
        return ""
    return f"{type(error).__name__} {sqlstate(error) or ''}".strip()
