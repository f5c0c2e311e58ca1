from __future__ import annotations

from uuid import UUID, uuid5

from django.db import models

from knowledge.models.version import Version
from tenants.models import TenantOwned

_NAMESPACE = UUID("6f6c1f0e-3c57-4b53-9d0a-0b7c3c9f4f11")


def passage_id(version_id: UUID, generation: str, ordinal: int) -> UUID:
    """Derived, so that a retry overwrites itself."""
    return uuid5(_NAMESPACE, f"{version_id}:{generation}:{ordinal}")


class Passage(TenantOwned):
    """A stretch of a version's text that can be found and cited. The store holds a copy that can be rebuilt from here."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="passages")
    generation = models.CharField(max_length=60)
    ordinal = models.PositiveIntegerField()
    text = models.TextField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    page = models.PositiveIntegerField()
    heading_path = models.JSONField(default=list)
    digest = models.CharField(max_length=64)  # SHA-256 of what was embedded: a text is embedded once per tenant
    vector = models.BinaryField()  # float32, little-endian, L2-normalised

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["version", "generation", "ordinal"], name="one_passage_per_ordinal")
        ]
        indexes = [models.Index(fields=["tenant", "generation", "digest"], name="passage_digest")]
