"""Which documents the bulk bar hands to its next page: in the address, or in the session when they are too many for one."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from uuid import UUID

from django.http import Http404, HttpRequest

IN_ADDRESS = 40  # ids; Django redirects to no address of more than 2,048 characters, and 40 ids take 1,640
# Choices of one session, 500 documents with 16 kB each; its row is read with every request
MAX_SELECTIONS_PER_SESSION = 2
_KEY = "chosen_documents"


def query(request: HttpRequest, ids: Sequence[UUID]) -> str:
    """The query string by which the next page finds the documents. It may be loaded again, and bookmarked if short."""
    if len(ids) <= IN_ADDRESS:
        return "&".join(f"ids={pk}" for pk in ids)
    name = secrets.token_urlsafe(9)
    others = list(request.session.get(_KEY, {}).items())[1 - MAX_SELECTIONS_PER_SESSION :]
    request.session[_KEY] = dict([*others, (name, [pk.hex for pk in ids])])
    return f"choice={name}"


def stored(request: HttpRequest) -> list[str]:
    """The ids behind `choice`; none without it. Raises `Http404` for one that this session does not have any more.
    Forms carry all ids themselves, so only a page that is loaded again much later asks in vain."""
    name = request.GET.get("choice")
    if name is None or request.method == "POST":
        return []
    try:
        return request.session.get(_KEY, {})[name]
    except KeyError:
        raise Http404 from None
