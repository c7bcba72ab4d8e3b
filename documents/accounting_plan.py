"""Judging what people say lies in their stores, and planning another accounting for it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from products.models import OnBadFormat, Product
from products.modes import SERIAL_MODES, Mode
from serials.checking import check_text, explain, last_postings
from serials.places import where
from serials.policies import POLICIES, RECEIPT
from serials.reading_scans import Reading, readings, shown_gtin
from serials.stock import KnownSerial, Unit, known_serials
from serials.text import PastedColumn, SerialText, read_column

from .accounting_stock import Pile, Problem, Situation
from .judging import with_reasons
from .models import Document

Serials = Mapping[int, Sequence[SerialText]]
"""Serials by the id of the place where they lie."""


class AccountingRefused(Exception):
    """The accounting does not change, for all the reasons it carries; nothing was written."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(one.message for one in problems))


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """What will be done: which serials go out and which come in again, by place.

    `acknowledged` are the earlier returns to a supplier of units that come in, by key; `told` is
    what a person should know before.
    """

    situation: Situation
    mode: Mode
    leaving: Serials
    coming: Serials
    acknowledged: Mapping[str, int]
    told: Sequence[Problem]


def modes_to_choose(mode: str) -> list[Mode]:
    """The modes that goods are taken to by the assistant only, the strictest first."""
    others = [one for one in reversed(Mode) if one != mode]
    return [one for one in others if one in SERIAL_MODES or mode in SERIAL_MODES]


def asks_serials(before: str, after: str) -> bool:
    """Whether people say which serials lie there; those of strict accounting are known."""
    return after in SERIAL_MODES or before == Mode.RECORDED


def is_prefilled(before: str, after: str) -> bool:
    """Whether the ledger's serials are a good start: only what people read becomes strict."""
    return before in SERIAL_MODES and after != Mode.STRICT and asks_serials(before, after)


def read_entered(text: str) -> PastedColumn:
    """The serials of a text, one a line; a GS1 code gives the serial it carries."""
    return read_column(reading.serial.text for reading in _readings(text))


def _readings(text: str) -> Iterator[Reading]:
    return (readings(line)[0] for line in re.split(r"\r\n|\r|\n", text))


def make_plan(situation: Situation, mode: str, texts: Mapping[int, str]) -> Plan:
    """Judge what was entered for each place, and plan the change.

    A constant number of statements. Raises AccountingRefused with every reason at once.
    """
    product = situation.product
    if refused := [*situation.obstacles, *_not_for_it(situation, mode)]:
        raise AccountingRefused(refused)
    known: Serials = {pile.place.pk: pile.serials for pile in situation.piles}
    if not asks_serials(product.mode, mode):
        return Plan(situation, Mode(mode), known, {}, {}, ())

    entered = _Entered(situation, {pk: read_entered(text) for pk, text in texts.items()})
    judged = _judged(entered, mode)
    judged.problems += _wrong_codes(texts, product)
    if judged.problems:
        raise AccountingRefused(judged.problems)
    serials: Serials = {pile.place.pk: entered.of(pile).serials for pile in situation.piles}
    return Plan(
        situation,
        Mode(mode),
        # What is not in the ledger's own words goes out by those of the people.
        leaving=serials if product.mode == Mode.RECORDED else known,
        coming=serials if mode in SERIAL_MODES else {},
        acknowledged=judged.acknowledged,
        told=judged.told,
    )


def _not_for_it(situation: Situation, mode: str) -> Iterator[Problem]:
    if mode not in modes_to_choose(situation.product.mode):
        yield Problem(_("Choose another accounting."))
    if not situation.piles:
        words = _("Nothing of %(product)s lies anywhere: change its accounting on its own page.")
        yield Problem(words % {"product": situation.product.name})


@dataclasses.dataclass(frozen=True, slots=True)
class _Entered:
    """What people entered, by place id."""

    situation: Situation
    columns: Mapping[int, PastedColumn]

    def of(self, pile: Pile) -> PastedColumn:
        return self.columns.get(pile.place.pk, PastedColumn((), (), ()))

    @property
    def product(self) -> Product:
        return self.situation.product

    def each(self) -> Iterator[tuple[Pile, SerialText]]:
        for pile in self.situation.piles:
            for serial in self.of(pile).serials:
                yield pile, serial


@dataclasses.dataclass(slots=True)
class _Judged:
    problems: list[Problem] = dataclasses.field(default_factory=list)
    told: list[Problem] = dataclasses.field(default_factory=list)
    acknowledged: dict[str, int] = dataclasses.field(default_factory=dict)


def _judged(entered: _Entered, mode: str) -> _Judged:
    """Every reason against what was entered, and what is worth knowing of it."""
    judged = _Judged()
    known = known_serials([(entered.product.pk, serial.key) for _pile, serial in entered.each()])
    for pile in entered.situation.piles:
        _judge_number(pile, entered.of(pile), judged)
    judged.problems += _between_piles(entered)
    _judge_texts(entered, known, judged)
    if mode == Mode.STRICT:
        _judge_lives(entered, known, judged)
    if entered.product.mode == Mode.STRICT:
        judged.told += _not_as_the_ledger(entered)
    return judged


