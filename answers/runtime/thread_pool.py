"""Blocking work (database, search, reading passages) away from the event loop, on a few threads of our own.

Django's `sync_to_async` ties a thread to a request; an answer outlives its request. The pool also bounds how many
database connections answering can hold: never more than it has threads, however many answers are being written.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connections

from tenants.isolation.scope import return_connection

FIRST_TOKEN_THREADS = 3  # for what a first word waits for; more of them would only take turns at the interpreter
# For what is done while and after words are shown: it must not slow down other people's first word
LOW_PRIORITY_THREADS = 2
TO_ASK = 0.03  # seconds from what was found to the model's request
MAX_YIELD_SECONDS = 0.3  # seconds that later work lets first words pass
IDLE_CONNECTION_SECONDS = 60.0  # seconds after which a connection is not trusted to be alive

P = ParamSpec("P")
R = TypeVar("R")

_pool = ThreadPoolExecutor(
    FIRST_TOKEN_THREADS, thread_name_prefix="answers"
)  # its threads start with the first piece of work
_later = ThreadPoolExecutor(LOW_PRIORITY_THREADS, thread_name_prefix="answers-later")
_thread = threading.local()
_awaited: set[object] = set()


async def in_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    return await _in(_pool, function, args, kwargs)


async def in_low_priority_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """After the first words of whoever is waiting for theirs, but not much after."""
    until = time.monotonic() + MAX_YIELD_SECONDS
    while _awaited and time.monotonic() < until:
        await asyncio.sleep(0.01)
    return await _in(_later, function, args, kwargs)


@contextlib.contextmanager
def first_token_pending() -> Iterator[None]:
    """Around what has to be done before a model can be asked; and the moment it takes to ask it."""
    me = object()
    _awaited.add(me)
    try:
        yield
    finally:
        asyncio.get_running_loop().call_later(TO_ASK, _awaited.discard, me)


async def _in(pool: ThreadPoolExecutor, function: Callable[..., R], args: Any, kwargs: Any) -> R:
    context = copy_context()  # the request id follows
    return await asyncio.get_running_loop().run_in_executor(pool, lambda: context.run(_work, function, args, kwargs))


def _work(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    now = time.monotonic()
    if now - getattr(_thread, "used", now) > IDLE_CONNECTION_SECONDS:
        _close()
    try:
        return function(*args, **kwargs)
    except (OperationalError, InterfaceError):
        _close()
        raise
    finally:
        _thread.used = time.monotonic()
        return_connection()


def _close() -> None:
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
