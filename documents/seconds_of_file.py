"""The second numbers that the rows of a file give to units, before they are added to a draft."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.utils.translation import gettext as _

from products.models import Product
from serials.checking import check_second
from serials.second_numbers import may_have_second, second_numbers
from serials.stock import Seconds, known_serials
from serials.text import LONGEST, SerialText, read_serial

from .kinds import spec_of
from .models import Document, LineSerial


class SecondsOfFile:
    """Judges the second numbers of a file: three statements, none where it has none.

    Only a receipt enters them; in any other file they say nothing that is not known.
    """

    def __init__(self, document: Document, rows: Sequence[tuple[Product, SerialText, str]]) -> None:
        self.brings_in = spec_of(document.kind).brings_in
        given = [row for row in rows if row[2] and self.brings_in]
        self.is_empty = not given
        if self.is_empty:
            return
        read = [(product, serial, read_serial(text)) for product, serial, text in given]
        self.known = known_serials([(product.pk, serial.key) for product, serial, _second in read])
        self.seconds = Seconds(
            known_serials([(product.pk, second.key) for product, _serial, second in read]),
            second_numbers([known.id for known in self.known.values()]),
        )
        self.firsts = {(product.pk, serial.key) for product, serial, _text in rows}
        self.times = Counter({(one.pk, first.key, second.key) for one, first, second in read})
        self.units = Counter((one, second) for one, _first, second in self.times)
        on_draft = LineSerial.objects.filter(document=document)
        keys = [second.key for *_, second in read]
        self.entered = set(on_draft.filter(key__in=keys).values_list("product_id", "key"))
        self.entered |= set(
            on_draft.filter(second_key__in=keys).values_list("product_id", "second_key")
        )

    def of(self, product: Product, text: str) -> SerialText | None:
        """The second number of a row, where it is one to enter."""
        second = read_serial(text)
        return second if self.brings_in and second.key else None

    def why_not(self, product: Product, serial: SerialText, text: str) -> str:
        """What is wrong with the second number of a row; empty when nothing is."""
        second = self.of(product, text)
        if self.is_empty or second is None:
            return ""
        if not may_have_second(product):
            words = _("Units of %(name)s have one number: their type is not one with IMEIs.")
            return words % {"name": product.name}
        if len(second.key) > LONGEST or len(second.text) > LONGEST:
            return _("A serial number has at most %(most)d characters.") % {"most": LONGEST}
        known = self.known.get((product.pk, serial.key))
        if wrong := check_second(serial, second, product, known, self.seconds):
            return wrong.message
        unit = product.pk, second.key
        if unit in self.firsts or unit in self.entered or self.units[unit] > 1:
            return _("This number names another unit too, in this file or on the document.")
        return ""
