"""A count's report as a workbook: a sheet for each question somebody may have."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from company.exporting import Cell, Column, Rows, Sheet

from .models import ProductResult
from .report import CountReport, Resolved, everything_scanned


def report_sheets(report: CountReport) -> list[Sheet]:
    """The sheets, in the order of their tabs."""
    return [_summary(report), _missing(report), _unknown(report), _products(report), _scans(report)]


def _summary(report: CountReport) -> Sheet:
    count, accuracy = report.count, report.accuracy
    words: Rows = [
        (_("Number"), count.number, None),
        (_("Store"), count.store.name, None),
        (_("What was counted"), scope_in_words(report), None),
        (_("State"), count.get_status_display(), None),
        (_("Started by"), str(count.started_by), None),
        (_("Ended by"), str(count.ended_by or ""), None),
        (_("Closed on"), count.closed_on.isoformat() if count.closed_on else "", None),
        (_("Note"), count.note, None),
        (_("Shortage"), count.shortage.number if count.shortage else "", None),
        (_("Surplus"), count.surplus.number if count.surplus else "", None),
    ]
    figures: Rows = [
        (_("Units expected"), "", count.units_expected),
        (_("Units counted"), "", count.units_counted),
        (_("Units missing"), "", count.units_missing),
        (_("Units unknown when scanned"), "", count.units_unknown),
        (_("Units without serial numbers"), "", report.loose),
        (_("Pieces expected"), "", count.pieces_expected),
        (_("Pieces counted"), "", count.pieces_counted),
        (_("Pieces short"), "", count.pieces_short),
        (_("Pieces over"), "", count.pieces_over),
        (_("Pieces that nobody counted"), "", report.uncounted_pieces),
        (_("Lacking, but gone from the records before"), "", report.left),
        (_("Accuracy of units, %"), _percent(accuracy.units.percent), None),
        (_("Accuracy of pieces, %"), _percent(accuracy.pieces.percent), None),
    ]
    people: Rows = [
        (_("Scans by %(person)s") % {"person": person.name}, "", person.scans)
        for person in report.people
    ]
    columns = [
        Column(_("What"), width=36),
        Column(_("In words"), width=30),
        Column(_("How many"), Cell.WHOLE, 12),
    ]
    return Sheet(_("Summary"), columns, [*words, *figures, *people])


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1f}"


def scope_in_words(report: CountReport) -> str:
    """What a count was about: everything, its type, or the names of its products."""
    count = report.count
    if count.product_type:
        return count.product_type.name
    if report.chosen:
        return ", ".join(product.name for product in report.chosen)
    return str(_("Everything"))


def _side(is_defective: bool) -> str:
    return str(_("defective")) if is_defective else ""


def _missing(report: CountReport) -> Sheet:
    columns = [
        Column(_("Product"), width=34),
        Column(_("SKU"), width=18),
        Column(_("Serial number"), width=26),
        Column(_("State"), width=12),
        Column(_("Document"), width=20),
    ]
    number = report.count.shortage.number if report.count.shortage else ""
    rows = [
        (of_product.product, of_product.sku, serial, _side(of_product.is_defective), number)
        for of_product in report.missing
        for serial in of_product.serials
    ]
    return Sheet(_("Missing"), columns, rows)


def _unknown(report: CountReport) -> Sheet:
    columns = [
        Column(_("Serial number"), width=26),
        Column(_("Product"), width=34),
        Column(_("Scanned by"), width=22),
        Column(_("Scanned"), Cell.MOMENT, 18),
        Column(_("How it was resolved"), width=28),
        Column(_("Document"), width=20),
        Column(_("By"), width=22),
        Column(_("When"), Cell.MOMENT, 18),
    ]
    rows = [
        (
            one.text, one.product, one.scanned_by, one.scanned_at, resolution(one),
            one.reference, one.by, one.at,
        )
        for one in report.unknown
    ]  # fmt: skip
    return Sheet(_("Unknown"), columns, rows)


def resolution(one: Resolved) -> str:
    """How an unknown unit was resolved, in words."""
    if one.is_taken_back:
        return str(_("scan taken back"))
    return one.movement or str(_("not resolved"))


def _products(report: CountReport) -> Sheet:
    columns = [
        Column(_("Product"), width=34),
        Column(_("SKU"), width=18),
        Column(_("Counted as"), width=14),
        Column(_("State"), width=12),
        Column(_("Expected"), Cell.WHOLE, 11),
        Column(_("Counted"), Cell.WHOLE, 11),
        Column(_("Missing or short"), Cell.WHOLE, 16),
        Column(_("Unknown or over"), Cell.WHOLE, 16),
        Column(_("Gone before"), Cell.WHOLE, 12),
        Column(_("Without serial number"), Cell.WHOLE, 20),
    ]
    return Sheet(_("Products"), columns, map(_product, report.results))


def _product(found: ProductResult) -> tuple[object, ...]:
    how = _("serial number") if found.in_units else _("pieces")
    return (
        found.product.name, found.product.sku, how, _side(found.is_defective), found.expected,
        found.counted, found.short, found.over, found.left, found.loose,
    )  # fmt: skip


def _scans(report: CountReport) -> Sheet:
    columns = [
        Column(_("When"), Cell.MOMENT, 18),
        Column(_("Who"), width=22),
        Column(_("Product"), width=34),
        Column(_("Serial number"), width=26),
        Column(_("Pieces"), Cell.WHOLE, 10),
        Column(_("State"), width=12),
        Column(_("In the records"), width=16),
        Column(_("How"), width=14),
        Column(_("Taken back"), Cell.MOMENT, 18),
        Column(_("By"), width=22),
    ]
    return Sheet(_("Everything counted"), columns, _scan_rows(report))


def _scan_rows(report: CountReport) -> Iterator[tuple[object, ...]]:
    here, unknown = str(_("yes")), str(_("no"))
    for scan in everything_scanned(report.count):
        in_records = here if scan.was_here else unknown
        yield (
            scan.scanned_at,
            str(scan.scanned_by),
            scan.product.name if scan.product else "",
            scan.text,
            None if scan.key else scan.quantity,
            _side(scan.is_defective),
            in_records if scan.key else "",
            str(scan.get_source_display()),
            scan.taken_back_at,
            str(scan.taken_back_by or ""),
        )
