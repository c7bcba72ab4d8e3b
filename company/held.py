"""A form that came when nobody was signed in any more: kept until somebody is.

It travels signed in the pages of the sign-in, so strangers leave nothing here; then the person
sends it again with one press. Passwords and codes are not kept, nor files: those must be chosen
again. A form too large for a page, a megabyte, is not kept either.
"""

from __future__ import annotations

import dataclasses

from django.core import signing
from django.http import HttpRequest

FIELD = "held"
LARGEST = 1024 * 1024
_LASTS = 24 * 3600
_SALT = "company.held"
_NEVER = {
    "csrfmiddlewaretoken", FIELD, "password", "old_password", "new_password1", "new_password2",
    "new_pin",
}  # fmt: skip
_NOT_TYPED = {"next", "store", "language"}
"""What the forms around every page say by themselves."""


@dataclasses.dataclass(frozen=True, slots=True)
class Held:
    """A form as it was sent: where to, and its fields in order."""

    path: str
    fields: list[tuple[str, str]]
    had_files: bool

    def signed(self) -> str:
        """What the pages of the sign-in carry."""
        said = [self.path, self.fields, self.had_files]
        return signing.dumps(said, salt=_SALT, compress=True)


def hold(request: HttpRequest) -> Held | None:
    """A form that can't be taken now; none when nothing is typed in it, or far too much."""
    fields = [
        (name, str(value))
        for name, values in request.POST.lists()
        if name not in _NEVER
        for value in values
    ]
    is_empty = not any(value.strip() for name, value in fields if name not in _NOT_TYPED)
    if is_empty or sum(len(name) + len(value) for name, value in fields) > LARGEST:
        return None
    return Held(request.get_full_path(), fields, bool(request.FILES))


def held_in(request: HttpRequest) -> Held | None:
    """The form that a page of the sign-in carries; none when it is not of our making."""
    try:
        said = signing.loads(request.POST.get(FIELD, ""), salt=_SALT, max_age=_LASTS)
    except signing.BadSignature:
        return None
    path, fields, had_files = said
    return Held(path, [(name, value) for name, value in fields], had_files)
