"""What the portal says about an answer, in its own voice."""

from __future__ import annotations

from collections.abc import Sequence

SEARCH_FAILED = "The search does not answer just now. Your question is kept. Try again in a moment."
RIGHTS_CHANGED = "What you may read changed while this was being written, so it was withdrawn. Ask again."
BROKE = "The portal made a mistake while answering. Your question is kept. Ask again."
INTERRUPTED = "The portal was restarted while this was being written. What was there is kept. Ask again for the rest."
REMOVED = "The conversation was removed while this was being written."
STOPPED = "You stopped this. What was there is kept."
TOO_LONG = "This took too long, so it was ended. What was there is kept."

_SO = "so here are the sentences that fit best, word for word."
_DEGRADED = {
    "": f"No writing model is set up, {_SO}",
    "ModelUnavailable": f"The writing model cannot be reached, {_SO}",
    "ModelTimeout": f"The writing model took too long, {_SO}",
    "ModelOverloaded": f"The writing model has too much to do, {_SO}",
    "ModelRefused": f"The writing model refused, {_SO}",
    "not_backed": f"What the writing model wrote could not be found in the documents, {_SO}",
}


def quotes_only(reason: str) -> str:
    return _DEGRADED.get(reason, _DEGRADED["ModelUnavailable"])


def rebuilding(what: str) -> str:
    return f"{what} Your question is kept. Ask again in a few minutes."


def not_found(phrasings: int, documents: int) -> str:
    if not documents:
        return "There is no document yet that you can read, so nothing was searched."
    return (
        f"Not in the documents you can read. Searched {_counted(phrasings, 'phrasing')} in "
        f"{_counted(documents, 'document')}."
    )


def partial(not_covered: Sequence[str]) -> str:
    return f"Nothing was found about {_listed(not_covered)}."


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
