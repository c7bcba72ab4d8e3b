"""Writing the planned history down, through the verbs that people use."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from documents import drafting
from documents.acknowledging import acknowledge_returns
from documents.cancelling import cancel_document
from documents.continuing import start_arrival, start_identification
from documents.kinds import spec_of
from documents.models import Document, Kind, Line
from documents.pasting import paste_serials
from documents.posting import post_document

from .stage import Planned, PlannedCancelling, PlannedDocument, PlannedLine, PlannedStep

BEGUN_BEFORE = dt.timedelta(minutes=4)
"""How long before it is posted a document is begun."""


class Writer:
    """Writes one planned thing after the other; later ones name earlier documents and lines."""

    def __init__(self) -> None:
        self.documents: dict[PlannedDocument, Document] = {}
        self._lines: dict[PlannedLine, Line] = {}

    def write(self, planned: Planned) -> None:
        """Post a document, leave it a draft, cancel one, or count: whatever is planned."""
        if isinstance(planned, PlannedStep):
            planned.do()
            return
        if isinstance(planned, PlannedCancelling):
            document = self.documents[planned.document]
            cancel_document(document.pk, by=planned.by, reason=planned.reason, now=planned.at)
            return
        document = self._begun(planned)
        self._write_header(document, planned)
        self._write_lines(document, planned)
        # A draft is begun when it is begun: here that was in the past, too.
        begun = planned.at - BEGUN_BEFORE
        Document.objects.filter(pk=document.pk).update(created_at=begun)
        if planned.acknowledges:
            acknowledge_returns(document.pk, by=planned.by, now=planned.at)
        if planned.is_posted:
            document = post_document(
                document.pk,
                by=planned.by,
                now=planned.at,
                without_serials=planned.without_serials or None,
            )
        self.documents[planned] = document

    def _begun(self, planned: PlannedDocument) -> Document:
        if planned.origin is None:
            return drafting.start_draft(planned.kind, store=planned.store, by=planned.by)
        start = start_arrival if planned.kind == Kind.ARRIVAL else start_identification
        return start(self.documents[planned.origin].pk, by=planned.by)

    def _write_header(self, document: Document, planned: PlannedDocument) -> None:
        said = {
            "note": planned.note,
            "supplier": planned.supplier,
            "is_opening": planned.is_opening,
            "to_store": planned.to_store,
        }
        if any(said.values()):
            drafting.edit_header(document.pk, by=planned.by, changed=said)
        if planned.customer:
            drafting.choose_customer(document.pk, by=planned.by, customer=planned.customer)

    def _write_lines(self, document: Document, planned: PlannedDocument) -> None:
        """All lines in one statement (a draft's are nobody's stock yet), then their serials."""
        if planned.kind == Kind.IDENTIFICATION:  # its draft has them already
            lines = list(document.lines.order_by("position"))
        else:
            lines = Line.objects.bulk_create(
                self._line(document, position, each)
                for position, each in enumerate(planned.lines, 1)
            )
        for line, each in zip(lines, planned.lines, strict=True):
            self._lines[each] = line
            if each.serials:
                pasted = paste_serials(document.pk, line.pk, "\n".join(each.serials), by=planned.by)
                if pasted.added != len(each.serials):
                    raise RuntimeError(f"not all of these serials were taken: {each.serials}")

    def _line(self, document: Document, position: int, each: PlannedLine) -> Line:
        return Line(
            document=document,
            position=position,
            product=each.goods.product,
            quantity=each.quantity,
            unit_price=_price(document, each),
            remark=each.remark,
            origin=self._lines[each.origin] if each.origin else None,
            is_defective=each.is_defective,
        )


def _price(document: Document, each: PlannedLine) -> Decimal:
    if not spec_of(document.kind).has_prices:
        return Decimal(0)
    return each.goods.product.price if each.price is None else each.price
