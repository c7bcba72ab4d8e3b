#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

OWNERS = {"migrate", "grant_web_role"}
"""Commands that connect as the owner of the tables, when OWNER_DATABASE_URL names one."""


def main(words: list[str]) -> None:
    """Run a command; what it changes of the master data is told to be its doing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    name = words[1] if len(words) > 1 else ""
    if name in OWNERS:
        os.environ["AS_OWNER"] = "1"
    from django.core.management import execute_from_command_line

    from audit.acting import acting

    with acting(lambda: {"command": name or None}):
        execute_from_command_line(words)


if __name__ == "__main__":
    main(sys.argv)
