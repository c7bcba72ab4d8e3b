"""Prints of cards: what was asked, how far it is, and what was made."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from products.models import Paper


class PrintRun(models.Model):
    """One request to print cards of a sale: what was asked, how far it is, and the PDF made."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("being made")
        DONE = "done", _("ready")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    posting = models.ForeignKey("serials.Posting", models.PROTECT, related_name="print_runs")
    paper = models.CharField(max_length=6, choices=Paper.choices, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    requested_at = models.DateTimeField()
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.WAITING)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    pdf = models.BinaryField(null=True, blank=True)

    class Meta:
        verbose_name = _("print run")
        constraints = [
            models.CheckConstraint(
                condition=Q(done__lte=F("total")), name="warranty_print_run_done_at_most_total"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.posting}: {self.done}/{self.total}"


class CardPrint(models.Model):
    """One card on one print run; `copy` counts the prints of a card, the first being 1.

    A run that failed printed nothing: its prints are no copies.
    """

    run = models.ForeignKey(PrintRun, models.CASCADE, related_name="prints")
    card = models.ForeignKey("warranty.Card", models.PROTECT, related_name="prints")
    copy = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["card", "copy"], name="warranty_copy_once"),
            models.CheckConstraint(condition=Q(copy__gte=1), name="warranty_copy_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.card_id}, " + (f"copy {self.copy}" if self.copy else "not printed")
