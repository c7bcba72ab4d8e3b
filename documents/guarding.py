"""What every view of a document answers when the document is not what the page believed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from company.middleware import PersonRequest
from company.retrying import Busy

from .drafting import NotADraft
from .models import Document, Line

View = Callable[..., HttpResponseBase]


def of_document(view: View) -> View:
    """Answer 404 for what is not there or another store's, and say what happened meanwhile."""

    @functools.wraps(view)
    def wrapped(request: PersonRequest, pk: int, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, pk, *args, **kwargs)
        except (Document.DoesNotExist, Line.DoesNotExist) as error:
            raise Http404 from error
        except NotADraft:
            messages.warning(
                request, _("This document was posted or cancelled meanwhile; nothing changed.")
            )
        except Busy:
            messages.error(
                request, _("Somebody is working on the same goods. Try again in a moment.")
            )
        if request.htmx:
            return HttpResponseClientRedirect(reverse("documents:document", args=[pk]))
        return redirect("documents:document", pk=pk)

    return wrapped
