"""A request is answered within REQUEST_SECONDS, whatever part of the portal does not answer meanwhile.

Databases, caches and the index have timeouts of their own, all of them shorter. This one holds for their sum, for the
file system, and for what nobody thought of. It ends the waiting, not the work: a thread that waits for something goes
on until that has its own timeout.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable

from django.http import HttpRequest, HttpResponse

from portal.errors import handlers
from tenants.requests.deadline_exemptions import has_own_limit

log = logging.getLogger("portal.deadline")

REQUEST_SECONDS = 18.0  # from the last byte of the request to the first of its response; nobody waits longer than 20


async def within_deadline(request: HttpRequest, answering: Awaitable[HttpResponse]) -> HttpResponse:
    """The response, or a 503 in its place."""
    task = asyncio.current_task()
    assert task is not None
    is_over = False

    def end() -> None:
        nonlocal is_over
        if not has_own_limit(getattr(request.resolver_match, "func", None)):
            is_over = True
            task.cancel()

    timer = asyncio.get_running_loop().call_later(REQUEST_SECONDS, end)
    try:
        return await answering
    except asyncio.CancelledError:
        if not is_over or task.uncancel() > 0:
            raise  # the reader left
        log.error("%s %s was not answered within %g seconds", request.method, request.path, REQUEST_SECONDS)
        return handlers.too_slow(request)
    finally:
        timer.cancel()
