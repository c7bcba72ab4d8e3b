"""Whether everybody can use a page: what axe-core finds, and whether it runs out of the window."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

LIGHT_DESK = {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}}
DARK_PHONE = {
    "color_scheme": "dark",
    "viewport": {"width": 360, "height": 780},
    "is_mobile": True,
    "has_touch": True,
}
LOOKS: dict[str, dict[str, Any]] = {"light, desk": LIGHT_DESK, "dark, phone": DARK_PHONE}

# What another look at the same page can change: colours, sizes, and what is shown at all. All the
# other rules read the same markup again, and cost as much again.
OF_LOOKS = (
    "aria-hidden-focus",
    "color-contrast",
    "css-orientation-lock",
    "link-in-text-block",
    "meta-viewport",
    "scrollable-region-focusable",
)
SCRIPT = Axe().axe_script
RUN = """options => axe.run(document, options).then(({violations}) =>
    violations.flatMap(({id, nodes}) => nodes.map(({html}) => [id, html.slice(0, 160)])))"""
IS_TOO_WIDE = "document.documentElement.scrollWidth > innerWidth"


def turn(page: Page, look: dict[str, Any]) -> None:
    """Show an open page as it looks elsewhere: asking for it again costs as much as judging it.

    Open it with reduced motion: colours would still be on their way.
    """
    page.emulate_media(color_scheme=look["color_scheme"])
    screen = {"deviceScaleFactor": 1, "mobile": look.get("is_mobile", False), **look["viewport"]}
    device = page.context.new_cdp_session(page)
    device.send("Emulation.setDeviceMetricsOverride", screen)
    device.send("Emulation.setTouchEmulationEnabled", {"enabled": look.get("has_touch", False)})
    device.detach()


class Judge:
    """Judges what a page shows now, as often as it is called; `found` says where what is wrong.

    Only one look at a page need be judged as a `whole`, by all rules.
    """

    def __init__(self, page: Page, *, whole: bool = True) -> None:
        self.page = page
        self.whole = whole
        self.found: list[tuple[str, str, str]] = []

    def __call__(self, where: str) -> None:
        self.page.evaluate(SCRIPT)
        self._judge(where, whole=self.whole)

    def again(self, where: str) -> None:
        """Judge another look at what was just judged."""
        self._judge(where, whole=False)

    def _judge(self, where: str, *, whole: bool) -> None:
        options: dict[str, Any] = {"preload": False, "resultTypes": ["violations"]}
        if not whole:
            options["runOnly"] = {"type": "rule", "values": OF_LOOKS}
        self.found += [(where, *wrong) for wrong in self.page.evaluate(RUN, options)]
        self.judge_width(where)

    def judge_width(self, where: str) -> None:
        if self.page.evaluate(IS_TOO_WIDE):
            self.found.append((where, "wider than the window", ""))
