from __future__ import annotations

from django.db import models

from answers.models.answer import Answer
from tenants.models import TenantOwned


class Receipt(TenantOwned):
    """What an answer rests on: the phrasings, the passages with their versions, the rights they were read under, the
    model and what it used. Written once, when the answer ends."""

    answer = models.OneToOneField(Answer, on_delete=models.CASCADE, related_name="receipt")
    content = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        pass
