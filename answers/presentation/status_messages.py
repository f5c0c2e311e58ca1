"""What the portal says about an answer, in its own voice."""

from __future__ import annotations

from collections.abc import Sequence

SEARCH_FAILED = "Search is temporarily unavailable. Your question is saved. Try again in a moment."
RIGHTS_CHANGED = "Your access changed while this answer was being written, so it was withdrawn. Ask again."
BROKE = "Something went wrong on our side. Your question is saved. Ask again."
INTERRUPTED = (
    "The portal restarted while this was being written. The text so far is saved. Ask again for a complete answer."
)
REMOVED = "The conversation was removed while this was being written."
STOPPED = "You stopped this answer. The text so far is saved."
TOO_LONG = "This took too long, so it was stopped. The text so far is saved."

_SO = "Showing exact quotes."
_DEGRADED = {
    "": _SO,
    "ModelUnavailable": f"The answer model cannot be reached. {_SO}",
    "ModelTimeout": f"The answer model took too long. {_SO}",
    "ModelOverloaded": f"The answer model is overloaded. {_SO}",
    "ModelRefused": f"The answer model refused the request. {_SO}",
    "not_backed": f"The generated text could not be found in the documents. {_SO}",
}


def quotes_only(reason: str) -> str:
    return _DEGRADED.get(reason, _DEGRADED["ModelUnavailable"])


def rebuilding(what: str) -> str:
    return f"{what} Your question is saved. Ask again in a few minutes."


def refusal_message(documents: int) -> str:
    if not documents:
        return "You cannot read any documents yet, so nothing was searched."
    return f"Not in the documents you can read. Searched {_counted(documents, 'document')}."


def partial(not_covered: Sequence[str]) -> str:
    return f"Nothing was found about {_listed(not_covered)}."


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
