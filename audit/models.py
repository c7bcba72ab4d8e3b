"""What was changed in the master data, written by PostgreSQL itself and never changed again."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Action(models.TextChoices):
    """What happened to a thing."""

    ADDED = "added", _("Added")
    CHANGED = "changed", _("Changed")
    REMOVED = "removed", _("Removed")


class Change(models.Model):
    """One change of one row: the triggers of `tracking.TRACKED` write it, nobody else can.

    `kind` and `thing` name what it is about (`products.product`, 12) and `part` what of it, when
    the row is one of several that make up the thing: a role of a person. `name` is what the thing
    was called then. `changes` has the value before and after of each field, as JSON; null instead
    of the two where only that it changed is told (a password), or where they were scrubbed.
    `person` is who did it, None when nobody was signed in; `context` is what else was known: the
    route, the store, the request's id, the job or command. `db_role` is who was connected.
    """

    at = models.DateTimeField(db_index=True)
    kind = models.CharField(max_length=40)
    thing = models.BigIntegerField()
    part = models.CharField(max_length=20, blank=True)
    name = models.TextField(blank=True)
    action = models.CharField(max_length=7, choices=Action.choices)
    changes = models.JSONField()
    fields = ArrayField(models.TextField())
    person = models.BigIntegerField(null=True, blank=True)
    context = models.JSONField()
    db_role = models.CharField(max_length=63)

    class Meta:
        verbose_name = _("change")
        constraints = [
            models.CheckConstraint(
                condition=Q(action__in=Action.values), name="audit_change_action_known"
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "thing", "id"], name="audit_change_by_thing"),
            models.Index(fields=["kind", "id"], name="audit_change_by_kind"),
            models.Index(fields=["person", "id"], name="audit_change_by_person"),
            GinIndex(fields=["fields"], name="audit_change_by_field"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.thing}: {self.action} {self.at}"
