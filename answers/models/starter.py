from __future__ import annotations

from django.db import models

from tenants.models import TenantOwned


class Starter(TenantOwned):
    """A question that the company puts before its people on the empty page, each to those who may read its documents."""

    question = models.CharField(max_length=300)
    documents = models.JSONField(default=list)  # ids, as text; empty: shown to everybody
    position = models.PositiveIntegerField(default=0)

    class Meta(TenantOwned.Meta):
        ordering = ["position"]
