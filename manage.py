#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

OWNERS = {"migrate", "grant_web_role"}
"""Commands that connect as the owner of the tables, when OWNER_DATABASE_URL names one."""

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] and sys.argv[1] in OWNERS:
        os.environ["AS_OWNER"] = "1"
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
