from __future__ import annotations

from django.db import models

from knowledge.models.blob import Blob
from knowledge.models.document import Document
from tenants.models import Membership, TenantOwned


class Status(models.TextChoices):
    QUEUED = "queued", "Queued"
    PARSING = "parsing", "Parsing"
    EMBEDDING = "embedding", "Embedding"
    INDEXING = "indexing", "Indexing"
    READY = "ready", "Ready"
    READY_WITH_WARNINGS = "ready_with_warnings", "Ready with warnings"
    FAILED = "failed", "Failed"
    QUARANTINED = "quarantined", "Quarantined"
    EXPIRED = "expired", "Expired"


WORKING = (Status.QUEUED, Status.PARSING, Status.EMBEDDING, Status.INDEXING)
SEARCHABLE = (Status.READY, Status.READY_WITH_WARNINGS)


class Version(TenantOwned):
    """One state of a document's bytes, and how far it has come."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()  # 1, 2, 3 … within the document
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="versions")
    filename = models.CharField(max_length=255)
    media_type = models.CharField(max_length=120, blank=True)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.QUEUED)
    progress_done = models.PositiveIntegerField(default=0)  # pages while parsing, passages while embedding
    progress_total = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.CharField(max_length=300, blank=True)
    error_hint = models.CharField(max_length=300, blank=True)
    warnings = models.JSONField(default=list)  # [{"code", "message"}]
    page_count = models.PositiveIntegerField(default=0)
    passage_count = models.PositiveIntegerField(default=0)
    language = models.CharField(max_length=8, blank=True)
    created_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    ready_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="one_version_per_number")]
        indexes = [models.Index(fields=["tenant", "status"], name="version_status")]

    @property
    def is_searchable(self) -> bool:
        return self.status in SEARCHABLE

    @property
    def is_working(self) -> bool:
        return self.status in WORKING


class Content(TenantOwned):
    """What was read from a version: canonical plain text and where its pages and blocks are.

    Offsets are code points into `text`. `pages`: [[number, start, end, label]]; `blocks`: [[kind, start, end, level,
    [[start, end], …]]], as in knowledge/parsers/base.py. Apart from Version, so that listing versions stays light.

    `leaf_count` is the number of stored leaves: 0 for a short text, whose leaves are computed when it is shown, and None
    for one that was read before leaves were stored. `headings`: [[title, page, level, start]] of a long text.
    """

    version = models.OneToOneField(Version, on_delete=models.CASCADE, related_name="content")
    text = models.TextField()
    pages = models.JSONField(default=list)
    blocks = models.JSONField(default=list)
    leaf_count = models.PositiveIntegerField(null=True, blank=True)
    headings = models.JSONField(null=True, blank=True)

    class Meta(TenantOwned.Meta):
        pass


class TextLeaf(TenantOwned):
    """One leaf of a long text (knowledge/text/leaves.py): where it is, and its blocks. The words stay in
    Content.text."""

    content = models.ForeignKey(Content, on_delete=models.CASCADE, related_name="leaves")
    number = models.PositiveIntegerField()  # from 0
    page = models.PositiveIntegerField()
    label = models.CharField(max_length=300, blank=True)
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    first = models.BooleanField()  # of its page
    weight = models.PositiveIntegerField()  # elements that show it
    blocks = models.JSONField(default=list)  # last, so that reading the columns before it does not read it

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["content", "number"], name="one_leaf_per_number")]
        indexes = [models.Index(fields=["content", "page", "number"], name="leaf_of_page")]
