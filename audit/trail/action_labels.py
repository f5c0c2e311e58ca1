"""What an action is called on a page, and the sentence its story begins with. Pure.

In a sentence `{who}` is the one who acted, `{whom}` the person it was done to, `{on}` what it was done to.
"""

from __future__ import annotations

from audit.ledger.actions import Action

A = Action
WORDS: dict[Action, tuple[str, str]] = {
    A.ANSWER_OPENED: ("Opened a shared answer", "{who} opened {on} from a shared link"),
    A.ANSWER_RATED: ("Rated an answer", "{who} rated {on}"),
    A.ANSWER_SHARED: ("Shared an answer", "{who} shared {on} with a link"),
    A.ANSWER_SHARE_ENDED: ("Switched off a shared link", "{who} switched off the link to {on}"),
    A.ANSWER_SHOWN: ("Saw an answer again", "{who} was shown {on} again"),
    A.ANSWER_STOPPED: ("Stopped an answer", "{who} stopped {on}"),
    A.AUDIT_EXPORTED: ("Exported events", "{who} exported the audit trail"),
    A.AUDIT_READ: ("Viewed the audit trail", "{who} viewed the audit trail"),
    A.BACKUP_MADE: ("Created a backup", "{who} created a backup of {on}"),
    A.COLLECTION_CHANGED: ("Changed a collection", "{who} changed the collection {on}"),
    A.COLLECTION_CREATED: ("Created a collection", "{who} created the collection {on}"),
    A.COLLECTION_HANDED_OVER: ("Changed the owner", "{who} made {whom} the owner of {on}"),
    A.COLLECTION_REMOVED: ("Removed a collection", "{who} removed the collection {on}"),
    A.CONVERSATION_REMOVED: ("Removed a conversation", "{who} removed a conversation"),
    A.CONVERSATION_RENAMED: ("Renamed a conversation", "{who} renamed a conversation"),
    A.DOCUMENT_CANCELLED: ("Stopped reading a document", "{who} stopped reading {on}"),
    A.DOCUMENT_CHANGED: ("Changed a document", "{who} changed {on}"),
    A.DOCUMENT_DOWNLOADED: ("Downloaded a document", "{who} downloaded {on}"),
    A.DOCUMENT_ERASED: ("Erased a document", "{who} erased {on} permanently"),
    A.DOCUMENT_FAILED: ("Document could not be read", "{on} could not be read"),
    A.DOCUMENT_LISTED: ("Viewed a list of documents", "{who} viewed a list of document titles"),
    A.DOCUMENT_MOVED: ("Moved a document", "{who} moved {on} to another collection"),
    A.DOCUMENT_OPENED: ("Opened a document", "{who} opened {on}"),
    A.DOCUMENT_READ: ("Read further pages", "{who} read further pages of {on}"),
    A.DOCUMENT_READY: ("Document became searchable", "{on} became searchable"),
    A.DOCUMENT_RESTORED: ("Restored a document", "{who} restored {on} from the trash"),
    A.DOCUMENT_RETRIED: ("Retried a document", "{who} retried {on}"),
    A.DOCUMENT_TRASHED: ("Moved a document to the trash", "{who} moved {on} to the trash"),
    A.DOCUMENT_UPLOADED: ("Uploaded a document", "{who} uploaded {on}"),
    A.DOCUMENT_VERSION_UPLOADED: ("Uploaded a new version", "{who} uploaded a new version of {on}"),
    A.GRANT_GIVEN: ("Gave access", "{who} gave {whom} access to {on}"),
    A.GRANT_REVOKED: ("Removed access", "{who} removed {whom}’s access to {on}"),
    A.IMPORT_STOPPED: ("Stopped an import", "{who} stopped the import into {on}"),
    A.INDEX_CHOSEN: ("Chose a search index", "{who} chose the search index {on}"),
    A.INDEX_REMOVED: ("Removed a search index", "{who} removed the search index {on}"),
    A.INDEX_STARTED: ("Started a search index", "{who} started building the search index {on}"),
    A.INDEX_STOPPED: ("Stopped building a search index", "{who} stopped building the search index {on}"),
    A.INDEX_SWITCHED: ("Switched the search index", "Answers now use the search index {on}"),
    A.INVITATION_ACCEPTED: ("Accepted an invitation", "{who} accepted an invitation"),
    A.INVITATION_LINK_SHOWN: ("Viewed an invitation link", "{who} viewed the link of an invitation"),
    A.INVITATION_SENT: ("Invited someone", "{who} invited someone"),
    A.INVITATION_WITHDRAWN: ("Withdrew an invitation", "{who} withdrew an invitation"),
    A.KEY_CREATED: ("Created an API key", "{who} created the API key {on}"),
    A.KEY_REVOKED: ("Revoked an API key", "{who} revoked the API key {on}"),
    A.MEMBER_ADDED: ("Added a person", "{who} added {whom} to the company"),
    A.MEMBER_REMOVED: ("Removed a person", "{who} removed {whom} from the company"),
    A.MEMBER_ROLE_CHANGED: ("Changed a role", "{who} changed the role of {whom}"),
    A.PASSWORD_CHANGED: ("Changed a password", "{who} changed the password of {whom}"),
    A.PASSWORD_LINK_SHOWN: ("Viewed a password link", "{who} viewed the password link of {whom}"),
    A.PASSWORD_RESET_ASKED: ("Asked for a new password", "{who} asked for a new password for {whom}"),
    A.PERSON_CHANGED: ("Changed their account", "{who} changed their account"),
    A.PERSON_CREATED: ("Created an account", "{who} created an account for {whom}"),
    A.PERSON_KEY_DESTROYED: ("Erased a person", "{who} erased a person from the audit trail"),
    A.PERSON_SIGNED_IN: ("Signed in", "{who} signed in"),
    A.PERSON_SIGNED_OUT: ("Signed out", "{who} signed out"),
    A.QUESTION_ANSWERED: ("Saw an answer", "{who} was shown {on}"),
    A.QUESTION_ASKED: ("Asked a question", "{who} asked {on}"),
    A.QUESTION_REFUSED: ("Question without an answer", "{who} asked a question that the documents do not answer"),
    A.READERS_LOOKED_UP: ("Checked who has access", "{who} checked who can read {on}"),
    A.RECORD_CHANGED: ("Changed fields", "Fields of {on} changed"),
    A.REQUEST_REFUSED: ("Request refused", "A request by {who} was refused"),
    A.SAMPLE_REMOVED: ("Removed the sample company", "{who} removed the sample company"),
    A.SEARCH_RUN: ("Searched", "{who} searched the documents"),
    A.SIGN_IN_FAILED: ("Sign-in failed", "A sign-in as {whom} failed"),
    A.TEAM_CHANGED: ("Changed a team", "{who} changed the team {on}"),
    A.TEAM_CREATED: ("Created a team", "{who} created the team {on}"),
    A.TEAM_MEMBER_ADDED: ("Added to a team", "{who} added {whom} to {on}"),
    A.TEAM_MEMBER_REMOVED: ("Removed from a team", "{who} removed {whom} from {on}"),
    A.TEAM_REMOVED: ("Removed a team", "{who} removed the team {on}"),
    A.TENANT_CHANGED: ("Changed the company", "{who} changed the company {on}"),
    A.TENANT_CREATED: ("Created the company", "{who} created the company {on}"),
    A.TENANT_REMOVED: ("Removed the company", "{who} removed the company {on}"),
    A.TENANT_RESTORED: ("Restored the company", "{who} restored the company {on} from a backup"),
}
OUTCOMES = {"done": "Done", "refused": "Refused", "failed": "Failed"}
KINDS = {  # what a target is, where it has no name of its own
    "answer": "Answer",
    "conversation": "Conversation",
    "document": "Document",
    "collection": "Collection",
    "key": "API key",
    "team": "Team",
    "invitation": "Invitation",
    "person": "Person",
    "member": "Member",
    "tenant": "Company",
    "trail": "Audit trail",
    "event": "Event",
}
SUBJECTS = sorted({action.value.split(":")[0] for action in Action})


