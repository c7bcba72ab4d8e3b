"""Files of suppliers and customers that wait to be written."""

from __future__ import annotations

from company.import_models import ImportFile


class SupplierImport(ImportFile):
    """A file of suppliers."""


class CustomerImport(ImportFile):
    """A file of customers."""
