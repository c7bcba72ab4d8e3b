"""What the program needs from the machine besides Python: look for it, install it or say how.

    python3 config/system_needs.py server|test

Run by ``script/lib.sh``, with any Python 3.11 and nothing installed. Each need is probed by
really loading the library or finding the program. On Debian and Ubuntu root gets the missing
packages installed; everybody else gets the exact command to run, and exit status 1.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

INSTALLED = "--installed"  # second round, after an installation
# Where Homebrew puts libraries; script/lib.sh makes WeasyPrint look there too.
LIBRARY_FOLDERS = ("", "/opt/homebrew/lib/", "/usr/local/lib/")


@dataclass(frozen=True)
class Need:
    """One thing: how to see whether it is there, and the package that brings it."""

    what: str
    is_there: Callable[[], bool]
    apt: str
    dnf: str
    brew: str
    if_missing: str = ""  # set: the program works without, and this is what it costs


def load_library(*names: str) -> ctypes.CDLL | None:
    """The first of these shared libraries that the system can load."""
    for folder in LIBRARY_FOLDERS:
        for name in names:
            with suppress(OSError):
                return ctypes.CDLL(folder + name)
    return None


def has_library(stem: str, version: str) -> bool:
    """Linux's and macOS's names of one library: libpango-1.0.so.0, libpango-1.0.0.dylib."""
    names = (f"{stem}.so.{version}", f"{stem}.{version}.dylib", f"{stem}.dylib")
    return load_library(*names) is not None


def has_cyrillic_font() -> bool:
    """Ask fontconfig, as WeasyPrint does, for fonts that can write Ukrainian."""
    fontconfig = load_library("libfontconfig.so.1", "libfontconfig.1.dylib")
    if fontconfig is None:
        return False
    fontconfig.FcNameParse.restype = ctypes.c_void_p
    fontconfig.FcObjectSetCreate.restype = ctypes.c_void_p
    fontconfig.FcFontList.restype = ctypes.POINTER(ctypes.c_int)
    pattern = ctypes.c_void_p(fontconfig.FcNameParse(b":lang=uk"))
    nothing = ctypes.c_void_p(fontconfig.FcObjectSetCreate())
    found = fontconfig.FcFontList(None, pattern, nothing)
    return bool(found) and found[0] > 0


def has_program(*names: str) -> bool:
    """Whether one of these commands (or paths) can be run."""
    return any(shutil.which(name) for name in names)


CHROMIUM = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
SERVER_NEEDS = (
    Need(
        "GLib (text layout of PDFs)",
        partial(has_library, "libgobject-2.0", "0"),
        "libglib2.0-0",
        "glib2",
        "glib",
    ),
    Need(
        "Pango (text layout of PDFs)",
        partial(has_library, "libpango-1.0", "0"),
        "libpango-1.0-0",
        "pango",
        "pango",
    ),
    Need(
        "PangoFT2 (text layout of PDFs)",
        partial(has_library, "libpangoft2-1.0", "0"),
        "libpangoft2-1.0-0",
        "pango",
        "pango",
    ),
    Need(
        "Fontconfig (finding fonts)",
        partial(has_library, "libfontconfig", "1"),
        "libfontconfig1",
        "fontconfig",
        "fontconfig",
    ),
    Need(
        "a font with Cyrillic letters",
        has_cyrillic_font,
        "fonts-dejavu-core",
        "dejavu-sans-fonts",
        "font-dejavu",
    ),
    Need(
        "HarfBuzz-Subset",
        partial(has_library, "libharfbuzz-subset", "0"),
        "libharfbuzz-subset0",
        "harfbuzz",
        "harfbuzz",
        if_missing="each PDF takes three to four times as long",
    ),
)
TEST_NEEDS = (
    Need(
        "msgfmt (tests compile the translations)",
        partial(has_program, "msgfmt"),
        "gettext",
        "gettext",
        "gettext",
    ),
    Need(
        "Chromium (tests in a browser)",
        partial(has_program, *CHROMIUM),
        "chromium",
        "chromium",
        "chromium",
    ),
    Need(
        "zbarimg (tests read codes back)",
        partial(has_program, "zbarimg"),
        "zbar-tools",
        "zbar",
        "zbar",
    ),
    Need(
        "pdftotext (tests read PDFs back)",
        partial(has_program, "pdftotext"),
        "poppler-utils",
        "poppler-utils",
        "poppler",
    ),
    Need(
        "pdftoppm (tests read PDFs back)",
        partial(has_program, "pdftoppm"),
        "poppler-utils",
        "poppler-utils",
        "poppler",
    ),
)


def main(purpose: str, *, is_second_round: bool = False) -> int:
    """Exit status 0 when everything that must be there is."""
    needs = SERVER_NEEDS + (TEST_NEEDS if purpose == "test" else ())
    missing = [need for need in needs if not need.is_there()]
    if not missing:
        return 0
    can_install = os.geteuid() == 0 and has_program("apt-get")
    if can_install and not is_second_round:
        install(missing)
        # Look again in a new process: this one has loaded what was there before.
        again = [sys.executable, __file__, purpose, INSTALLED]
        return subprocess.run(again, check=False).returncode
    required = [need for need in missing if not need.if_missing]
    for need in missing:
        if need.if_missing:
            print(f"Without {need.what} {need.if_missing}: {command_for([need])}", file=sys.stderr)
    if not required:
        return 0
    names = ", ".join(need.what for need in required)
    print(f"Missing on this machine: {names}.\n  {command_for(missing)}", file=sys.stderr)
    return 1


def packages(needs: Iterable[Need], manager: str) -> list[str]:
    """The packages of one package manager that bring these needs, each once."""
    return list(dict.fromkeys(getattr(need, manager) for need in needs))


def command_for(needs: Iterable[Need]) -> str:
    """The command that installs these needs on this machine, as a person would type it."""
    if has_program("apt-get"):
        return f"sudo apt-get install --no-install-recommends {' '.join(packages(needs, 'apt'))}"
    if has_program("dnf"):
        return f"sudo dnf install {' '.join(packages(needs, 'dnf'))}"
    if sys.platform == "darwin":
        return f"brew install {' '.join(packages(needs, 'brew'))}"
    names = " ".join(packages(needs, "apt"))
    return f"install what your system calls these packages of Debian: {names}"


def install(missing: list[Need]) -> None:
    """Let apt-get install them. One that cannot be had must not keep the others out."""
    required = packages((need for need in missing if not need.if_missing), "apt")
    optional = packages((need for need in missing if need.if_missing), "apt")
    print(f"Installing with apt-get: {' '.join(required + optional)}", file=sys.stderr, flush=True)
    _apt_get("update")
    for names in (required, *([name] for name in optional)):
        if names:
            _apt_get("install", "--yes", "--no-install-recommends", *names)


def _apt_get(*arguments: str) -> None:
    """Run apt-get, quiet unless it fails."""
    command = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", *arguments]
    done = subprocess.run(
        command,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        print(f"{' '.join(command)}\n{done.stdout.strip()}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], is_second_round=INSTALLED in sys.argv))
