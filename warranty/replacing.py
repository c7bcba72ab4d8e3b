"""How long the warranty of a replacement is: by the policy of the term it replaces (section 6)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from company.models import Replacement
from serials.stock import fetched, integers, run

from .ending import Ended
from .terms import last_covered_day


def end_of_replacement(
    policy: str, *, on: dt.date, full: dt.date, old: dt.date, least_days: int
) -> dt.date:
    """The last covered day of a replacement handed over `on` a day.

    `full` is the end of a full new term, `old` that of the term it replaces. A rest that is over
    already covers the day of the exchange itself. `least_days` are counted after that day.
    """
    if policy == Replacement.RESTART:
        return full
    if policy == Replacement.INHERIT:
        return max(old, on)
    return max(old, last_covered_day(on, least_days, "days"))


def replace_terms(posting_id: int, ended: Sequence[Ended], *, on: dt.date) -> None:
    """Let the terms started by an exchange take the place of those it ended: two statements.

    Each piece handed over replaces one that came back, of the same product where there is one,
    else in the order of the lines; what is handed over beyond that has its full new term. How
    long it is covered goes by the policy that the old piece was sold with, whatever the company's
    is today. A term of several pieces ends with the latest of those it replaces, names that one,
    and does not end before a full new one when there are fewer of them.
    """
    started = fetched(
        """
        SELECT id, product_id, quantity, ends_on FROM warranty_term
        WHERE posting_id = %s ORDER BY line, id
        """,
        [posting_id],
    )
    replaced: list[tuple[int, Ended, dt.date]] = []
    for (term_id, _, quantity, full), old in _paired(started, ended):
        if not old:
            continue
        ends = [
            end_of_replacement(
                one.policy, on=on, full=full, old=one.ends_on, least_days=one.least_days
            )
            for one in old
        ]
        ends_on = max(ends)
        latest = old[ends.index(ends_on)]
        if len(old) < quantity:
            ends_on = max(ends_on, full)  # one of the pieces at least is a sale like any other
        replaced.append((term_id, latest, ends_on))
    if replaced:
        run(
            """
            WITH replacing AS (
                UPDATE warranty_term term
                SET replaces_id = new.replaces, ends_on = new.ends_on, replacement = new.policy
                FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::date[])
                    AS new (id, replaces, policy, ends_on)
                WHERE new.id = term.id
                RETURNING term.id, term.ends_on
            )
            UPDATE warranty_card card SET ends_on = replacing.ends_on
            FROM replacing WHERE replacing.id = card.term_id
            """,
            [
                integers(term_id for term_id, _, _ in replaced),
                integers(old.term_id for _, old, _ in replaced),
                [old.policy for _, old, _ in replaced],
                [ends_on for _, _, ends_on in replaced],
            ],
        )


_Started = tuple[int, int, int, dt.date]


def _paired(
    started: Sequence[_Started], ended: Sequence[Ended]
) -> list[tuple[_Started, list[Ended]]]:
    """Each started term with the ended pieces it replaces."""
    left: defaultdict[int, list[Ended]] = defaultdict(list)
    for one in ended:
        left[one.product_id].append(one)
    pairs: list[tuple[_Started, list[Ended]]] = []
    for term in started:
        _, product_id, quantity, _ = term
        own = left[product_id]
        pairs.append((term, [own.pop(0) for _ in range(min(quantity, len(own)))]))
    others = [one for rest in left.values() for one in rest]
    for (_, _, quantity, _), old in pairs:
        while others and len(old) < quantity:
            old.append(others.pop(0))
    return pairs
