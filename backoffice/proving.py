"""Do ledger, states, balances, warranties, documents, counts and repairs agree?"""

from __future__ import annotations

import documents.proving
import inventory.proving
import repairs.proving
import serials.proving
import warranty.proving


def differences() -> list[str]:
    """What does not agree, a sentence each; nothing is changed."""
    return [
        *serials.proving.differences(),
        *warranty.proving.differences(),
        *documents.proving.differences(),
        *inventory.proving.differences(),
        *repairs.proving.differences(),
    ]
