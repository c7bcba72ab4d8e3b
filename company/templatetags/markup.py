"""What every page draws many times: icons and pills, as tags of all templates (docs/frontend.md).

A tag and not an included template, because a list of fifty rows has two hundred of them and an
include costs ten times as much.
"""

from __future__ import annotations

from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

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
