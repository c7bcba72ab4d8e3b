"""The product's settings, and the page of one row that everything else is compared with."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.limit_urls"
