from __future__ import annotations

from typing import Self

from django.db import models
from django.utils import timezone
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from audit.ledger.actors import Target
from knowledge.models.collection import Collection
from knowledge.models.grant import GrantFields, Right
from tenants.models import Membership, TenantOwned, TenantQuerySet

# Where the collection's readers are not the whole story. An index holds just these, and is used for just this condition.
HAS_EXCEPTION = (
    models.Q(restricted=True)
    | models.Q(expires_on__isnull=False)
    | models.Q(superseded_by__isnull=False)
    | models.Q(indexed_under__isnull=False)
)


class DocumentQuerySet(TenantQuerySet):
    def present(self) -> Self:
        """Not in the trash."""
        return self.filter(trashing__isnull=True)

    def allowing(self, member: Membership, right: Right = Right.READ) -> Self:
        """The documents on which this member holds that right or a higher one, the trash included."""
        from knowledge.permissions import access

        return self.for_tenant(member.tenant).filter(access.document_condition(member, right))

    def visible_to(self, member: Membership) -> Self:
        """What this member may read now."""
        return self.allowing(member, Right.READ).present()


class Document(TenantOwned):
    """One thing that people know by name, through all its versions."""

    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, related_name="documents")
    number = models.BigIntegerField()  # unique in the tenant; what the store filters by
    title = models.CharField(max_length=300)
    filename = models.CharField(max_length=255)
    author = models.CharField(max_length=200, blank=True)
    dated = models.DateField(null=True, blank=True)  # the document's own date: in force since
    reviewed_on = models.DateField(null=True, blank=True)
    review_due = models.DateField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    restricted = models.BooleanField(default=False)  # then the collection's readers do not get in by themselves
    owner = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    # The version that answers; the newest one may still be on its way.
    current_version = models.ForeignKey(
        "knowledge.Version", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    latest_version = models.ForeignKey(
        "knowledge.Version", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    superseded_by = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="supersedes"
    )
    # The collection that the store still has it under: set by a move, cleared when the store has followed.
    indexed_under = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = models.Manager.from_queryset(DocumentQuerySet)()
    plain = models.Manager()

    class Meta(TenantOwned.Meta):
        default_permissions = ()
        permissions = [
            ("read_document", "Read"),
            ("write_document", "Change"),
            ("manage_document", "Decide who reads and writes"),
        ]
        constraints = [models.UniqueConstraint(fields=["tenant", "number"], name="one_document_per_number")]
        indexes = [
            models.Index(fields=["tenant", "collection", "-changed_at"], name="document_shelf"),
            models.Index(fields=["tenant", "-changed_at"], name="document_recent"),
            models.Index(fields=["owner", "collection"], name="document_owned"),
            models.Index(fields=["tenant"], condition=HAS_EXCEPTION, name="document_peculiar"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_expired(self) -> bool:
        return self.expires_on is not None and self.expires_on <= timezone.localdate()

    def audit_target(self) -> Target:
        return Target("document", str(self.pk), self.title)


class DocumentUserGrant(GrantFields, UserObjectPermissionBase):
    content_object = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="user_grants")

    class Meta(UserObjectPermissionBase.Meta):
        pass


class DocumentTeamGrant(GrantFields, GroupObjectPermissionBase):
    content_object = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="team_grants")

    class Meta(GroupObjectPermissionBase.Meta):
        pass
