"""What the pages say, read as a person would: by what is on them, not by their status alone."""

from __future__ import annotations

import dataclasses
import re
from html import escape, unescape


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the server."""

    status: int
    text: str
    location: str = ""
    is_pdf: bool = False

    def find(self, pattern: str) -> str:
        """The first group of a pattern, or nothing."""
        found = re.search(pattern, self.text, re.DOTALL)
        return unescape(found[1]) if found else ""

    def all(self, pattern: str) -> list[str]:
        return [unescape(text) for text in re.findall(pattern, self.text, re.DOTALL)]

    @property
    def document(self) -> str:
        """The key of the document whose page this is."""
        return self.find(r'data-address="/documents/(\d+)/"')

    @property
    def scanned(self) -> str:
        """What came of a scan: accepted, repeated, refused, asks; of a count's also unknown."""
        return self.find(r'<div class="result" data-result="(\w+)"')

    @property
    def number(self) -> str:
        """The number in the title of a posted document."""
        return self.find(r'<h1 class="page-header__title">[^<]*<span class="serial">([^<]+)</span>')

    @property
    def refused(self) -> list[str]:
        """The serials that posting refused, each once; empty text for what is about none."""
        rows = self.all(r'<li class="refusal">(.*?)</li>')
        named = (re.search(r'<span class="serial">([^<]+)</span>', row) for row in rows)
        return list(dict.fromkeys(unescape(one[1]) if one else "" for one in named))

    @property
    def told(self) -> str:
        """The words of a refusal, or the title: for whoever reads about what went wrong."""
        words = self.all(r'class="refusal__message">(.*?)</p>') or self.all(r"<title>(.*?)</title>")
        return re.sub(r"<[^>]+>|\s+", " ", " / ".join(words))[:200].strip()

    @property
    def posting(self) -> str:
        """What the button that prints the cards of a sale names."""
        return self.find(r'action="/cards/print/(\d+)/"')

    @property
    def lines(self) -> list[str]:
        """The keys of the lines that may be edited."""
        return self.all(r'action="/documents/\d+/lines/(\d+)/remove/"')

    def line_of(self, unit: str) -> str:
        """The line of a draft that has this unit."""
        unit = re.escape(escape(unit))
        return self.find(
            r'lines/(\d+)/serials/remove/"[^>]*>\s*<input[^>]*>'
            rf'\s*<input type="hidden" name="key" value="{unit}">'
        )

    def line_fields(self, line: str) -> dict[str, str]:
        """The fields of a line as a browser would send them back."""
        inputs = re.findall(rf'<input [^>]*name="(?:initial-)?line-{line}-\w+"[^>]*>', self.text)
        fields = {}
        for one in inputs:
            value = re.search(r'value="([^"]*)"', one)
            if 'type="checkbox"' in one and "checked" not in one:
                continue
            name = re.search(r'name="([^"]+)"', one)
            fields[name[1] if name else ""] = unescape(value[1]) if value else "on"
        return fields
