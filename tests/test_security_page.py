"""docs/security.md: what it names is there, and no requirement of levels 1 and 2 is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
TEXT = (PROJECT / "docs/security.md").read_text()
LEVELS = {
    "1.1": "22", "1.2": "1111122223", "1.3": "112222222223", "1.4": "222", "1.5": "123",
    "2.1": "122", "2.2": "112", "2.3": "12223", "2.4": "23",
    "3.1": "3", "3.2": "113", "3.3": "12223", "3.4": "11222233", "3.5": "11122333", "3.6": "3",
    "3.7": "22333",
    "4.1": "12233", "4.2": "23333", "4.3": "22", "4.4": "1222",
    "5.1": "2", "5.2": "112333", "5.3": "113", "5.4": "222",
    "6.1": "122", "6.2": "111111112222", "6.3": "11223333", "6.4": "112233", "6.5": "22222333",
    "6.6": "2223", "6.7": "33", "6.8": "2222",
    "7.1": "222", "7.2": "1111", "7.3": "22", "7.4": "11222", "7.5": "223", "7.6": "22",
    "8.1": "1233", "8.2": "1123", "8.3": "133", "8.4": "23",
    "9.1": "111", "9.2": "1222",
    "11.1": "2233", "11.2": "22233", "11.3": "11233", "11.4": "1222", "11.5": "23", "11.6": "23",
    "11.7": "33",
    "12.1": "12233", "12.2": "11", "12.3": "22223",
    "13.1": "2333", "13.2": "222223", "13.3": "2233", "13.4": "1222233",
    "14.1": "22", "14.2": "12223333", "14.3": "122",
    "15.1": "12233", "15.2": "12233", "15.3": "1222222", "15.4": "3333",
    "16.1": "2", "16.2": "22222", "16.3": "2222", "16.4": "222", "16.5": "2223",
}  # fmt: skip
"""ASVS 5.0.0: of each section the level of each requirement. V10 and V17 do not apply at all."""


def of_levels_1_and_2() -> Iterator[str]:
    for section, levels in LEVELS.items():
        for at, level in enumerate(levels, start=1):
            if level in "12":
                yield f"V{section}.{at}"


def test_each_requirement_of_the_standard_has_one_answer():
    rows = [line.split("|") for line in TEXT.splitlines() if line.startswith("| V")]
    said = [number for row in rows for number in re.findall(r"V\d+\.\d+\.\d+", row[1])]
    of_whole_chapters = ["V10.1.1", "V10.7.3", "V17.1.1", "V17.3.2"]
    assert sorted(said) == sorted([*of_levels_1_and_2(), *of_whole_chapters])
    assert {row[2].strip() for row in rows} == {"✓", "–", "✗"}


def test_each_file_it_names_is_there():
    quoted = set(re.findall(r"`([\w./-]+/[\w./-]+)`|\]\(([\w./-]+)\)", TEXT))
    names = {here or f"docs/{beside}" for here, beside in quoted}
    files = {name for name in names if "." in name or name.startswith("script/")}
    assert len(files) > 60
    assert sorted(name for name in files if not (PROJECT / name).exists()) == []
