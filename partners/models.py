"""Those the company buys from and sells to."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Supplier(models.Model):
    """Whom goods are received from and returned to."""

    name = models.CharField(_("name"), max_length=160, unique=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("supplier")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Customer(models.Model):
    """A person or firm that bought something and may come back with it."""

    name = models.CharField(_("name"), max_length=160)
    phone = models.CharField(_("phone"), max_length=40, blank=True, db_index=True)
    email = models.EmailField(_("e-mail"), blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("customer")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return f"{self.name} · {self.phone}" if self.phone else self.name
