"""From a route to requests: the forms of its page, and what becomes of them in wrong hands."""

from __future__ import annotations

import dataclasses
import random
from html.parser import HTMLParser
from urllib.parse import quote_from_bytes, urlsplit

from .hostile import BODIES, FILE_NAMES, HEADERS, METHODS, TYPES, VALUES, a_value, files

Fields = list[tuple[str, str]]
FORM = "application/x-www-form-urlencoded"
BOUNDARY = "fuzzboundary"


@dataclasses.dataclass
class Form:
    """A form of a page as a browser would send it."""

    action: str
    method: str
    fields: Fields = dataclasses.field(default_factory=list)
    uploads: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    url: str
    body: bytes = b""
    content_type: str = FORM
    headers: dict[str, str] = dataclasses.field(default_factory=dict)

    def __str__(self) -> str:
        body = f" {self.content_type} {self.body[:300]!r}" if self.body else ""
        return f"{self.method} {self.url[:300]} {self.headers or ''}{body}"


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            method = (given.get("method") or "get").lower()
            self.forms.append(Form(given.get("action") or "", method))
        if not self.forms:
            return
        form, name, value = self.forms[-1], given.get("name") or "", given.get("value") or ""
        if tag == "select":
            self.select = name
        elif tag == "option" and self.select and ("selected" in given or value):
            form.fields = [pair for pair in form.fields if pair[0] != self.select]
            form.fields.append((self.select, value))
        elif name and given.get("type") == "file":
            form.uploads.append(name)
        elif name and tag in {"input", "textarea", "button"}:
            form.fields.append((name, value))


def forms_of(page: str, url: str) -> list[Form]:
    """The forms of a page, without the ones that every page has."""
    parser = _Forms()
    parser.feed(page)
    for form in parser.forms:
        form.action = form.action or urlsplit(url).path
        form.fields = [pair for pair in form.fields if pair[0] != "csrfmiddlewaretoken"]
    shell = ("/sign-out/", "/language/", "/store/", "/search/")
    return [form for form in parser.forms if not form.action.startswith(shell)]


def escaped(text: str) -> str:
    """Percent-encoded, lone surrogates too."""
    return quote_from_bytes(text.encode("utf-8", "surrogatepass"), safe="")


def encoded(fields: Fields) -> str:
    return "&".join(f"{escaped(name)}={escaped(value)}" for name, value in fields)


def multipart(fields: Fields, uploads: list[tuple[str, str, str, bytes]]) -> bytes:
    """As a browser would not: names go in as they are."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode(
            "utf-8", "surrogatepass"
        )
        for name, value in fields
    ]
    for name, file_name, kind, content in uploads:
        head = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; '
            f'filename="{file_name}"\r\nContent-Type: {kind}\r\n\r\n'
        )
        parts.append(head.encode("utf-8", "surrogatepass") + content + b"\r\n")
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


class Attacker:
    """Asks wrongly, and each time the same way for the same seed."""

    def __init__(self, seed: str, foreign: tuple[str, ...], near: tuple[str, ...]) -> None:
        self.chance = random.Random(seed)
        self.foreign = foreign  # ids of another store's things
        self.near = near or foreign  # those of the kind that this route shows

    def _value(self, known: str) -> str:
        return a_value(self.chance, self.foreign, known)

    def spoilt(self, fields: Fields) -> Fields:
        """One field, some or all of them wrong; doubled, missing, out of order, or made up."""
        chance = self.chance
        most = chance.choice((1, 1, 2, 3, len(fields)))
        wrong = set(chance.sample(range(len(fields)), min(most, len(fields))))
        sent = [
            (name, self._value(value) if at in wrong else value)
            for at, (name, value) in enumerate(fields)
        ]
        if sent and chance.random() < 0.2:
            sent.append((chance.choice(sent)[0], chance.choice(VALUES)))
        if sent and chance.random() < 0.2:
            sent.pop(chance.randrange(len(sent)))
        if chance.random() < 0.1:
            sent.append((chance.choice(VALUES)[:100], chance.choice(VALUES)))
        if chance.random() < 0.1:
            chance.shuffle(sent)
        return sent

    def path(self, url: str, arguments: list[str]) -> str:
        """The address with something else where it says which."""
        parts = url.split("/")
        for at, part in enumerate(parts):
            if any(part == argument or part.endswith(f".{argument}") for argument in arguments):
                is_near = self.chance.random() < 0.5
                other = self.chance.choice(self.near) if is_near else self._value(part)
                parts[at] = escaped(other)[:3000]
        return "/".join(parts)

    def form(self, form: Form) -> Asked:
        """A form sent with wrong values."""
        fields = self.spoilt(form.fields)
        if form.method == "get":
            return Asked("GET", f"{form.action}?{encoded(fields)}"[:60_000])
        if not form.uploads and self.chance.random() < 0.8:
            return Asked("POST", form.action, encoded(fields).encode(), headers=self.headers())
        uploads = [
            (
                name,
                self.chance.choice(FILE_NAMES),
                self.chance.choice(TYPES),
                self.chance.choice(files()),
            )
            for name in form.uploads or [name for name, _ in fields[:1]]
            for _ in range(self.chance.choice((0, 1, 1, 1, 2)))
        ]
        return Asked(
            "POST",
            form.action,
            multipart(fields, uploads),
            f"multipart/form-data; boundary={BOUNDARY}",
            self.headers(),
        )

    def transport(self, url: str, method: str) -> Asked:
        """The right address by the wrong means."""
        content_type, body = self.chance.choice(BODIES)
        return self.chance.choice(
            (
                Asked(method, url, headers=self.chance.choice(HEADERS)),
                Asked(method, url, headers=self.chance.choice(HEADERS)),
                Asked(self.chance.choice(METHODS), url),
                Asked("POST", url, body, content_type),
                Asked("GET", url, content_type=content_type),
            )
        )

    def headers(self) -> dict[str, str]:
        return {"HTTP_HX_REQUEST": "true"} if self.chance.random() < 0.4 else {}

    def query(self, url: str, names: list[str]) -> Asked:
        """Every parameter that the page's forms and links know, or some of them."""
        chosen = self.chance.sample(names, min(len(names), self.chance.choice((1, 2, 3, 9))))
        sent = [(name, self._value("1")) for name in chosen]
        return Asked("GET", f"{url}?{encoded(sent)}"[:60_000], headers=self.headers())
