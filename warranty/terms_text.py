"""The terms on a card: Markdown that an admin writes, as safe HTML with a card's facts filled in.

The text is data. Markdown knows here only paragraphs, lists, bold and italic, and small headings:
no HTML, links or pictures, which stay the text they are. What comes out is sanitised once more,
and only then the `{placeholders}` are replaced by escaped facts.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Mapping

import nh3
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from markdown_it import MarkdownIt

from .queries import CardView

MOST_LINES = 200
DEEPEST_LIST = 3
MOST_FACTS = 50
"""Placeholders in a text: each may become as long as the longest name."""

PLACEHOLDERS: Mapping[str, Promise | str] = {
    "product": gettext_lazy("the product"),
    "serial": gettext_lazy("its serial number"),
    "sku": gettext_lazy("its SKU"),
    "sale_number": gettext_lazy("the number of the sale"),
    "sale_date": gettext_lazy("the day of the sale"),
    "period": gettext_lazy("the warranty period, such as 12 months"),
    "ends_on": gettext_lazy("the last day covered"),
    "card_number": gettext_lazy("the number of the card"),
    "store": gettext_lazy("the store"),
    "store_address": gettext_lazy("its address"),
    "store_phone": gettext_lazy("its phone"),
    "customer": gettext_lazy("the customer"),
}
"""What may stand in braces, each with what it is replaced by."""

_TAGS = {"p", "br", "strong", "em", "ol", "ul", "li", "h3"}
_ATTRIBUTES = {"ol": {"start"}}
_IN_BRACES = re.compile(r"\{([^{}\n]*)\}")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_UNSEEN = {"\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff"}
"""Characters of the category Cf that do no harm: soft hyphen, joiners, a byte order mark."""

# More than any list that is accepted: beyond it Markdown would leave text out.
_MARKDOWN = MarkdownIt("zero", {"breaks": True, "maxNesting": 60}).enable(
    ["heading", "list", "emphasis", "newline", "escape"]
)


def problems_of(text: str) -> list[str]:
    """Why a text can't be the terms of a card: nothing when it can."""
    return [*unprintable_in(text), *_unknown_in(text), *_too_much_in(text)]


def unprintable_in(text: str) -> Iterator[str]:
    """A sentence for each invisible character that would change how the rest is read."""
    for character in sorted({each for each in text if _is_unprintable(each)}):
        yield _(
            "It has an invisible character (U+%(code)04X) that can't be printed: delete it."
        ) % {"code": ord(character)}


def _is_unprintable(character: str) -> bool:
    """Control characters, and those that turn the direction of writing."""
    category = unicodedata.category(character)
    return category in {"Cc", "Cf", "Cs"} and character not in {"\n", "\t", *_UNSEEN}


def _unknown_in(text: str) -> Iterator[str]:
    named = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    seen = {found[1]: found[0] for found in _IN_BRACES.finditer(text)}
    for inside, whole in seen.items():
        if inside in PLACEHOLDERS:
            continue
        if inside.strip() in PLACEHOLDERS:
            words = _("Write {%(name)s} without blanks inside the braces.")
            yield words % {"name": inside.strip()}
            continue
        words = _(
            "There is nothing to fill in for %(what)s. Between braces there can be: %(names)s."
        )
        yield words % {"what": whole[:40], "names": named}


def _too_much_in(text: str) -> Iterator[str]:
    if text.count("\n") >= MOST_LINES:
        yield _("These are more than %(most)d lines.") % {"most": MOST_LINES}
        return
    if len(_IN_BRACES.findall(text)) > MOST_FACTS:
        yield _("More than %(most)d places are to be filled in.") % {"most": MOST_FACTS}
    depth = deepest = 0
    for token in _MARKDOWN.parse(text):
        if token.type in {"ordered_list_open", "bullet_list_open"}:
            depth += 1
            deepest = max(deepest, depth)
        elif token.type in {"ordered_list_close", "bullet_list_close"}:
            depth -= 1
    if deepest > DEEPEST_LIST:
        yield _("A list can be at most %(most)d levels deep.") % {"most": DEEPEST_LIST}


@functools.lru_cache(maxsize=64)
def html_of(text: str) -> str:
    """A text as HTML of a few harmless tags, its placeholders as they are."""
    tokens = _MARKDOWN.parse(text)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = "h3"
    made = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return nh3.clean(made, tags=_TAGS, attributes=_ATTRIBUTES)


def filled(html: str, facts: Mapping[str, str]) -> SafeString:
    """This HTML with its placeholders replaced, once, by these facts as text."""

    def fact(found: re.Match[str]) -> str:
        return str(escape(facts.get(found[1], found[0])))

    return mark_safe(_PLACEHOLDER.sub(fact, html))  # noqa: S308  # sanitised, facts escaped


def facts_of(card: CardView) -> dict[str, str]:
    """What the placeholders stand for on a card, in the language in use."""
    return {
        "product": card.product_name,
        "serial": card.serial_text,
        "sku": card.sku,
        "sale_number": card.sale_number,
        "sale_date": date_format(card.starts_on, "DATE_FORMAT"),
        "period": str(card.period),
        "ends_on": date_format(card.ends_on, "DATE_FORMAT"),
        "card_number": card.number,
        "store": card.store_name,
        "store_address": card.store_address,
        "store_phone": card.store_phone,
        "customer": card.customer_name,
    }


def built_in_text(*, has_serial: bool | None = None) -> str:
    """The terms of cards without a design, in the language in use.

    They differ for goods with and without a serial number; None is for both, to start a text of
    one's own from.
    """
    bring = {
        True: _(
            "Bring the goods with this card. The serial number on the goods must be readable "
            "and the same as on the card."
        ),
        False: _("Bring the goods with this card."),
        None: _(
            "Bring the goods with this card. A serial number on the goods must be readable and "
            "the same as on the card."
        ),
    }
    rules = [
        _(
            "A fault of material or manufacture that shows up to the end of the last day above is "
            "repaired free of charge. If a repair is not possible, the goods are replaced or the "
            "price is paid back."
        ),
        bring[has_serial],
        _(
            "The warranty does not cover normal wear, parts meant to be used up, and damage by "
            "falls, liquids, wrong voltage, use against the instructions or a repair by "
            "unauthorised people."
        ),
        _("Rights that the law gives to the buyer are not limited by this card."),
    ]
    return "\n".join(f"{number}. {rule}" for number, rule in enumerate(rules, start=1))
