"""What a leaver owned goes to an heir, and what was shared with the leaver in person ends."""

from __future__ import annotations

from audit.ledger.actions import Action
from audit.ledger.event_objects import Relation, document_refs
from audit.ledger.record import record
from knowledge.models import (
    Collection,
    CollectionUserGrant,
    Document,
    DocumentUserGrant,
)
from tenants.members.teams import touch_corpus
from tenants.models import Membership


def hand_over(leaver: Membership, heir: Membership, by: Membership) -> None:
    """In the caller's transaction."""
    for collection in Collection.objects.for_tenant(leaver.tenant).filter(owner=leaver):
        collection.owner = heir
        collection.save(update_fields=["owner"])
        record(Action.COLLECTION_HANDED_OVER, by, collection, subject=heir)
    owned = Document.objects.for_tenant(leaver.tenant).filter(owner=leaver)
    handed = list(owned.values_list("pk", flat=True))
    owned.update(owner=heir)
    if handed:
        objects = document_refs(Relation.CHANGED, handed)
        record(Action.COLLECTION_HANDED_OVER, by, subject=heir, objects=objects, documents=len(handed))
    for grants in (CollectionUserGrant, DocumentUserGrant):
        grants.scoped.for_tenant(leaver.tenant).filter(user_id=leaver.user_id).delete()
    touch_corpus(leaver.tenant)


def belongings(member: Membership) -> list[str]:
    owned = {
        "collection": Collection.objects.for_tenant(member.tenant).filter(owner=member).count(),
        "document": Document.objects.for_tenant(member.tenant).filter(owner=member).count(),
    }
    return [f"{count} {thing}{'' if count == 1 else 's'}" for thing, count in owned.items() if count]
