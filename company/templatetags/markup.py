"""What every page draws many times: icons, pills, days and addresses (docs/frontend.md).

A list of thirty rows has hundreds of them. An icon as an included template costs ten times as much
as a tag, to write a day in words again thirty times as much as to remember it, to look up the
address of a unit ten times as much as to put its number into one that is remembered.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

from django import template
from django.conf import settings
from django.template import defaulttags
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.defaultfilters import date
from django.templatetags.static import static
from django.urls import get_script_prefix, get_urlconf, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str) -> SafeString:
    """The icon of this name, not read aloud: a word stands beside it."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("img/icons.svg"),
        name,
    )


@register.simple_tag
def pill(state: str, label: object) -> SafeString:
    """A state in words with its own icon and colour: codes of states in `docs/frontend.md`."""
    drawn = icon(f"state-{state}")
    return format_html('<span class="pill" data-state="{}">{}{}</span>', state, drawn, label)


@register.filter(expects_localtime=True)
def day(value: dt.date | str | None, written: str = "DATE_FORMAT") -> str:
    """A day as the person's language writes it; of a moment, the day it has in the store."""
    if type(value) is dt.date:
        return _day(value, written, get_language())
    return date(value, written)


@lru_cache(maxsize=4096)
def _day(value: dt.date, written: str, language: str | None) -> str:
    return date(value, written)


class _Url(defaulttags.URLNode):
    """Django's `url`, which remembers addresses that differ in ids alone."""

    def render(self, context: Context) -> str:
        ids = tuple(arg.resolve(context) for arg in self.args)
        if not ids or self.kwargs or self.asvar or any(type(one) is not int for one in ids):
            return super().render(context)
        name = self.view_name.resolve(context)
        urlconf = get_urlconf() or settings.ROOT_URLCONF
        return _address(name, len(ids), get_script_prefix(), urlconf) % ids


@register.tag
def url(parser: Parser, token: Token) -> _Url:
    """As Django's; a name of several routes with as many ids each is not for it."""
    node = defaulttags.url(parser, token)
    return _Url(node.view_name, node.args, node.kwargs, node.asvar)


@lru_cache(maxsize=512)
def _address(name: str, ids: int, prefix: str, urlconf: str) -> str:
    """An address with a place for each of its ids; safe in HTML, as `reverse` quotes it."""
    examples = [900_000_000 + nth for nth in range(ids)]  # nine digits fit every route
    address = reverse(name, urlconf=urlconf, args=examples).replace("%", "%%")
    for example in examples:
        address = address.replace(str(example), "%d")
    return address
