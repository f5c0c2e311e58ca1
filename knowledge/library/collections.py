"""Shelves: made, renamed, removed."""

from __future__ import annotations

from django.db import transaction

from audit.ledger.actions import Action
from audit.ledger.record import record
from knowledge.erasure.deletion import put_in_trash
from knowledge.models import Collection, Document
from knowledge.models.grant import Right
from knowledge.permissions.access import access_collection
from tenants.errors import Conflicting, Invalid, NotAllowed
from tenants.members.teams import touch_corpus
from tenants.models import Membership

LONGEST_NAME, LONGEST_DESCRIPTION = 120, 300


@transaction.atomic
def create_collection(member: Membership, name: str, *, description: str = "") -> Collection:
    """Owned by who makes it; nobody else reads it until it is shared."""
    if not member.may_work or not member.is_editor:
        raise NotAllowed("Your role cannot create collections.", hint="Ask an editor or an admin of your company.")
    collection = Collection(tenant=member.tenant, name=_name(name), description=_description(description), owner=member)
    _require_unused_name(member, collection)
    collection.save()
    touch_corpus(member.tenant)
    record(Action.COLLECTION_CREATED, member, collection)
    return collection


@transaction.atomic
def change_collection(
    member: Membership, collection: Collection, *, name: str | None = None, description: str | None = None
) -> Collection:
    collection = access_collection(member, collection.pk, Right.MANAGE)
    former = collection.name
    if name is not None:
        collection.name = _name(name)
        _require_unused_name(member, collection)
    if description is not None:
        collection.description = _description(description)
    collection.save(update_fields=["name", "description"])
    record(Action.COLLECTION_CHANGED, member, collection, former=former)
    return collection


@transaction.atomic
def remove_collection(member: Membership, collection: Collection, *, with_documents: bool = False) -> None:
    """An empty one at once. With documents only when asked for: they go to the trash; the shelf stays for a while."""
    collection = access_collection(member, collection.pk, Right.MANAGE)
    holding = Document.objects.for_tenant(member.tenant).filter(collection=collection)
    present = list(holding.present())
    mine = set(
        Document.objects.allowing(member, Right.WRITE).filter(collection=collection).values_list("pk", flat=True)
    )
    refused = (present and not with_documents) or any(document.pk not in mine for document in present)
    if refused or (not present and holding.exists()):
        # One message for all three, or it would tell whether there are documents that this member may not see.
        raise Conflicting(
            "This collection is not empty, so it was not removed.",
            hint="Move or delete its documents, or remove it together with them. Documents that are restricted or in the "
            "trash count too: ask their owners, or wait until the trash is emptied.",
            code="not_empty",
        )
    if present:  # they can be restored for a while, and need their shelf for it
        for document in present:
            put_in_trash(member, document)
        return
    record(Action.COLLECTION_REMOVED, member, collection)
    collection.delete()
    touch_corpus(member.tenant)


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise Invalid("Enter a name for the collection.")
    if len(name) > LONGEST_NAME:
        raise Invalid(f"A collection's name has at most {LONGEST_NAME} characters.")
    return name


def _description(text: str) -> str:
    text = " ".join(text.split())
    if len(text) > LONGEST_DESCRIPTION:
        raise Invalid(f"A description has at most {LONGEST_DESCRIPTION} characters.")
    return text


def _require_unused_name(member: Membership, collection: Collection) -> None:
    """Among those that this person knows of. One that is hidden from them must not show itself by its name."""
    others = Collection.objects.visible_to(member).exclude(pk=collection.pk)
    if others.filter(name__iexact=collection.name).exists():
        raise Conflicting(f"A collection named {collection.name} already exists.", hint="Choose another name.")
