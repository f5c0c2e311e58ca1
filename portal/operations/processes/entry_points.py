"""The processes of one installation. Each function takes over the process that calls it."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Callable

from django.conf import settings

from portal.operations.processes import heartbeat
from portal.security.keys import private_folder

M_ARENA_MAX = -8  # of glibc's malloc.h


def spare_memory() -> None:
    """Before any thread or heavy import. Two malloc arenas instead of eight a core were seen to save 15 MiB a process,
    and more than one BLAS thread made the small products of a search five times slower."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            import ctypes

            ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)


def web(listening: socket.socket, ready: Callable[[], None], warm: Callable[[], None]) -> None:
    from portal.operations.processes import web_server

    web_server.serve(listening, on_started=ready, on_warm=warm)


def beat(ready: Callable[[], None]) -> None:
    from celery.signals import beat_init

    from portal.celery import app

    beat_init.connect(lambda **_: ready(), weak=False)
    beat_init.connect(lambda **_: heartbeat.start("beat"), weak=False)
    private_folder(settings.RUN_DIR)
    app.Beat(schedule=settings.CELERY_BEAT_SCHEDULE_FILENAME, loglevel="WARNING", quiet=True).run()
