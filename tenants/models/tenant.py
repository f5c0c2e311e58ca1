from __future__ import annotations

import uuid

from django.core.validators import RegexValidator
from django.db import models

from audit.ledger.actors import Target

SLUG = RegexValidator(
    r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$", "Use lower-case letters, figures and hyphens, 1 to 40 of them."
)


class Tenant(models.Model):
    """A company. Everything it owns carries its id."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.CharField(max_length=40, unique=True, validators=[SLUG])
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    is_sample = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    # Bumped by every change of visibility or content, so that what is cached for an older one is never served.
    corpus_version = models.BigIntegerField(default=1)
    next_document_no = models.BigIntegerField(default=1)

    def __str__(self) -> str:
        return self.name

    def audit_target(self) -> Target:
        return Target("tenant", str(self.pk), self.name)