_ITSELF = (A.QUESTION_ASKED, A.QUESTION_REFUSED, A.SEARCH_RUN)  # about the words, not about what was answered
LONGEST_QUOTE = 120  # characters of a question in a row


def quoted(action: str, question: str) -> str:
    """What the event is about, where that is a question or its answer."""
    short = question if len(question) <= LONGEST_QUOTE else f"{question[: LONGEST_QUOTE - 1].rstrip()}…"
    if action in _ITSELF:
        return f"“{short}”" if short else ""
    return f"an answer to “{short}”" if short else "an answer"


def mention(action: str, relation: str, question: str, *, many: bool) -> str:
    """How the sentence goes on that begins with the names of documents."""
    verb = "were" if many else "was"
    if relation == "changed":
        return f"{verb} changed"
    about = quoted(action, question)
    if action == A.SEARCH_RUN:
        return f"{verb} shown in a search for {about}" if about else f"{verb} shown in a search"
    if action == A.QUESTION_REFUSED:
        return f"{verb} named as the closest to {about}" if about else f"{verb} named as the closest"
    if relation == "shown" and action in (A.QUESTION_ANSWERED, A.ANSWER_OPENED, A.ANSWER_SHOWN):
        return f"{verb} listed with {about}"
    return f"{verb} shown in {about}" if about else f"{verb} shown"


def what(action: str) -> str:
    label = WORDS.get(_action_or_none(action))
    return label[0] if label else action


def story(action: str, *, who: str, whom: str, on: str) -> str:
    label = WORDS.get(_action_or_none(action))
    on = on or ("a question" if action == A.QUESTION_ASKED else "it")
    return label[1].format(who=who, whom=whom or "someone", on=on) if label else f"{who}: {action}"


def label(name: str) -> str:
    """A key of an event's data, as people read it."""
    words = name.replace("_", " ").replace("-", " ")
    return words[:1].upper() + words[1:]


def _action_or_none(action: str) -> Action | None:
    try:
        return Action(action)
    except ValueError:  # written by a later version
        return None
