"""Which documents an index does not have yet. Asked of the rows, so that a build that was killed goes on where it was."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from knowledge.models import Content, Document, Passage
from tenants.models import Tenant


def expected_documents(tenant: Tenant | UUID) -> QuerySet[Document]:
    """What is found, or would be when it is taken out of the trash. Without its text nothing can be cut: such a
    document is read again when the reconciler comes by."""
    present = Document.objects.for_tenant(tenant).filter(current_version__isnull=False)
    present = present.exclude(trashing__erase_after__lte=timezone.now())
    return present.filter(Exists(Content.objects.for_tenant(tenant).filter(version=OuterRef("current_version"))))


def lacking(tenant: Tenant | UUID, generation: str) -> QuerySet[Document]:
    cut = Passage.objects.for_tenant(tenant).filter(version=OuterRef("current_version"), generation=generation)
    return expected_documents(tenant).filter(~Exists(cut))


def versions(tenant: Tenant | UUID, generation: str, *, limit: int, after: UUID | None = None) -> list[UUID]:
    """`after` is where the last look ended: those before it are done, or will be looked at again."""
    rows = lacking(tenant, generation).order_by("current_version")
    if after is not None:
        rows = rows.filter(current_version__gt=after)
    return list(rows.values_list("current_version", flat=True)[:limit])
