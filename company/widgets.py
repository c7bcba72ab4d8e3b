"""Inputs and selects of forms, drawn as Django's templates draw them, without these templates.

A filter has a dozen of them; template in template in template they were a fifth of a list's cost.
Everything else, and what a widget has a template of its own for, is left to Django.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

Widget = Mapping[str, Any]
_HERE = "django/forms/widgets/"


class Renderer(DjangoTemplates):
    """The `FORM_RENDERER`."""

    def render(
        self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None
    ) -> SafeString:
        draw = _DRAWN.get(template_name)
        if draw is None:
            return mark_safe(super().render(template_name, context, request))  # noqa: S308
        return draw(context["widget"])


def _attrs(widget: Widget) -> SafeString:
    if not widget["attrs"]:  # of a choice mostly, and there may be hundreds
        return SafeString()
    return format_html_join(
        "",
        "{}",
        (
            (format_html(" {}", name) if value is True else format_html(' {}="{}"', name, value),)
            for name, value in widget["attrs"].items()
            if value is not False
        ),
    )


def _input(widget: Widget) -> SafeString:
    value = widget["value"]
    return format_html(
        '<input type="{}" name="{}"{}{}>',
        widget["type"],
        widget["name"],
        "" if value is None else format_html(' value="{}"', value),
        _attrs(widget),
    )


def _options(options: list[Widget]) -> SafeString:
    return format_html_join(
        "",
        '\n  <option value="{}"{}>{}</option>',
        ((option["value"], _attrs(option), option["label"]) for option in options),
    )


def _select(widget: Widget) -> SafeString:
    groups = format_html_join(
        "",
        "{}",
        (
            (
                format_html('\n  <optgroup label="{}">{}\n  </optgroup>', name, _options(options))
                if name
                else _options(options),
            )
            for name, options, _nth in widget["optgroups"]
        ),
    )
    return format_html('<select name="{}"{}>{}\n</select>', widget["name"], _attrs(widget), groups)


_DRAWN: dict[str, Callable[[Widget], SafeString]] = {
    _HERE + "select.html": _select,
    **{
        f"{_HERE}{kind}.html": _input
        for kind in ("input", "text", "number", "email", "url", "password", "hidden", "date")
    },
}
