"""What an answer must never be, whatever was asked."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from .hostile import ADDED, ELEMENT, HEADER

OUR_HOSTS = {"", "testserver"}
TRACES = ("Traceback (most recent call last)", 'File "/', "psycopg.", "django.db.", "SELECT ")
GOES_TO = ("Location", "HX-Redirect", "HX-Location", "HX-Push-Url", "HX-Replace-Url")
ALWAYS = {
    "X-Content-Type-Options": {"nosniff"},
    "Referrer-Policy": {"same-origin", "strict-origin", "no-referrer"},
    "Cross-Origin-Opener-Policy": {"same-origin"},
}
RUNS = {"src", "href", "action", "formaction", "hx-get", "hx-post", "xlink:href", "data"}


class _Page(HTMLParser):
    """Notes what an attacker would have had to bring."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if tag == ELEMENT or any(ELEMENT in name for name in names):
            self.found.append(f"an element or attribute of ours to <{tag}>")
        if any(name.startswith("on") for name in names) or "style" in names:
            self.found.append(f"inline code on <{tag}>")
        if tag in {"iframe", "object", "embed", "base"}:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            target = (value or "").strip().lower()
            if name in RUNS and target.startswith(("javascript:", "data:text", "vbscript:")):
                self.found.append(f"{name}={target[:40]}")
            if name in {"href", "action"} and urlsplit_host(target) not in OUR_HOSTS:
                self.found.append(f"{name} leads to {target[:60]}")


def urlsplit_host(address: str) -> str:
    """The host a browser would go to; browsers take a backslash for a slash."""
    plain = address.strip("\t\r\n \0").replace("\\", "/").replace("\t", "")
    if plain.startswith("///"):
        return "?"
    try:
        return urlsplit(plain).hostname or ""
    except ValueError:
        return "?"


def faults(response: Any, secrets: tuple[str, ...]) -> Iterator[str]:
    """What is wrong with an answer; nothing when all is well."""
    status = response.status_code
    busy = status == 503 and "Retry-After" in response.headers
    if status >= 500 and not busy:
        yield f"status {status}"
    for name in GOES_TO:
        target = response.headers.get(name, "")
        if urlsplit_host(target) not in OUR_HOSTS:
            yield f"{name}: {target[:80]}"
    if HEADER in response.headers:
        yield "a header of theirs"
    if "Content-Security-Policy" not in response.headers:
        yield "no Content-Security-Policy"
    for name, values in ALWAYS.items():
        if response.headers.get(name) not in values:
            yield f"{name}: {response.headers.get(name)}"
    body = b"".join(response) if response.streaming else response.content
    yield from _told(body, secrets)
    if response.headers.get("Content-Type", "").startswith("text/html"):
        yield from _of_page(body.decode("utf-8", "replace"))


def _told(body: bytes, secrets: tuple[str, ...]) -> Iterator[str]:
    for secret in secrets:
        if secret.encode() in body:
            yield f"tells {secret}"


def _of_page(text: str) -> Iterator[str]:
    for trace in TRACES:
        if trace in text:
            yield f"a trace: {trace}"
    if ADDED in text:
        yield "ran our text as a template"
    page = _Page()
    page.feed(text)
    yield from page.found
