"""What is said to a person who scanned something: data that pages put into words and sounds."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Sequence

from products.models import Product

from .explaining import Explanation


class Verdict(enum.StrEnum):
    """What a scan came to; each has its own word, colour and sound."""

    EXPECTED = "expected"
    REPEATED = "repeated"
    UNKNOWN = "unknown"
    OUT_OF_SCOPE = "out_of_scope"
    ASKS = "asks"
    CHOSEN = "chosen"
    COUNTED = "counted"
    REFUSED = "refused"


@dataclasses.dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a question: the scan again, as this product or as a serial number of it.

    Without a product it is a serial number of nobody knows what. `scan` is sent instead of the
    text that was scanned.
    """

    product: Product | None
    as_serial: bool
    hint: str = ""
    scan: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Chosen:
    """What a person chose, as it was sent: none of it is trusted."""

    product_id: int | None = None
    as_serial: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class ScanAnswer:
    """The answer to a scan.

    `scan_id` is the row that counts, also of a repeated one. `context` is the product that serial
    numbers nobody has seen are taken for from now on. Of pieces, `total` is how many are counted
    by now and `balance` how many the records have. `note` says how the text was read, when it
    was not taken as it came.
    """

    verdict: Verdict
    scanned: str
    message: str
    product: Product | None = None
    scan_id: int | None = None
    choices: Sequence[Choice] = ()
    explanation: Explanation | None = None
    context: Product | None = None
    total: int | None = None
    balance: int | None = None
    is_defective: bool = False
    note: str = ""

    @property
    def counts(self) -> bool:
        """Whether the count has something now that it did not have before, or had it already."""
        return self.scan_id is not None
