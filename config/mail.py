"""The mail server, from one address: EMAIL_URL."""

from __future__ import annotations

import dataclasses
from urllib.parse import parse_qs, unquote, urlsplit

_PORTS = {"smtp": 25, "smtps": 465}


@dataclasses.dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over; without a host none is sent."""

    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""
    tls_first: bool = False
    tls_later: bool = False


def mail_server(url: str) -> MailServer:
    """The server of smtp://name:password@host:port/?tls=1 or smtps://…. Raises ValueError."""
    if not url:
        return MailServer()
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("EMAIL_URL is like smtp://name:password@mail.example:587/?tls=1")
    return MailServer(
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls_first=parts.scheme == "smtps",
        tls_later=parse_qs(parts.query).get("tls") == ["1"],
    )
