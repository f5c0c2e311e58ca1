"""The vocabulary of the audit trail."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """Everything that can happen, as subject:past-participle. Alphabetical. Compliance officers read this list."""

    ANSWER_RATED = "answer:rated"
    ANSWER_STOPPED = "answer:stopped"
    AUDIT_EXPORTED = "audit:exported"
    AUDIT_READ = "audit:read"
    COLLECTION_CHANGED = "collection:changed"
    COLLECTION_CREATED = "collection:created"
    COLLECTION_HANDED_OVER = "collection:handed-over"
    COLLECTION_REMOVED = "collection:removed"
    CONVERSATION_REMOVED = "conversation:removed"
    CONVERSATION_RENAMED = "conversation:renamed"
    DOCUMENT_CHANGED = "document:changed"
    DOCUMENT_DOWNLOADED = "document:downloaded"
    DOCUMENT_ERASED = "document:erased"
    DOCUMENT_FAILED = "document:failed"
    DOCUMENT_MOVED = "document:moved"
    DOCUMENT_OPENED = "document:opened"
    DOCUMENT_READY = "document:ready"
    DOCUMENT_RESTORED = "document:restored"
    DOCUMENT_RETRIED = "document:retried"
    DOCUMENT_TRASHED = "document:trashed"
    DOCUMENT_UPLOADED = "document:uploaded"
    DOCUMENT_VERSION_UPLOADED = "document:version-uploaded"
    GRANT_GIVEN = "grant:given"
    GRANT_REVOKED = "grant:revoked"
    INVITATION_ACCEPTED = "invitation:accepted"
    INVITATION_LINK_SHOWN = "invitation:link-shown"
    INVITATION_SENT = "invitation:sent"
    INVITATION_WITHDRAWN = "invitation:withdrawn"
    KEY_CREATED = "key:created"
    KEY_REVOKED = "key:revoked"
    MEMBER_ADDED = "member:added"
    MEMBER_REMOVED = "member:removed"
    MEMBER_ROLE_CHANGED = "member:role-changed"
    PASSWORD_CHANGED = "password:changed"  # noqa: S105
    PASSWORD_LINK_SHOWN = "password:link-shown"  # noqa: S105
    PASSWORD_RESET_ASKED = "password:reset-asked"  # noqa: S105
    PERSON_CHANGED = "person:changed"
    PERSON_CREATED = "person:created"
    PERSON_SIGNED_IN = "person:signed-in"
    PERSON_SIGNED_OUT = "person:signed-out"
    QUESTION_ANSWERED = "question:answered"
    QUESTION_ASKED = "question:asked"
    QUESTION_REFUSED = "question:refused"
    READERS_LOOKED_UP = "readers:looked-up"
    RECORD_CHANGED = "record:changed"
    REQUEST_REFUSED = "request:refused"
    SAMPLE_REMOVED = "sample:removed"
    SEARCH_RUN = "search:run"
    SIGN_IN_FAILED = "sign-in:failed"
    TEAM_CHANGED = "team:changed"
    TEAM_CREATED = "team:created"
    TEAM_MEMBER_ADDED = "team:member-added"
    TEAM_MEMBER_REMOVED = "team:member-removed"
    TEAM_REMOVED = "team:removed"
    TENANT_CHANGED = "tenant:changed"
    TENANT_CREATED = "tenant:created"
    TENANT_REMOVED = "tenant:removed"


class Outcome(StrEnum):
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
