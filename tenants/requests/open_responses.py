"""Ends responses whose credential has ended. One loop in a process asks once a second about all that are open.

It runs beside the responses and cancels them: a slow reader's response waits in `send`, where its generator is not run
and cannot look for itself. Between two looks no database connection is held, and while nothing is open there is no loop.

The processor time of a look: 0.7 ms for each company with something open on SQLite and 2 ms on PostgreSQL, in a thread of its
own. A response that is sent at once is never looked at; being counted costs it 3 µs.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError, connections

from tenants.isolation.scope import return_connection
from tenants.requests.credentials import Credential, Ended, ended_among

CHECK_INTERVAL_SECONDS = 1.0  # seconds between looks
UNCHECKED_SECONDS = 0.5  # seconds after admission before which a response is not looked at, so that most never are
# Seconds without an answer of the database after which nothing is taken to hold; a failover is quicker
MAX_UNVERIFIED_SECONDS = 15.0
# Seconds between admission and the first byte after which the credential is looked at once more
RECHECK_AFTER_SECONDS = 1.0
RECHECK_TIMEOUT_SECONDS = 2.0  # seconds that this look may take; with a request's deadline no more than 20

log = logging.getLogger("portal.open_responses")
_thread = ThreadPoolExecutor(1, thread_name_prefix="open-responses")  # starts with the first look
_watches: dict[asyncio.AbstractEventLoop, _Watch] = {}


@contextmanager
def holding(credential: Credential, end: Callable[[Ended], None], *, when_unsure: bool = True) -> Iterator[None]:
    """While the block lasts, `end(reason)` is called on this loop, at most once, when the credential no longer holds.

    Not `when_unsure`: a database that is away for long is no reason.
    """
    loop = asyncio.get_running_loop()
    watch = _watches.get(loop)
    if watch is None:
        watch = _watches[loop] = _Watch(loop)
    held = _OpenResponse(credential, end, when_unsure)
    watch.add(held)
    try:
        yield
    finally:
        watch.open.discard(held)


async def ended(credential: Credential) -> Ended | None:
    """Why it no longer holds, asked of the database now. Raises what that raises, or TimeoutError."""
    async with asyncio.timeout(RECHECK_TIMEOUT_SECONDS):
        found = await asyncio.get_running_loop().run_in_executor(_thread, _ended_credentials, [credential])
    return found.get(credential)


def is_idle() -> bool:
    """Whether no response is watched on any loop of this process."""
    return not _watches


class _OpenResponse:
    __slots__ = ("credential", "end", "when_unsure")

    def __init__(self, credential: Credential, end: Callable[[Ended], None], when_unsure: bool) -> None:
        self.credential, self.end, self.when_unsure = credential, end, when_unsure


class _Watch:
    """The open responses of one event loop, and the task that looks after them while there are any."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.open: set[_OpenResponse] = set()
        self._loop = loop
        self._sure_at = time.monotonic()
        self._task: asyncio.Task | None = None

    def add(self, response: _OpenResponse) -> None:
        self.open.add(response)
        if self._task is None:
            self._task = self._loop.create_task(self._check_periodically())

    async def _check_periodically(self) -> None:
        try:
            while self.open:
                await asyncio.sleep(CHECK_INTERVAL_SECONDS)
                await self._check_credentials()
        finally:
            del _watches[self._loop]
            _thread.submit(connections.close_all)

    async def _check_credentials(self) -> None:
        now = time.monotonic()
        due = [held for held in self.open if now - held.credential.since >= UNCHECKED_SECONDS]
        if not due:
            self._sure_at = now
            return
        try:
            async with asyncio.timeout(MAX_UNVERIFIED_SECONDS):
                found = await self._loop.run_in_executor(_thread, _ended_credentials, [held.credential for held in due])
        except Exception as error:
            log.warning("Whether %d open responses may go on could not be asked: %s", len(due), type(error).__name__)
            if time.monotonic() - self._sure_at < MAX_UNVERIFIED_SECONDS:
                return
            found = {held.credential: Ended.UNKNOWN for held in due if held.when_unsure}
        else:
            self._sure_at = now
        for held in due:
            reason = found.get(held.credential)
            if reason is not None and held in self.open:
                self.open.discard(held)
                try:
                    held.end(reason)
                except Exception:  # the others are ended nevertheless
                    log.exception("An open response could not be ended")


def _ended_credentials(credentials: list[Credential]) -> dict[Credential, Ended]:
    try:
        return ended_among(credentials)
    except (OperationalError, InterfaceError):
        connections.close_all()
        raise
    finally:
        return_connection()
