"""What changed about who reads something, the newest first: the story that the trail tells, without opening the trail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from audit.ledger.actions import Action
from audit.models import AuditEvent
from audit.trail.event_view import EventView, describe
from knowledge.models import Collection, Document
from knowledge.models.grant import Right
from tenants.models import Membership

MAX_CHANGES = 200
SHOWN_ACTIONS = (
    Action.COLLECTION_CREATED,
    Action.COLLECTION_HANDED_OVER,
    Action.DOCUMENT_MOVED,
    Action.DOCUMENT_RESTORED,
    Action.DOCUMENT_TRASHED,
    Action.DOCUMENT_UPLOADED,
    Action.GRANT_GIVEN,
    Action.GRANT_REVOKED,
    Action.RECORD_CHANGED,
)
DOING = {Right.READ: "view", Right.WRITE: "edit", Right.MANAGE: "manage"}


@dataclass(frozen=True, slots=True)
class AccessChange:
    at: datetime
    by: str
    words: str
    opens: bool  # more people than before, or fewer
    on_shelf: bool = False

    @property
    def day(self):
        return self.at.date()


def changes(looker: Membership, target: Document | Collection) -> list[AccessChange]:
    """Of the thing itself, and of its collection since it lies there, while that one's readers read it too."""
    trail = AuditEvent.objects.filter(tenant_id=target.tenant_id, action__in=SHOWN_ACTIONS).order_by("-id")
    events = list(trail.filter(target_id=str(target.pk))[:MAX_CHANGES])
    if isinstance(target, Document) and not target.restricted:
        moved = next((event for event in events if event.action == Action.DOCUMENT_MOVED), None)
        since = moved.occurred_at if moved else target.created_at
        events += trail.filter(target_id=str(target.collection_id), occurred_at__gte=since)[:MAX_CHANGES]
        events = sorted(events, key=lambda event: -event.pk)[:MAX_CHANGES]
    named = _collection_names(looker, events)
    rows = []
    for event_view in describe(events):
        description = _describe_change(event_view, named)
        if description:
            words, opens = description
            rows.append(
                AccessChange(event_view.at, event_view.who.name, words, opens, event_view.target_id != str(target.pk))
            )
    return rows


def _describe_change(event: EventView, collection_names: dict[str, str]) -> tuple[str, bool] | None:
    whom = event.data.get("team") or (event.whom.name if event.whom else "")
    match event.action:
        case Action.GRANT_GIVEN:
            return f"{whom} can {DOING[Right(event.data['right'])]}{_formerly(event.data.get('former', []))}", True
        case Action.GRANT_REVOKED:
            return f"{whom} was removed", False
        case Action.RECORD_CHANGED:
            change = event.data.get("fields", {}).get("restricted")
            if change is None:
                return None
            closed = change[1] == "True"
            words = "Restricted: readers of the collection can no longer read it"
            return (words, False) if closed else ("Readers of the collection can read it too", True)
        case Action.DOCUMENT_MOVED:
            to = collection_names.get(event.data.get("collection", ""), "another collection")
            return f"Moved to {to}, whose readers can read it since then", True
        case Action.COLLECTION_HANDED_OVER:
            return f"{whom} became the owner", True
        case Action.DOCUMENT_TRASHED:
            return "Moved to the trash, where nobody can read it", False
        case Action.DOCUMENT_RESTORED:
            return "Restored from the trash; its readers can read it again", True
        case Action.DOCUMENT_UPLOADED:
            return "Added; readers of its collection can read it", True
        case Action.COLLECTION_CREATED:
            return "Created; only its owner could read it", True
    return None


def _formerly(former: list[str]) -> str:
    return f", before: {DOING[Right(former[0])]}" if former else ""


def _collection_names(looker: Membership, events: list[AuditEvent]) -> dict[str, str]:
    """Names of the collections that something was moved to, of those that the one who looks may know of."""
    ids = {event.data.get("collection", "") for event in events if event.action == Action.DOCUMENT_MOVED}
    if not ids:
        return {}
    visible = Collection.objects.visible_to(looker).filter(pk__in=[UUID(pk) for pk in ids if pk])
    return {str(pk): name for pk, name in visible.values_list("pk", "name")}
