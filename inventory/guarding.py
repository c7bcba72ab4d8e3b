"""What every view of a count answers when the count is not what the page believed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from company.middleware import PersonRequest

from .holding import NotUnderWay
from .models import Count, Scan

View = Callable[..., HttpResponseBase]


def of_count(view: View) -> View:
    """Answer 404 for what is not there or another store's, and say what happened meanwhile."""

    @functools.wraps(view)
    def wrapped(request: PersonRequest, pk: int, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, pk, *args, **kwargs)
        except (Count.DoesNotExist, Scan.DoesNotExist) as error:
            raise Http404 from error
        except NotUnderWay as ended:
            messages.warning(request, str(ended))
        if request.htmx:
            return HttpResponseClientRedirect(reverse("inventory:count", args=[pk]))
        return redirect("inventory:count", pk=pk)

    return wrapped
