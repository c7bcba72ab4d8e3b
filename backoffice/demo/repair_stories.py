"""What broke, and what came of it: the repairs of the demo shop as data."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from repairs.models import Payer, Result, Status

from .stage import DAYS

NOW = DAYS


@dataclasses.dataclass(frozen=True, slots=True)
class Does:
    """Something done on a day: the name of a method of `repairs.Repairs`, and what it takes."""

    day: int
    what: str
    said: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Story:
    """One repair: what was sold when and came when, and what was done.

    Without a `sold` day it is the store's own stock. `person` is the customer, by number.
    `promised` and `photos` are how many days after it came, and how many pictures were taken.
    """

    prefix: str
    sku: str
    came: int
    complaint: str
    does: Sequence[Does]
    sold: int | None = None
    person: int = 0
    condition: str = ""
    contents: str = ""
    promised: int = 14
    technician: str = ""
    photos: int = 0


def step(day: int, to: str, **said: Any) -> Does:
    return Does(day, "step", {"to": to, **said})


def found(day: int, diagnosis: str) -> Does:
    return Does(day, "find", {"diagnosis": diagnosis})


def done(day: int, work_done: str) -> Does:
    return Does(day, "find", {"work_done": work_done})


def pays(day: int, payer: str, reason: str = "") -> Does:
    return Does(day, "decide", {"payer": payer, "reason": reason})


def work(day: int, name: str, price: int) -> Does:
    return Does(day, "work", {"name": name, "price": price})


def back(day: int, result: str) -> Does:
    return Does(day, "hand_back", {"result": result})


def part(day: int, sku: str) -> Does:
    return Does(day, "part", {"sku": sku})


STORIES = (
    Story(
        "KY1", "PH-VS7-128", 640, "Does not charge, whichever cable is used",
        [
            found(641, "The charging port is worn out"), step(641, Status.DIAGNOSED),
            pays(641, Payer.WARRANTY), step(642, Status.IN_WORK),
            work(645, "Charging port replaced", 900), part(645, "AC-USBC1"),
            done(645, "Port replaced, charged from empty to full twice"),
            step(645, Status.READY, result=Result.REPAIRED), back(652, Result.REPAIRED),
        ],
        sold=560, person=2, condition="Small scratches on the frame", contents="Phone, cable",
        technician="andriy", photos=2,
    ),
    Story(
        "KY1", "NB-TAIR", 600, "Keys stick after coffee was spilt on it",
        [
            found(601, "Coffee under the keyboard: not covered by the warranty"),
            step(601, Status.DIAGNOSED),
            pays(601, Payer.CUSTOMER, "Liquid inside: excluded by the terms of the warranty"),
            work(601, "Keyboard replaced and cleaned", 3_400), step(601, Status.ESTIMATE),
            step(603, Status.AGREED, agreed_amount=3_400), step(604, Status.WAITING_PARTS),
            step(612, Status.IN_WORK), done(613, "Keyboard replaced, fan cleaned"),
            step(613, Status.READY, result=Result.REPAIRED), back(615, Result.REPAIRED),
        ],
        sold=420, person=8, condition="Lid clean, coffee stains by the keys",
        contents="Laptop, charger", promised=18, technician="andriy",
    ),
    Story(
        "LV1", "PT-VD18", 520, "Smells burnt and stops under load",
        [
            found(521, "The armature is burnt from mixing concrete"),
            step(521, Status.DIAGNOSED),
            pays(521, Payer.CUSTOMER, "Overloaded: used as a concrete mixer"),
            step(522, Status.READY, result=Result.REFUSED), back(524, Result.REFUSED),
        ],
        sold=470, person=5, condition="Concrete on the chuck", contents="Drill, one battery, case",
        technician="iryna",
    ),
    Story(
        "KY1", "LA-HD60", 660, "Does not heat the water",
        [
            found(662, "The heater is broken; the maker replaces the whole machine"),
            step(662, Status.DIAGNOSED), pays(662, Payer.WARRANTY), step(663, Status.IN_WORK),
            step(668, Status.READY, result=Result.REPLACED), back(668, Result.REPLACED),
        ],
        sold=640, person=12, contents="Dishwasher with its hoses", technician="andriy",
    ),
    Story(
        "LV1", "PH-OKN5", 690, "Switches itself off again and again",
        [
            found(692, "The main board fails when it is warm; no part can be had"),
            step(692, Status.DIAGNOSED), pays(692, Payer.WARRANTY),
            step(700, Status.READY, result=Result.REFUNDED), back(702, Result.REFUNDED),
        ],
        sold=670, person=17, condition="As new", contents="Phone, box", technician="iryna",
    ),
    Story(
        "KY1", "SA-MC5", 710, "The pump is loud, the coffee is cold",
        [
            pays(711, Payer.WARRANTY), step(711, Status.IN_WORK),
            found(712, "Limescale only: nothing is broken"),
            done(712, "Descaled and explained how to do it"),
            step(712, Status.READY, result=Result.NO_FAULT), back(713, Result.NO_FAULT),
        ],
        sold=690, person=20, contents="Coffee machine without its tray", technician="andriy",
    ),
    Story(
        "KY1", "TB-Q11P", 715, "The pen is not recognised, found when it was shown to a customer",
        [
            step(716, Status.IN_WORK), done(717, "Digitiser calibrated"),
            step(717, Status.READY, result=Result.REPAIRED), back(717, Result.REPAIRED),
        ],
        technician="andriy", promised=5,
    ),
    Story(
        "KY1", "PH-OKJ", NOW - 30, "Brought to the wrong shop",
        [Does(NOW - 30, "cancel", {"reason": "The customer wanted the shop next door"})],
        sold=NOW - 45, person=25,
    ),
    Story(
        "LV1", "NB-TB14", NOW - 25, "The screen flickers when the lid moves",
        [
            found(NOW - 24, "The display cable is damaged at the hinge"),
            step(NOW - 24, Status.DIAGNOSED), pays(NOW - 24, Payer.WARRANTY),
            Does(NOW - 23, "send", {"supplier": 1}),
        ],
        sold=NOW - 150, person=6, condition="Scratch on the lid", contents="Laptop, charger",
        promised=23, technician="iryna",
    ),
    Story(
        "KY1", "NB-TB15P", NOW - 20, "Does not start: three beeps, black screen",
        [
            Does(NOW - 20, "lend", {"sku": "TB-Q8", "note": "With charger, no scratches"}),
            found(NOW - 19, "One of the memory modules fails"), step(NOW - 19, Status.DIAGNOSED),
            pays(NOW - 19, Payer.WARRANTY), step(NOW - 18, Status.WAITING_PARTS),
            step(NOW - 1, Status.IN_WORK, note="The module came this morning"),
        ],
        sold=NOW - 90, person=10, condition="Stickers on the lid", contents="Laptop, charger, bag",
        promised=16, technician="andriy", photos=3,
    ),
    Story(
        "KY1", "LA-HW7", NOW - 12, "Shakes the whole kitchen when it spins",
        [
            pays(NOW - 11, Payer.WARRANTY), step(NOW - 11, Status.IN_WORK),
            work(NOW - 3, "Shock absorbers replaced", 1_800),
            done(NOW - 3, "Absorbers replaced, drum balanced"),
            step(NOW - 2, Status.READY, result=Result.REPAIRED),
        ],
        sold=NOW - 200, person=14, contents="Washing machine", technician="andriy",
    ),
    Story(
        "KY1", "PH-VF2", NOW - 10, "A dark line across the fold",
        [
            found(NOW - 9, "The inner screen has to be replaced"), step(NOW - 9, Status.DIAGNOSED),
            pays(NOW - 9, Payer.CUSTOMER, "Dented at the hinge: it was dropped"),
            work(NOW - 8, "Inner screen with frame", 14_900), step(NOW - 8, Status.ESTIMATE),
            step(NOW - 6, Status.AGREED, agreed_amount=14_900),
            step(NOW - 6, Status.WAITING_PARTS, note="Ordered, eight days"),
        ],
        sold=NOW - 120, person=29, condition="Dent at the hinge", contents="Phone",
        promised=10, technician="andriy", photos=2,
    ),
    Story(
        "LV1", "TB-Q11", NOW - 8, "The battery lasts an hour",
        [
            found(NOW - 7, "The battery is swollen"), step(NOW - 7, Status.DIAGNOSED),
            pays(NOW - 7, Payer.WARRANTY),
            step(NOW - 6, Status.AT_SERVICE, sent_to_name="Quillo service, Lviv"),
        ],
        sold=NOW - 210, person=22, contents="Tablet, charger", technician="iryna",
    ),
    Story(
        "KY1", "PH-OK1M", NOW - 6, "Fell into a puddle, the speaker crackles",
        [
            found(NOW - 5, "Water at the speaker; the board is dry"),
            step(NOW - 5, Status.DIAGNOSED),
            pays(NOW - 5, Payer.CUSTOMER, "Liquid inside: excluded by the terms of the warranty"),
            work(NOW - 5, "Speaker replaced, board cleaned", 1_350),
            step(NOW - 4, Status.ESTIMATE, note="Told by phone, calls back"),
        ],
        sold=NOW - 40, person=18, condition="Wet stickers inside are red", contents="Phone, case",
        promised=8, technician="andriy",
    ),
    Story(
        "KY1", "TB-QE6", NOW - 5, "Shows the same page for ever",
        [
            pays(NOW - 4, Payer.CUSTOMER, "The screen is cracked from pressure"),
            found(NOW - 4, "The screen is cracked"), step(NOW - 4, Status.DIAGNOSED),
            work(NOW - 4, "Screen", 2_200), step(NOW - 4, Status.ESTIMATE),
            step(NOW - 2, Status.AGREED, agreed_amount=2_200),
        ],
        sold=NOW - 80, person=31, condition="Crack under the glass", contents="Reader, cover",
        promised=12, technician="andriy",
    ),
    Story(
        "KY1", "NB-TS16", NOW - 3, "One key is loose, seen when it was unpacked for the window",
        [step(NOW - 2, Status.IN_WORK)], technician="andriy", promised=4,
    ),
    Story(
        "LV1", "SA-BV20", NOW - 2, "Blows instead of sucking",
        [found(NOW - 1, "The motor's wires are swapped"), step(NOW - 1, Status.DIAGNOSED),
         pays(NOW - 1, Payer.WARRANTY)],
        sold=NOW - 33, person=3, contents="Vacuum cleaner, charger", technician="iryna",
    ),
    Story(
        "KY1", "PH-VS7L", NOW, "The microphone is silent in calls",
        [],
        sold=NOW - 70, person=34, condition="Screen protector, no scratches", contents="Phone",
        photos=2,
    ),
)  # fmt: skip
