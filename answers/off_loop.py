"""Blocking work (database, search, reading passages) away from the event loop, on a few threads of our own.

Django's `sync_to_async` ties a thread to a request; an answer outlives its request. The pool also bounds how many
database connections answering can hold: never more than it has threads, however many answers are being written.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connections

THREADS = 4  # for what a first word waits for
LATER = 2  # for what is done while and after words are shown: it must not slow down other people's first word
IDLE = 60.0  # seconds after which a connection is not trusted to be alive

P = ParamSpec("P")
R = TypeVar("R")

_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="answers")  # its threads start with the first piece of work
_later = ThreadPoolExecutor(LATER, thread_name_prefix="answers-later")
_thread = threading.local()


async def in_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    return await _in(_pool, function, args, kwargs)


async def in_later_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    return await _in(_later, function, args, kwargs)


async def _in(pool: ThreadPoolExecutor, function: Callable[..., R], args: Any, kwargs: Any) -> R:
    context = copy_context()  # the request id follows
    return await asyncio.get_running_loop().run_in_executor(pool, lambda: context.run(_work, function, args, kwargs))


def _work(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    now = time.monotonic()
    if now - getattr(_thread, "used", now) > IDLE:
        _close()
    try:
        return function(*args, **kwargs)
    except (OperationalError, InterfaceError):
        _close()
        raise
    finally:
        _thread.used = time.monotonic()


def _close() -> None:
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
