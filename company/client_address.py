"""Whose request it is, as far as an address tells."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest

NOWHERE = "0.0.0.0"  # noqa: S104 - the address of whoever has none, all in one


def client_address(request: HttpRequest) -> str:
    """The address of who asks, in its plainest spelling.

    Each proxy adds to X-Forwarded-For whom it was asked by. Only what our own proxies added is
    believed, the last TRUSTED_PROXIES entries; what comes before them anybody can make up.
    """
    peer = request.META.get("REMOTE_ADDR", "")
    count = settings.TRUSTED_PROXIES
    if count:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(forwarded) >= count:
            return _plain(forwarded[-count]) or _plain(peer) or NOWHERE
    return _plain(peer) or NOWHERE


def _plain(text: str) -> str:
    """An address without brackets and port, IPv4 as such; empty when it is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
