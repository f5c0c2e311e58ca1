from __future__ import annotations

from django.db import models
from django.utils import timezone

from answers.models.answer import Answer
from tenants.models import Membership, TenantOwned


class SharedAnswer(TenantOwned):
    """That an answer may be opened by its link: the row's id stands in it. Ending it removes the row, so that a new
    link never opens an old one. It gives nobody a right to a document.
    """

    answer = models.ForeignKey(Answer, on_delete=models.CASCADE, related_name="shared")
    shared_by = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    shared_at = models.DateTimeField(default=timezone.now)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["answer"], name="one_link_per_answer")]
