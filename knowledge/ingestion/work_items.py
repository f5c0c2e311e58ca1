"""What the stages of ingestion hand on."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from knowledge.jobs import claims
from knowledge.jobs.claims import Claim
from knowledge.models import Status, Version
from knowledge.models.version import WORKING
from tenants.isolation.scope import in_tenant

if TYPE_CHECKING:
    import numpy as np

    from knowledge.indexes.chunking import Chunk
    from knowledge.parsers.base import ParsedDocument

PROGRESS_INTERVAL_SECONDS = 0.7  # seconds: a small file is ready before anything about it need be said


class WorkWithdrawn(Exception):
    """Cancelled, deleted or taken over while it was worked on: the rest of the work is for nothing."""


@dataclass(slots=True)
class Work:
    """One version on its way: filled stage by stage, by one thread at a time."""

    claim: Claim
    version: Version
    generation: str
    title: str
    parsed: ParsedDocument
    language: str
    chunks: list[Chunk]
    texts: list[str]  # what is embedded, for each chunk
    terms: list[str]
    digests: list[str]
    vectors: np.ndarray | None = None
    progress: Progress = field(default=None)  # type: ignore[assignment]

    @property
    def index(self) -> tuple[UUID, str]:
        """Which index it goes into."""
        return self.claim.tenant_id, self.generation

    @property
    def weight(self) -> int:
        return len(self.chunks)


class Progress:
    """Tells the row how far a version is, but not more often than somebody could read it. Raises Withdrawn when nobody
    wants it any more."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._reported_at = time.monotonic()
        self._lock = threading.Lock()

    def report(self, status: str, done: int, total: int) -> None:
        with self._lock:
            if time.monotonic() - self._reported_at < PROGRESS_INTERVAL_SECONDS:
                return
            self._reported_at = time.monotonic()
        with in_tenant(self._claim.tenant):
            if not claims.still_held([self._claim]):
                raise WorkWithdrawn
            Version.objects.for_tenant(self._claim.tenant_id).filter(
                pk=self._claim.version_id, status__in=WORKING
            ).update(status=status, progress_done=done, progress_total=total)

    def page(self, done: int, total: int) -> None:
        self.report(Status.PARSING, done, total)

    def passages(self, done: int, total: int) -> None:
        self.report(Status.EMBEDDING, done, total)
