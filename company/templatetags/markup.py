"""What every page draws many times: icons, pills and days, in all templates (docs/frontend.md).

A list of fifty rows has hundreds of them. An icon as an included template costs ten times as much
as a tag, and to write a day in words again thirty times as much as to remember it.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

from django import template
from django.template.defaultfilters import date
from django.templatetags.static import static
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
