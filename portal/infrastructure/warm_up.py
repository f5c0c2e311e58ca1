"""Loading the store and the embedder before the first question, and whether this process is still at it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from django.db import connections

_is_running = threading.Event()

log = logging.getLogger("portal.operations.processes")


def begin() -> None:
    """From now on the process is not ready, until `run` has ended."""
    _is_running.set()


def is_running() -> bool:
    return _is_running.is_set()


def run(then: Callable[[], None]) -> None:
    """Loads, in the thread that calls it. A failure is logged: the first question says what is wrong."""
    from knowledge.retrieval import search

    try:
        search.warm()
    except Exception:
        log.warning("Search could not be made ready ahead of time", exc_info=True)
    finally:
        connections.close_all()
        _is_running.clear()
        then()
