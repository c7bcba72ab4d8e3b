"""Files of products that wait to be written."""

from __future__ import annotations

from company.import_models import ImportFile


class ProductImport(ImportFile):
    """A file of products."""
