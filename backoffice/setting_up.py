"""What an admin of a new installation still has to set up before a shop can work."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from django.db.models import Exists
from django.urls import reverse
from django.utils.translation import gettext as _

from company.access import Access
from company.models import Company, Membership, Store
from documents.models import Document, Kind, Status
from products.models import Product
from warranty.design_models import CardDesign


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """One step of setting up: what for, where, and whether it is done."""

    title: str
    note: str
    url: str
    is_done: bool


def steps_to_set_up(access: Access) -> Sequence[Step]:
    """All steps while one is missing, for admins; none for others, or when all are done.

    Cards can be printed in the built-in design: once the shop sells, a design of its own is not
    asked for any more. Two statements at most.
    """
    if not access.user.is_admin:
        return ()
    company = Company.current()
    found = (
        Company.objects.filter(pk=company.pk)
        .annotate(
            store=Exists(Store.objects.active()),
            people=Exists(Membership.objects.filter(user__is_active=True)),
            product=Exists(Product.objects.filter(is_active=True)),
            design=Exists(CardDesign.objects.all()),
            sale=Exists(Document.objects.filter(kind=Kind.SALE, status=Status.POSTED)),
        )
        .values("store", "people", "product", "design", "sale")
        .get()
    )
    is_named = company.name != Company._meta.get_field("name").default
    steps = [
        Step(
            _("Name the company"),
            _("It stands on documents and cards. Currency and policies are there too."),
            reverse("company:settings"),
            is_named,
        ),
        Step(
            _("Set up the first store"),
            _("Its address is printed, its prefix begins every number."),
            reverse("company:new_store"),
            found["store"],
        ),
        Step(
            _("Add people"),
            _("Each signs in with their own name and has a role in a store."),
            reverse("company:new_person"),
            found["people"],
        ),
        Step(
            _("Add products"),
            _("Choose for each whether its units have serial numbers."),
            reverse("products:new"),
            found["product"],
        ),
        Step(
            _("Design the warranty card"),
            _("Your text and logo; until then the built-in card is printed."),
            reverse("designs:list"),
            found["design"] or found["sale"],
        ),
    ]
    return () if all(step.is_done for step in steps) else steps
