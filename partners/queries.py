"""What the partner pages, and the sale page, read."""

from __future__ import annotations

from company.keyset import Page, page_by_name

from .models import Customer, Supplier


def find_customers(text: str, *, limit: int = 20) -> list[Customer]:
    """The first customers by name that a text is about: see `CustomerQuerySet.fitting`."""
    first = Customer.objects.fitting(text).order_by("name", "id").values("pk")[:limit]
    return list(Customer.objects.filter(pk__in=first).order_by("name", "id"))


def customer_page(text: str, *, after: str | None, before: str | None) -> Page[Customer]:
    """One page of the customers a text is about; of all for an empty one."""
    return page_by_name(Customer.objects.fitting(text), after=after, before=before, by_ids=True)


def supplier_page(text: str, *, after: str | None, before: str | None) -> Page[Supplier]:
    """One page of the suppliers whose name, phone or e-mail has the text."""
    return page_by_name(Supplier.objects.fitting(text), after=after, before=before)
