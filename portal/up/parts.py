"""The processes of one installation. Each function takes over the process that calls it."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import sys
import threading
from collections.abc import Callable

from django.conf import settings

from portal.keys import private_folder
from portal.up import heartbeat

M_ARENA_MAX = -8  # of glibc's malloc.h
GRACE = 4  # seconds that open streams get to end with a `retry` event


def spare_memory() -> None:
    """Before any thread or heavy import. Two malloc arenas instead of eight a core were seen to save 15 MiB a process,
    and more than one BLAS thread made the small products of a search five times slower."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            import ctypes

            ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)


def web(listening: socket.socket, ready: Callable[[], None]) -> None:
    import uvicorn

    from portal.asgi import application
    from portal.connections import Connection

    # A request passes between the loop, its own thread and the store's, each waiting for the interpreter that long when
    # another one computes. With 5 ms, two searches at once took a fifth longer.
    sys.setswitchinterval(0.001)

    class Server(uvicorn.Server):
        async def startup(self, sockets=None):
            await super().startup(sockets)
            ready()
            threading.Thread(target=_warm, name="warm", daemon=True).start()

        async def shutdown(self, sockets=None):
            from answers import runner

            await runner.shutdown()
            await super().shutdown(sockets)

    config = uvicorn.Config(
        application,
        http=Connection,
        lifespan="off",
        access_log=False,
        log_level="warning",
        log_config=None,  # its messages go where all others go (LOGGING), with their repetitions counted
        timeout_graceful_shutdown=GRACE,
        timeout_keep_alive=30,
        proxy_headers=False,  # portal/middleware.py believes trusted proxies only
        server_header=False,
        date_header=True,
    )
    Server(config).run(sockets=[listening])


def _warm() -> None:
    """The store and the embedder, after the process is healthy, so that nobody's first question waits for them."""
    from django.db import connections

    from knowledge import search

    try:
        search.warm()
    except Exception:  # the first question says what is wrong, to whom it concerns
        logging.getLogger("portal.up").warning("Search could not be made ready ahead of time", exc_info=True)
    finally:
        connections.close_all()


def beat(ready: Callable[[], None]) -> None:
    from celery.signals import beat_init

    from portal.celery import app

    beat_init.connect(lambda **_: ready(), weak=False)
    beat_init.connect(lambda **_: heartbeat.start("beat"), weak=False)
    private_folder(settings.RUN_DIR)
    app.Beat(schedule=settings.CELERY_BEAT_SCHEDULE_FILENAME, loglevel="WARNING", quiet=True).run()
