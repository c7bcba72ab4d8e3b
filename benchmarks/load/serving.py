"""The server as script/server starts it, with the page of one row: `python -m …serving PORT`."""

from __future__ import annotations

import os
import sys

from config.serve import Programs, serve


def main(port: int) -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "benchmarks.load.web_settings"}
    serve(Programs(environment, None), port)


if __name__ == "__main__":
    main(int(sys.argv[1]))
