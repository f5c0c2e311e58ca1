from __future__ import annotations

from django.db import models

from answers.models.answer import Answer
from tenants.models import TenantOwned


class Citation(TenantOwned):
    """A quote that the server found again in the cited passage. Its number is by first use and never changes.

    Document, version and passage are kept as ids with the names they had: a citation outlives what it points to, and
    whether it may still be opened is asked again each time it is shown.
    """

    answer = models.ForeignKey(Answer, on_delete=models.CASCADE, related_name="citations")
    number = models.PositiveIntegerField()
    document_id = models.UUIDField()
    version_id = models.UUIDField()
    version_number = models.PositiveIntegerField()
    passage_id = models.UUIDField()
    title = models.CharField(max_length=300)
    heading = models.CharField(max_length=300, blank=True)
    page = models.PositiveIntegerField()
    quote = models.TextField()
    start = models.PositiveIntegerField()  # code points into the version's text
    end = models.PositiveIntegerField()
    context = models.TextField()  # the passage around the quote
    context_start = models.PositiveIntegerField()

    class Meta(TenantOwned.Meta):
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["answer", "number"], name="one_citation_per_number")]
        indexes = [models.Index(fields=["tenant", "document_id"], name="citation_document")]
