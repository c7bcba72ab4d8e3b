"""Somebody at a screen: signs in, asks, reads the answer, thinks."""

from __future__ import annotations

import os
import random
from collections.abc import Collection
from typing import Any
from urllib.parse import urlencode

import gevent
from locust import FastHttpUser
from locust.exception import RescheduleTask, StopUser

from .answers import Answer
from .cast import PASSWORD, Person
from .shop import shop

IS_THINKING = os.environ.get("LOAD_THINK", "1") == "1"
JOB_PATIENCE = 120
"""How often a page of a job is looked at again, a second apart."""


class Odd(RescheduleTask):
    """An answer nobody expected. It is in the report already; what was begun is let be."""


class Worker(FastHttpUser):
    """A person of the cast."""

    abstract = True
    role = ""
    max_retries = 0
    network_timeout = 60.0
    connection_timeout = 60.0

    person: Person

    def wait_time(self) -> float:
        return random.uniform(1, 3) if IS_THINKING else 0

    def think(self, least: float = 1, most: float = 3) -> None:
        """What people do between two requests of one task."""
        if IS_THINKING:
            gevent.sleep(random.uniform(least, most))

    def on_start(self) -> None:
        self.person = shop.hire(self.role)
        # Once, for all requests: two at a time (a double press) would mix up a switch per request.
        self.client.client.redirect_response_codes = frozenset()
        try:
            self.sign_in()
        except Odd as odd:
            raise StopUser from odd

    def sign_in(self) -> None:
        self.get("sign-in page", "/sign-in/", holding='name="password"')
        fields = {"username": self.person.name, "password": PASSWORD}
        self.post("sign-in", "/sign-in/", fields, expect=[302])

    @property
    def store(self) -> int:
        return self.person.store

    def get(self, kind: str, path: str, **more: Any) -> Answer:
        return self.ask(kind, "GET", path, **more)

    def post(
        self, kind: str, path: str, fields: dict[str, str] | None = None, **more: Any
    ) -> Answer:
        """Send a form, as a browser would: with the token its cookie has."""
        token = next(
            (cookie.value for cookie in self.client.cookiejar if cookie.name == "csrftoken"), ""
        )
        body = urlencode({**(fields or {}), "csrfmiddlewaretoken": token or ""})
        return self.ask(kind, "POST", path, body=body, **more)

    def ask(
        self,
        kind: str,
        method: str,
        path: str,
        *,
        body: str | None = None,
        expect: Collection[int] = (200,),
        holding: str = "",
        scanned: Collection[str] = (),
        htmx: bool = False,
    ) -> Answer:
        """A request, and its answer when it is one of those expected; else Odd."""
        headers = {"Accept-Language": "en", "Connection": "close"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if htmx:
            headers["HX-Request"] = "true"
        with self.client.request(
            method, path, name=kind, data=body, headers=headers,
            catch_response=True,
        ) as response:  # fmt: skip
            answer = _read(response)
            wrong = _wrong(answer, expect, holding, scanned) or _torn(response)
            if wrong:
                response.failure(f"{method} {kind}: {wrong}")
                raise Odd
            response.success()
            return answer

    def refuse(self, kind: str, wrong: str) -> None:
        """Say that what was answered is wrong, though each answer alone looked right."""
        self.environment.events.request.fire(
            request_type="WRONG", name=kind, response_time=0, response_length=0,
            exception=AssertionError(wrong), context={},
        )  # fmt: skip
        raise Odd

    def wait_for_job(self, kind: str, path: str, ready: str) -> None:
        """Look at the page of a job, a second apart as it does itself, until it says `ready`."""
        for _ in range(JOB_PATIENCE):
            if ready in self.get(f"{kind}, is it ready", path, htmx=True).text:
                return
            gevent.sleep(1)
        self.refuse(kind, "not ready in two minutes")


def _read(response: Any) -> Answer:
    """An answer with its text; a file's is left as it is."""
    content = response.content or b""
    is_text = content[:4] != b"%PDF" and content[:2] != b"PK"
    return Answer(
        response.status_code,
        bytes(content).decode(errors="replace") if is_text else "",
        (response.headers or {}).get("location", "") or "",
        content[:4] == b"%PDF",
    )


def _torn(response: Any) -> str:
    """Why no answer came, where none did."""
    return "" if response.status_code else str(getattr(response, "error", "") or "no answer")


def _wrong(answer: Answer, expect: Collection[int], holding: str, scanned: Collection[str]) -> str:
    if answer.status and answer.status not in expect:
        return f"{answer.status} {answer.location} {answer.told}"
    if not answer.status:
        return ""
    if holding and holding not in answer.text:
        return f"{answer.status} without {holding!r}: {answer.told}"
    if scanned and answer.scanned not in scanned:
        said = answer.find(r'class="result__text">(.*?)</p>')
        return f"a scan was {answer.scanned or 'not answered'}: {said or answer.told}"
    return ""
