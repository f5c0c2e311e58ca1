from __future__ import annotations

from typing import Self

from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from audit.ledger.actors import Target
from knowledge.models.grant import GrantFields, Right
from tenants.models import Membership, TenantOwned, TenantQuerySet


class CollectionQuerySet(TenantQuerySet):
    def allowing(self, member: Membership, right: Right = Right.READ) -> Self:
        """The collections on which this member holds that right or a higher one. Roles give nothing."""
        from knowledge.permissions import access

        return self.for_tenant(member.tenant).filter(pk__in=access.collection_ids(member, right))

    def visible_to(self, member: Membership) -> Self:
        """Readable as a whole, or holding a document that is."""
        from knowledge.permissions import access

        return self.for_tenant(member.tenant).filter(pk__in=access.visible_collection_ids(member))


class Collection(TenantOwned):
    """A shelf: documents that are, unless restricted one by one, read by the same people."""

    name = models.CharField(max_length=120)
    description = models.CharField(max_length=300, blank=True)
    owner = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = models.Manager.from_queryset(CollectionQuerySet)()
    plain = models.Manager()

    class Meta(TenantOwned.Meta):
        default_permissions = ()
        permissions = [
            ("read_collection", "Read"),
            ("write_collection", "Add and change documents"),
            ("manage_collection", "Decide who reads and writes"),
        ]
        indexes = [models.Index(fields=["tenant", "name"], name="collection_name")]

    def __str__(self) -> str:
        return self.name

    def audit_target(self) -> Target:
        return Target("collection", str(self.pk), self.name)


class CollectionUserGrant(GrantFields, UserObjectPermissionBase):
    content_object = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="user_grants")

    class Meta(UserObjectPermissionBase.Meta):
        pass


class CollectionTeamGrant(GrantFields, GroupObjectPermissionBase):
    content_object = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="team_grants")

    class Meta(GroupObjectPermissionBase.Meta):
        pass
