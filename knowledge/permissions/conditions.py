"""Who may do what, as conditions for the database. The only place that knows.

Rights come from grants alone: to the person, to a team of theirs, or from owning the thing. Roles give none. A document
has its collection's rights as well, unless it is restricted; then only its own count. Manage includes write, write
includes read. guardian's shortcuts are not used: a global grant or a superuser must open nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet

from knowledge.models import (
    Collection,
    CollectionTeamGrant,
    CollectionUserGrant,
    Document,
    DocumentTeamGrant,
    DocumentUserGrant,
)
from knowledge.models.grant import Right
from tenants.models import Membership, TeamMember


def may_work(member: Membership) -> bool:
    """Asked of the database, since a `member` may be older than the end of their membership."""
    return Membership.objects.for_tenant(member.tenant_id).active().filter(pk=member.pk).exists()


def collection_condition(member: Membership, right: Right = Right.READ) -> Q:
    """For collections of this member's tenant."""
    if not member.may_work:
        return Q(pk__in=[])
    return (
        Q(owner_id=member.pk)
        | Q(pk__in=granted(CollectionUserGrant, member, right).values("content_object"))
        | Q(pk__in=granted(CollectionTeamGrant, member, right).values("content_object"))
    )


def holding_documents(
    member: Membership, document_ids: Iterable[UUID | str], right: Right = Right.READ
) -> QuerySet[Document]:
    """Returns those of these documents on which this member holds that right, the trash included.

    What is asked of the database, and how often, does not depend on which of them exist. In one condition it would: the
    database looks at the lists of grants only once it has found a row, and of many grants that takes milliseconds.
    """
    ids = list(document_ids)
    if not member.may_work:
        return Document.objects.for_tenant(member.tenant_id).none()
    collections = collection_ids(member, right)
    given = granted_document_ids(member, right, content_object__in=ids)
    held = Q(owner_id=member.pk) | Q(restricted=False, collection__in=collections) | Q(pk__in=given)
    return Document.objects.for_tenant(member.tenant_id).filter(held, pk__in=ids)


def granted_document_ids(member: Membership, right: Right, **narrowed: object) -> set[UUID]:
    """Of the documents that were given one by one, in two queries. `narrowed` is a condition on the grant's row."""
    ids: set[UUID] = set()
    for grants in (DocumentUserGrant, DocumentTeamGrant):
        rows = granted(grants, member, right).filter(**narrowed)
        ids.update(rows.values_list("content_object_id", flat=True))
    return ids


def may_access_collection(member: Membership, collection_id: UUID | str, right: Right = Right.READ) -> bool:
    """True if the collection exists and this member owns it or was given that right. One to three small queries; all
    three where the answer is no, whether it exists or not."""
    if not member.may_work:
        return False
    owned = Collection.objects.for_tenant(member.tenant_id).filter(pk=collection_id, owner_id=member.pk)
    return owned.exists() or any(
        granted(grants, member, right).filter(content_object=collection_id).exists()
        for grants in (CollectionUserGrant, CollectionTeamGrant)
    )


def document_condition(member: Membership, right: Right = Right.READ) -> Q:
    """For documents of this member's tenant, the trash included."""
    if not member.may_work:
        return Q(pk__in=[])
    shelves = Collection.objects.for_tenant(member.tenant_id).filter(collection_condition(member, right))
    return (
        Q(restricted=False, collection__in=shelves.values("pk"))
        | Q(owner_id=member.pk)
        | Q(pk__in=granted(DocumentUserGrant, member, right).values("content_object"))
        | Q(pk__in=granted(DocumentTeamGrant, member, right).values("content_object"))
    )


def collection_ids(member: Membership, right: Right = Right.READ) -> set[UUID]:
    if not member.may_work:
        return set()
    owned = Collection.objects.for_tenant(member.tenant_id).filter(owner_id=member.pk).values_list("pk", flat=True)
    ids = set(owned)
    for grants in (CollectionUserGrant, CollectionTeamGrant):
        ids.update(granted(grants, member, right).values_list("content_object_id", flat=True))
    return ids


def visible_collection_ids(member: Membership) -> set[UUID]:
    """Readable as a whole, or holding a document that is: one that they own or were given."""
    if not member.may_work:
        return set()
    ids = collection_ids(member)
    own = Document.objects.for_tenant(member.tenant_id).filter(owner_id=member.pk).present()
    ids.update(own.values_list("collection_id", flat=True).distinct())
    for grants in (DocumentUserGrant, DocumentTeamGrant):
        rows = granted(grants, member, Right.READ).filter(content_object__trashing__isnull=True)
        ids.update(rows.values_list("content_object__collection_id", flat=True).distinct())
    return ids


def granted(grants, member: Membership, right: Right, groups: list[int] | None = None) -> QuerySet:
    """Rows of one grant table that give this member that right or a higher one. `groups`: their teams', if known."""
    kind = grants._meta.get_field("content_object").related_model._meta.model_name
    rows = grants.scoped.for_tenant(member.tenant_id).filter(permission_id__in=_permissions(kind, right))
    if grants in (CollectionTeamGrant, DocumentTeamGrant):
        return rows.filter(group_id__in=_groups(member) if groups is None else groups)
    return rows.filter(user_id=member.user_id)


def group_ids(member: Membership) -> list[int]:
    return list(_groups(member))


def _groups(member: Membership) -> QuerySet:
    """Of the teams they are in. By our own membership, not by `user.groups`: a person in two companies has both's."""
    return (
        TeamMember.objects.for_tenant(member.tenant_id)
        .filter(member_id=member.pk)
        .values_list("team__group_id", flat=True)
    )


_permission_ids: dict[tuple[str, Right], tuple[int, ...]] = {}


def _permissions(kind: str, right: Right) -> tuple[int, ...]:
    """Ids of guardian's permissions. Migrating makes them and they stay, so they are asked for once; but not remembered as long
    as one is missing: a process that asks while they are being made would refuse everybody until it is restarted."""
    permission_ids = _permission_ids.get((kind, right))
    if permission_ids is None:
        names = [f"{each}_{kind}" for each in right.sufficient]
        rows = Permission.objects.filter(content_type__app_label="knowledge", codename__in=names)
        permission_ids = tuple(rows.values_list("pk", flat=True))
        if len(permission_ids) == len(names):
            _permission_ids[kind, right] = permission_ids
    return permission_ids


def forget_permissions(**_) -> None:
    """After migrating, or emptying a test database."""
    _permission_ids.clear()
