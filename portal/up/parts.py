"""The processes of one installation. Each function takes over the process that calls it."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import sys
import threading
import time
import warnings
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings

M_ARENA_MAX = -8  # of glibc's malloc.h
GRACE = 4  # seconds that open streams get to end with a `retry` event
INGEST_IDLE = timedelta(seconds=60)  # the process that holds parser, embedder and the store's writer leaves after that


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
        lifespan="off",
        access_log=False,
        log_level="warning",
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


def _celery_worker(name: str, queues: str, *, pool: str, concurrency: int) -> None:
    from celery.platforms import SecurityWarning

    from portal.celery import app

    warnings.simplefilter("ignore", SecurityWarning)  # a container's root is nobody's business here
    app.worker_main(
        [
            "--quiet", "worker", f"--pool={pool}", f"--concurrency={concurrency}", f"--queues={queues}",
            f"--hostname={name}-{os.getpid()}@%h", "--loglevel=WARNING",
            "--without-gossip", "--without-mingle", "--without-heartbeat",
        ]
    )  # fmt: skip


def worker(ready: Callable[[], None]) -> None:
    from celery.signals import worker_ready

    worker_ready.connect(lambda **_: ready(), weak=False)
    _celery_worker("maintenance", "maintenance,evaluation", pool="threads", concurrency=2)


def ingest(ready: Callable[[], None]) -> None:
    """Reads documents until there has been nothing to read for a while, then leaves and gives its memory back."""
    from celery.signals import task_postrun, task_prerun, worker_ready

    running, last = threading.Event(), [time.monotonic()]

    def began(**_):
        running.set()

    def ended(**_):
        last[0] = time.monotonic()
        running.clear()

    def watch():
        while running.is_set() or time.monotonic() - last[0] < INGEST_IDLE.total_seconds():
            time.sleep(1)
        os.kill(os.getpid(), 15)  # SIGTERM: Celery finishes what it holds and leaves

    task_prerun.connect(began, weak=False)
    task_postrun.connect(ended, weak=False)
    worker_ready.connect(lambda **_: threading.Thread(target=watch, daemon=True).start(), weak=False)
    worker_ready.connect(lambda **_: ready(), weak=False)
    os.nice(5)  # answering comes first
    _celery_worker("ingest", "interactive,bulk", pool="threads", concurrency=1)


def beat(ready: Callable[[], None]) -> None:
    from celery.signals import beat_init

    from portal.celery import app

    beat_init.connect(lambda **_: ready(), weak=False)
    app.Beat(schedule=settings.CELERY_BEAT_SCHEDULE_FILENAME, loglevel="WARNING", quiet=True).run()
