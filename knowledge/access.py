"""The doors to collections and documents: fetch and authorise in one step. The rest about rights is passed on."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.http import Http404

from knowledge.explain import Step, Way, basis, explain
from knowledge.models import Collection, Document
from knowledge.models.grant import Right
from knowledge.rights import (
    collection_condition,
    collection_ids,
    document_condition,
    holds,
    may_work,
    visible_collection_ids,
)
from knowledge.visibility import Standing, readable, standing, still_readable
from tenants.errors import NotAllowed
from tenants.models import Membership

__all__ = [
    "Right",
    "Standing",
    "Step",
    "Way",
    "access_collection",
    "access_document",
    "access_documents",
    "basis",
    "collection_condition",
    "collection_ids",
    "document_condition",
    "explain",
    "insist_on_collections",
    "may_work",
    "readable",
    "rights_on",
    "standing",
    "still_readable",
    "successors",
    "visible_collection_ids",
]

OF_A_DOCUMENT = ("collection", "tenant", "current_version", "latest_version", "owner__user", "superseded_by")


def access_document(
    member: Membership, document_id: UUID | str, right: Right = Right.READ, *, in_trash: bool = False
) -> Document:
    """The document, or Http404 where it may not be known; NotAllowed where reading it does not include `right`."""
    found = (
        Document.objects.allowing(member, Right.READ)
        .filter(pk=document_id, trashing__isnull=not in_trash)
        .select_related(*OF_A_DOCUMENT)
        .first()
    )
    if found is None:
        raise Http404
    if right != Right.READ and not Document.objects.allowing(member, right).filter(pk=found.pk).exists():
        raise _lacking(right, "document")
    return found


def access_collection(member: Membership, collection_id: UUID | str, right: Right = Right.READ) -> Collection:
    """Likewise. Who may read one document of a collection may know the collection's name."""
    rows = Collection.objects.for_tenant(member.tenant_id).filter(pk=collection_id)
    found = next(iter(rows.select_related("tenant", "owner__user")), None)
    if found is None:
        raise Http404
    if holds(member, found, right):
        return found
    if found.pk not in visible_collection_ids(member):  # the long way, for those who may do less
        raise Http404
    if right != Right.READ:
        raise _lacking(right, "collection")
    return found


def access_documents(member: Membership, document_ids: Iterable[UUID], right: Right = Right.READ) -> list[Document]:
    """As `access_document` for each, in their order, and with as many queries as for one. Raises what that raises for
    the first that may not be known, or lacks the right."""
    ids = list(dict.fromkeys(document_ids))
    rows = Document.objects.allowing(member, right).filter(pk__in=ids, trashing__isnull=True)
    found = {document.pk: document for document in rows.select_related(*OF_A_DOCUMENT)}
    return [found.get(pk) or access_document(member, pk, right) for pk in ids]


def insist_on_collections(member: Membership, collection_ids_asked: Iterable[UUID]) -> None:
    """Http404 where one of them may not be known. Two queries at most."""
    rest = set(collection_ids_asked)
    rest -= collection_ids(member) if rest else set()
    if rest:
        single = Document.objects.visible_to(member).filter(collection_id__in=rest)
        rest -= set(single.values_list("collection_id", flat=True).distinct())
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
        f"You may read this {thing}, but not {words[right]} it. Nothing was changed.",
        hint="Ask its owner for that right.",
    )
