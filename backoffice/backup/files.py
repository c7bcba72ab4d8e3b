"""The file of a backup: its manifest, its names, and whether it is whole."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

from . import BackupRefused

FORMAT = 1
DUMP = "database.dump"
MEDIA = "media/"
MANIFEST = "manifest.json"
CHUNK = 1 << 20
NAME = re.compile(r"unitbook-\d{8}T\d{6}Z\.zip")


@dataclasses.dataclass(frozen=True, slots=True)
class Member:
    """One file in a backup."""

    size: int
    sha256: str


@dataclasses.dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself.

    `rows` counts the rows of every table whose rows are in it, `migrations` names those that had
    been applied, by app; `missing` are photos that had lost their file already.
    """

    made_at: str
    company: str
    program: str
    server: str
    migrations: dict[str, list[str]]
    rows: dict[str, int]
    members: dict[str, Member]
    missing: list[str]

    def text(self) -> str:
        """As JSON."""
        said = {"format": FORMAT, **dataclasses.asdict(self)}
        return json.dumps(said, ensure_ascii=False, indent=1)

    @property
    def media(self) -> list[str]:
        """The names of the members that are photos."""
        return [name for name in self.members if name.startswith(MEDIA)]


def name_at(now: dt.datetime) -> str:
    """The name of a backup made at a moment: in the order of names they are in that of time."""
    return now.astimezone(dt.UTC).strftime("unitbook-%Y%m%dT%H%M%SZ.zip")


def backups_in(folder: Path) -> list[Path]:
    """The backups in a folder, oldest first; nothing else that lies there."""
    return sorted(path for path in folder.iterdir() if NAME.fullmatch(path.name))


def add(file: zipfile.ZipFile, name: str, chunks: Iterable[bytes]) -> Member:
    """Write a member of unknown size, and tell what it came to."""
    digest, size = hashlib.sha256(), 0
    with file.open(zipfile.ZipInfo(name), "w", force_zip64=True) as member:
        for chunk in chunks:
            member.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    return Member(size, digest.hexdigest())


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """What a file holds, in pieces that fit into memory."""
    while chunk := file.read(CHUNK):
        yield chunk


def verify(path: Path) -> Manifest:
    """Read the whole backup, compare it with its manifest. BackupRefused names what is damaged."""
    try:
        with zipfile.ZipFile(path) as file:
            manifest = _manifest(path, file)
            _compare(path, file, manifest)
    except FileNotFoundError:
        raise BackupRefused(f"There is no file {path}.") from None
    except (zipfile.BadZipFile, EOFError) as damage:
        raise BackupRefused(
            f"{path} is damaged, cut off, or no backup at all ({damage}). Use another one."
        ) from None
    except OSError as reason:
        raise BackupRefused(f"{path} cannot be read: {reason.strerror or reason}.") from None
    return manifest


def _manifest(path: Path, file: zipfile.ZipFile) -> Manifest:
    try:
        said: dict[str, Any] = json.loads(file.read(MANIFEST))
        if said.pop("format") != FORMAT:
            raise BackupRefused(
                f"{path} was made by a newer release of this program: restore it with that one."
            )
        members = {name: Member(**member) for name, member in said.pop("members").items()}
        manifest = Manifest(**said, members=members)
    except (KeyError, TypeError, AttributeError, ValueError):
        raise BackupRefused(f"{path} is no backup of this program.") from None
    for name in manifest.members:
        if name != DUMP and not _is_plain(name):
            raise BackupRefused(f"{path} is no backup of this program: it names a file {name}.")
    return manifest


def _is_plain(name: str) -> bool:
    """Whether a member is a photo that lands in the folder of photos and nowhere else."""
    parts = PurePosixPath(name).parts
    is_below = name.startswith(MEDIA) and len(parts) > 1
    return is_below and not name.startswith("/") and ".." not in parts and "\\" not in name


def _compare(path: Path, file: zipfile.ZipFile, manifest: Manifest) -> None:
    there = {*file.namelist()} - {MANIFEST}
    for name in sorted(there ^ {*manifest.members}):
        what = "holds a strange file" if name in there else "lacks"
        raise BackupRefused(f"{path} is damaged: it {what} {name}. Use another one.")
    for name, member in manifest.members.items():
        digest = hashlib.sha256()
        with file.open(name) as content:
            for chunk in pieces(content):
                digest.update(chunk)
        if digest.hexdigest() != member.sha256:
            raise BackupRefused(f"{path} is damaged: {name} is not what was written. Use another.")