def _judge_number(pile: Pile, column: PastedColumn, judged: _Judged) -> None:
    """As many serials as pieces; one that is there twice counts once and is told."""
    place = pile.place.pk
    count, pieces = len(column.serials), pile.quantity
    facts = {"count": count, "pieces": pieces}
    if count < pieces:
        facts["n"] = pieces - count
        words = ngettext(
            "%(count)d of %(pieces)d serial numbers: enter %(n)d more.",
            "%(count)d of %(pieces)d serial numbers: enter %(n)d more.",
            facts["n"],
        )
        judged.problems.append(Problem(words % facts, place))
    elif count > pieces:
        facts["n"] = count - pieces
        words = ngettext(
            "%(count)d serial numbers, but the stock is %(pieces)d: take off %(n)d, or correct "
            "the stock first.",
            "%(count)d serial numbers, but the stock is %(pieces)d: take off %(n)d, or correct "
            "the stock first.",
            facts["n"],
        )
        judged.problems.append(Problem(words % facts, place))
    for text in column.too_long:
        words = _("“%(serial)s…” is too long for a serial number.") % {"serial": text[:24]}
        judged.problems.append(Problem(words, place))
    (judged.told if count == pieces else judged.problems).extend(
        Problem(_("%(serial)s is there more than once and counts once.") % {"serial": text}, place)
        for text in dict.fromkeys(column.repeated)
    )


def _between_piles(entered: _Entered) -> Iterator[Problem]:
    """A unit lies in one place only."""
    first: dict[str, Pile] = {}
    for pile, serial in entered.each():
        other = first.setdefault(serial.key, pile)
        if other is not pile:
            words = _("%(serial)s is also under “%(place)s”: a unit lies in one place only.")
            facts = {"serial": serial.text, "place": other}
            yield Problem(words % facts, pile.place.pk)


def _not_as_the_ledger(entered: _Entered) -> Iterator[Problem]:
    """What strict accounting knows to lie elsewhere, or not at all: somebody's mistake."""
    keys = {
        pile.place.pk: {serial.key for serial in pile.serials} for pile in entered.situation.piles
    }
    for pile, serial in entered.each():
        if serial.key not in keys[pile.place.pk]:
            words = _("The ledger does not have %(serial)s under “%(place)s”.")
            yield Problem(words % {"serial": serial.text, "place": pile}, pile.place.pk)


def _wrong_codes(texts: Mapping[int, str], product: Product) -> Iterator[Problem]:
    """Codes that can't be read, and those that name another product."""
    for place, text in texts.items():
        for reading in _readings(text):
            if reading.wrong:
                yield Problem(reading.wrong, place)
            elif reading.is_unit and reading.gtin != product.gtin14:
                words = _("%(serial)s is of another product: its code has the barcode %(barcode)s.")
                facts = {"serial": reading.serial.text, "barcode": shown_gtin(reading.gtin)}
                yield Problem(words % facts, place)


def _judge_texts(entered: _Entered, known: Mapping[Unit, KnownSerial], judged: _Judged) -> None:
    """The product's own barcode, or not what its type's serials look like.

    What the ledger knows was judged when it came; barcode and format may be newer.
    """
    product = entered.product
    refuses = product.type.on_bad_format == OnBadFormat.REFUSE
    for pile, serial in entered.each():
        if (product.pk, serial.key) in known:
            continue
        if wrong := check_text(serial, product):
            found = judged.problems if refuses or wrong.code == "own_barcode" else judged.told
            found.append(Problem(wrong.message, pile.place.pk))


def _judge_lives(entered: _Entered, known: Mapping[Unit, KnownSerial], judged: _Judged) -> None:
    """Units the ledger has elsewhere: one at the supplier comes back, the others are refused."""
    found = list(_elsewhere(entered, known))
    postings = last_postings([one for _pile, _serial, one, _code in found])
    documents = _documents_of({posting.pk for posting in postings.values()})
    came_back = []
    for pile, serial, one, code in found:
        posting = postings.get(one.id)
        document = documents.get(posting.pk) if posting else None
        refusal = explain(code, serial, one, posting)
        if code != "returned_to_supplier_before" or posting is None:
            judged.problems.append(Problem(refusal.message, pile.place.pk, document))
            continue
        judged.acknowledged[serial.key] = posting.pk
        # What only left the books, by this assistant, surprises nobody.
        if document and not document.is_opening:
            came_back.append((pile, document, refusal))
    told = with_reasons([refusal for _pile, _document, refusal in came_back])
    for (pile, document, _refusal), refusal in zip(came_back, told, strict=True):
        judged.told.append(Problem(refusal.message, pile.place.pk, document))


def _elsewhere(
    entered: _Entered, known: Mapping[Unit, KnownSerial]
) -> Iterator[tuple[Pile, SerialText, KnownSerial, str]]:
    """The serials that strict accounting would not receive where they are, each with why."""
    strict, product = POLICIES[Mode.STRICT], entered.product
    for pile, serial in entered.each():
        if one := known.get((product.pk, serial.key)):
            place, store_id = where(one.trusted_place), pile.place.store_id or 0
            if wrong := strict.check_serial(RECEIPT, place, store_id=store_id):
                yield pile, serial, one, wrong.code


def _documents_of(posting_ids: Iterable[int]) -> dict[int, Document]:
    """The documents of postings, by the posting's id: one query."""
    found = Document.objects.filter(posting_id__in=list(posting_ids))
    return {one.posting_id: one for one in found if one.posting_id is not None}
