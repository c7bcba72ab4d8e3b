"""What every view of a repair answers when it is not what the page believed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from company.middleware import PersonRequest
from company.retrying import Busy

from .models import Charge, Loan, Photo, Repair
from .photos import PhotosClosed
from .refusals import RepairChanged

View = Callable[..., HttpResponseBase]
_GONE = (Repair.DoesNotExist, Charge.DoesNotExist, Loan.DoesNotExist, Photo.DoesNotExist)


def of_repair(view: View) -> View:
    """Answer 404 for what is not there or another store's, and say what happened meanwhile."""

    @functools.wraps(view)
    def wrapped(request: PersonRequest, pk: int, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, pk, *args, **kwargs)
        except _GONE as error:
            raise Http404 from error
        except RepairChanged:
            messages.warning(
                request,
                _("Somebody changed this repair meanwhile. Nothing was saved: look again."),
            )
        except PhotosClosed:
            messages.warning(request, _("This repair has ended: its photos stay as they are."))
        except Busy:
            messages.error(
                request, _("Somebody is working on the same goods. Try again in a moment.")
            )
        return redirect("repairs:repair", pk=pk)

    return wrapped
