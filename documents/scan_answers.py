"""What a scan on a draft is answered with: taken, repeated, refused, or a question."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Sequence

from django.utils.translation import gettext as _

from partners.models import Supplier
from products.models import Product
from serials import stock
from serials.refusals import Refusal

MOST_CHOICES = 8


class Outcome(enum.StrEnum):
    """What a scan came to; each has its own colour, word and sound."""

    ACCEPTED = "accepted"
    REPEATED = "repeated"
    REFUSED = "refused"
    ASKS = "asks"


@dataclasses.dataclass(frozen=True, slots=True)
class Choice:
    """One answer to an ambiguous scan: take the text as this product, or as its serial.

    `origin_id` is the earlier line it belongs to, `acknowledge` says that the unit came back from
    the supplier, `only_one` that a unit has no second number. `scan` is sent with it.
    """

    product: Product
    as_serial: bool
    hint: str
    scan: str = ""
    origin_id: int | None = None
    acknowledge: bool = False
    only_one: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """What a person chose, as it was sent: the ids of a `Choice`, none of them trusted."""

    product_id: int | None = None
    as_serial: bool | None = None
    origin_id: int | None = None
    acknowledge: bool = False
    only_one: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class ScanResult:
    """The answer to a scan. `line_id` is the line it touched, `is_new_line` whether it made it.

    `supplier` is whom the receipt is taken to be from since this scan, see supplying.py. With
    `offers_pairs` a person may say that each unit of the line has two numbers.
    """

    outcome: Outcome
    scanned: str
    message: str
    line_id: int | None = None
    is_new_line: bool = False
    product: Product | None = None
    warning: str = ""
    refusal: Refusal | None = None
    choices: Sequence[Choice] = ()
    supplier: Supplier | None = None
    offers_pairs: bool = False


def asked(
    scanned: str, message: str, choices: Sequence[Choice], *, refusal: Refusal | None = None
) -> ScanResult:
    """A question with its answers."""
    return ScanResult(
        Outcome.ASKS, scanned, message, refusal=refusal, choices=choices[:MOST_CHOICES]
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Candidate:
    """A serial the text may mean: of which product, and what the ledger knows of it."""

    product: Product
    known: stock.KnownSerial | None


def asking_for_second(result: ScanResult, product: Product) -> ScanResult:
    """A unit was taken, and its second number comes next, unless it has none."""
    choice = Choice(product, True, "", scan=result.scanned, only_one=True)
    message = " ".join([result.message, _("Now scan its second number.")])
    return dataclasses.replace(result, message=message, choices=[choice])


def refused(scanned: str, message: str, *, refusal: Refusal | None = None) -> ScanResult:
    return ScanResult(Outcome.REFUSED, scanned, message, refusal=refusal)
