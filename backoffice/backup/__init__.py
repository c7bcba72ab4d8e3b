"""Backup and restore: the whole shop in one file, and the file in an empty database.

A backup is a ZIP without compression of its own: `database.dump` (pg_dump's custom format, which
is compressed), `media/…` (the photos), and last `manifest.json`, which says what there is, how
large, with which SHA-256. Messages are for whoever looks after the server, in English.
"""

from __future__ import annotations


class BackupRefused(Exception):
    """It can't be done; the message says why, and what to do."""
