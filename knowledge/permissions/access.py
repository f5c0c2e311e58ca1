"""The doors to collections and documents: fetch and authorise in one step. The rest about rights is passed on."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from knowledge.models import Collection, Document
from knowledge.models.grant import Right
from knowledge.permissions.conditions import (
    collection_condition,
    collection_ids,
    document_condition,
    holding_documents,
    may_access_collection,
    may_work,
    visible_collection_ids,
)
from knowledge.permissions.explain import AccessPath, AccessStep, access_reasons, explain
from knowledge.permissions.search_filter import ReadScope, read_scope, readable, still_readable
from tenants.errors import NotAllowed
from tenants.models import Membership

__all__ = [
    "AccessPath",
    "AccessStep",
    "ReadScope",
    "Right",
    "access_collection",
    "access_document",
    "access_documents",
    "access_reasons",
    "collection_condition",
    "collection_ids",
    "document_condition",
    "explain",
    "holding_documents",
    "may_work",
    "read_scope",
    "readable",
    "require_collections",
    "rights_on",
    "still_readable",
    "successors",
    "visible_collection_ids",
]

OF_A_DOCUMENT = ("collection", "tenant", "current_version", "latest_version", "owner__user", "superseded_by")


def access_document(
    member: Membership, document_id: UUID | str, right: Right = Right.READ, *, in_trash: bool = False
) -> Document:
    """The document, or Http404 where it may not be known; NotAllowed where reading it does not include `right`."""
    document = _permitted_documents(member, [document_id], right, in_trash).first()
    if document is not None:
        return document
    if right == Right.READ or not _permitted_documents(member, [document_id], Right.READ, in_trash).exists():
        raise Http404
    raise _lacking(right, "document")


def access_collection(member: Membership, collection_id: UUID | str, right: Right = Right.READ) -> Collection:
    """Likewise. Who may read one document of a collection may know the collection's name. One that is hidden takes the
    same queries as one that does not exist."""
    rows = Collection.objects.for_tenant(member.tenant_id).filter(pk=collection_id)
    held = may_access_collection(member, collection_id, right)
    if not held and UUID(str(collection_id)) not in visible_collection_ids(member):
        raise Http404
    collection = rows.select_related("tenant", "owner__user").first()
    if collection is None:  # removed just now
        raise Http404
    if not held and right != Right.READ:
        raise _lacking(right, "collection")
    return collection


def access_documents(member: Membership, document_ids: Iterable[UUID], right: Right = Right.READ) -> list[Document]:
    """As `access_document` for each, in their order, and with as many queries as for one. Raises what that raises for
    the first that may not be known, or lacks the right."""
    ids = list(dict.fromkeys(document_ids))
    found = {document.pk: document for document in _permitted_documents(member, ids, right, in_trash=False)}
    return [found.get(pk) or access_document(member, pk, right) for pk in ids]


def _permitted_documents(member: Membership, document_ids: list, right: Right, in_trash: bool) -> QuerySet[Document]:
    rows = holding_documents(member, document_ids, right).filter(trashing__isnull=not in_trash)
    return rows.select_related(*OF_A_DOCUMENT)


def require_collections(member: Membership, collection_ids_asked: Iterable[UUID]) -> None:
    """Http404 where one of them may not be known. At most as many queries as for one."""
    rest = set(collection_ids_asked)
    rest -= collection_ids(member) if rest else set()
    rest -= visible_collection_ids(member) if rest else set()
    if rest:
        raise Http404


def rights_on(member: Membership, target: Collection | Document) -> set[Right]:
    """Everything this member may do with it: what a page shows buttons for."""
    of_kind = type(target).objects
    return {right for right in Right if of_kind.allowing(member, right).filter(pk=target.pk).exists()}


def successors(member: Membership, documents: Iterable[Document]) -> dict[UUID, Document]:
    """By id, what these were replaced by, where this member may read that too. For others there is no such document."""
    wanted = {document.superseded_by_id for document in documents if document.superseded_by_id}
    return {found.pk: found for found in Document.objects.visible_to(member).filter(pk__in=wanted)} if wanted else {}


def _lacking(right: Right, thing: str) -> NotAllowed:
    words = {Right.WRITE: "change", Right.MANAGE: "manage"}
    return NotAllowed(
        f"You can read this {thing}, but not {words[right]} it. Nothing was changed.",
        hint="Ask its owner for this permission.",
    )
