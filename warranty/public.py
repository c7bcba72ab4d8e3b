"""The address of a card's public page: short enough for a small QR code, too long to be guessed.

A card's token, 122 random bits made by PostgreSQL, is written as 22 characters of base64url
(RFC 4648, section 5, without padding). Each token has one spelling; every other is no address.
"""

from __future__ import annotations

import base64
import binascii
import uuid

from django.conf import settings
from django.urls import reverse

from company.models import Company


class TokenConverter:
    """A card's token in a URL. What spells no token, or spells one otherwise, is 404."""

    regex = "[A-Za-z0-9_-]{21}[AQgw]"  # the last character holds two bits

    def to_python(self, value: str) -> uuid.UUID:
        """The token that is spelt. Raises ValueError where it is not spelt as we spell it."""
        try:
            token = uuid.UUID(bytes=base64.urlsafe_b64decode(f"{value}=="))
        except binascii.Error as error:
            raise ValueError(value) from error
        if self.to_url(token) != value:
            raise ValueError(value)
        return token

    def to_url(self, value: uuid.UUID) -> str:
        """The one spelling of a token."""
        return base64.urlsafe_b64encode(value.bytes).rstrip(b"=").decode("ascii")


def public_address() -> str:
    """Where customers reach this program, without a slash at its end; empty when nowhere.

    The company's own setting, or else PUBLIC_URL of the environment. One statement: ask once for
    many cards.
    """
    return (Company.current().public_address or settings.PUBLIC_URL).rstrip("/")


def public_url(token: uuid.UUID, *, at: str | None = None) -> str:
    """The whole address of a card's public page, for its QR code; empty means no QR code.

    `at` is the public address when it is known already.
    """
    address = public_address() if at is None else at
    return f"{address}{reverse('public:card', args=[token])}" if address else ""
