"""How long anybody waits for PostgreSQL.

A server that stopped but whose machine still acknowledges packets (a frozen process, a stalled disk) is seen by no
TCP timeout and enforces no timeout of its own, so the client counts. Processes that answer people call `serve_people`;
migrations, restores, dumps and workers have no such limit, because nobody waits for their answer.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any, TypeVar

import psycopg
from django.db import connection
from psycopg.abc import PQGen
from psycopg_pool import ConnectionPool

log = logging.getLogger("portal.database")

STATEMENT_SECONDS = 8.0  # that one statement may take while somebody waits for it
DOUBTFUL_SECONDS = 2.0  # the same after a statement that got no answer, until the next one that does
POOL_SECONDS = (
    0.2  # that a connection is waited for meanwhile: work of many people shares few threads, one after another
)
RECONNECT_SECONDS = 3.0  # for which a lost connection is tried for again, with pauses; then the next request tries
SERVER_SECONDS = 10.0  # after which the server ends a statement that its client has given up
NETWORK_TIMEOUTS = {  # a machine that vanished is noticed in 15 to 20 seconds, with data under way and without
    "tcp_user_timeout": 15_000,  # milliseconds
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
}

T = TypeVar("T")

_people_wait = False
_is_doubtful = False
_asking = threading.Lock()  # in doubt one statement waits for all


class TimeoutConnection(psycopg.Connection):
    """Gives up, and closes itself, when a statement gets no answer in time."""

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        if not _people_wait or timeout is not None:
            return super().wait(gen, interval, timeout)
        if not _is_doubtful:
            return self._wait(gen, interval, STATEMENT_SECONDS)
        if not _asking.acquire(blocking=False):
            self.close()
            raise psycopg.OperationalError("no answer to others")
        try:
            result = self._wait(gen, interval, DOUBTFUL_SECONDS)
        finally:
            _asking.release()
        _doubt(connection.pool, False)
        return result

    def _wait(self, gen: PQGen[T], interval: float, seconds: float) -> T:
        began = time.monotonic()
        try:
            return super().wait(gen, interval, seconds)
        except psycopg.OperationalError:
            if time.monotonic() - began < seconds:
                raise
            _doubt(connection.pool, True)
            self.close()  # its answer may come at any time, and would be taken for that of the next statement
            log.warning("PostgreSQL gave no answer within %g seconds", seconds)
            raise psycopg.OperationalError(f"no answer within {seconds:g} seconds") from None


def reconnect_failed(pool: ConnectionPool) -> None:
    """Called by a pool whose lost connection could not be made anew within RECONNECT_SECONDS."""
    if _people_wait:
        _doubt(pool, True)


def _doubt(pool: ConnectionPool, is_doubtful: bool) -> None:
    global _is_doubtful
    _is_doubtful = is_doubtful
    usual = connection.settings_dict["OPTIONS"]["pool"]["timeout"]
    pool.timeout = POOL_SECONDS if is_doubtful else usual


def serve_people() -> None:
    """From now on, in this process, nobody waits longer than STATEMENT_SECONDS for a statement.

    Called before the first connection is opened. Behind a proxy that pools by transaction the server cannot be told a
    limit of this process's own; there the client's alone holds.
    """
    global _people_wait
    _people_wait = True
    if not connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
        options: dict[str, Any] = connection.settings_dict["OPTIONS"]
        limit = f"-c statement_timeout={SERVER_SECONDS * 1000:.0f}"
        options["options"] = f"{limit} {options.get('options', '')}".strip()  # the operator's own comes last and wins
