"""For machines: is the program alive, is it able to work, and its figures."""

from __future__ import annotations

import hmac
import ipaddress

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from company.client_address import client_address

from .health import problems
from .measuring import metrics_page


@login_not_required
@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """This process answers: nothing else is asked. Restart it when it does not."""
    return JsonResponse({"status": "ok"})


@login_not_required
@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Everything that is needed works; 503 names what does not. `?leave_out=jobs,disk`."""
    found = problems(request.GET.get("leave_out", "").split(","))
    if not found:
        return JsonResponse({"status": "ok", "wrong": {}})
    told = {"status": "wrong", "wrong": found}
    return JsonResponse(told, status=503, headers={"Retry-After": "5"})


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus: for an allowed address, or with the token; nobody else finds them."""
    if not (_has_token(request) or _is_allowed(request)):
        raise Http404
    return HttpResponse(metrics_page(), content_type=CONTENT_TYPE_LATEST)


def _has_token(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
    token = settings.METRICS_TOKEN.encode()
    return bool(token) and hmac.compare_digest(given, token)


def _is_allowed(request: HttpRequest) -> bool:
    address = ipaddress.ip_address(client_address(request))
    return any(address in network for network in settings.METRICS_NETWORKS)
