from __future__ import annotations

from django.db import models

from answers.models.answer import Answer
from tenants.models import Membership, TenantOwned


class Feedback(TenantOwned):
    class Verdict(models.TextChoices):
        HELPFUL = "helpful", "Helpful"
        NOT_HELPFUL = "not_helpful", "Not helpful"

    class Reason(models.TextChoices):
        WRONG_SOURCE = "wrong_source", "Wrong source"
        OUTDATED = "outdated", "Outdated"
        INCOMPLETE = "incomplete", "Incomplete"
        SHOULD_NOT_SEE = "should_not_see", "I should not see this"
        OTHER = "other", "Something else"

    answer = models.ForeignKey(Answer, on_delete=models.CASCADE, related_name="feedback")
    member = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    verdict = models.CharField(max_length=12, choices=Verdict.choices)
    reasons = models.JSONField(default=list)
    comment = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["answer", "member"], name="one_verdict_per_person")]
