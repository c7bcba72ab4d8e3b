"""The four ways a product is accounted, in words; the rules themselves are in serials.policies."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Mode(models.TextChoices):
    """How the units of a product are accounted (section 2 of the domain)."""

    NONE = "none", _("No warranty accounting")
    PERIOD = "period", _("Warranty without serial numbers")
    RECORDED = "recorded", _("Warranty accounting")
    STRICT = "strict", _("Strict warranty accounting")


SERIAL_MODES = frozenset({Mode.RECORDED, Mode.STRICT})
WARRANTY_MODES = frozenset({Mode.PERIOD, Mode.RECORDED, Mode.STRICT})


def closed_modes(mode: str) -> frozenset[str]:
    """The modes a product with stock, or with units to identify, can't go to."""
    if mode in SERIAL_MODES:
        return frozenset(Mode.values) - {mode}
    return frozenset(SERIAL_MODES)


WHAT_IT_ASKS = {
    Mode.NONE: _("Only quantities are counted. No serial numbers, no warranty card."),
    Mode.PERIOD: _(
        "Only quantities are counted. A sale starts the warranty and prints a card for each "
        "unit, without a serial number."
    ),
    Mode.RECORDED: _(
        "People enter a serial number for every unit on every document. The quantity is "
        "checked, the serial itself is not compared with what was received."
    ),
    Mode.STRICT: _(
        "People enter a serial number for every unit, and each one is checked: only a unit "
        "that lies in this store can be sold, and no unit can be received twice."
    ),
}
