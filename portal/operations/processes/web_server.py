"""The web process: uvicorn, which leaves without ending an answer or refusing a request."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable

import uvicorn

from portal.infrastructure import warm_up

DRAIN_SECONDS = 30.0  # that running answers, uploads and exports get to finish after SIGTERM
QUICK_SECONDS = 4  # the same after SIGINT (Ctrl-C), in which open streams end with a `retry` event
LINGER_SECONDS = 1.0  # idle connections stay open that long: a request that is already on its way is served


class DrainingServer(uvicorn.Server):
    """On SIGTERM: stops listening, serves what is under way to its end, then leaves. On SIGINT: leaves at once."""

    def __init__(self, config: uvicorn.Config, *, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started
        self._is_draining = False

    def handle_exit(self, sig, frame) -> None:
        self._is_draining = sig == signal.SIGTERM
        super().handle_exit(sig, frame)

    async def startup(self, sockets=None) -> None:
        await super().startup(sockets)
        self._on_started()

    async def shutdown(self, sockets=None) -> None:
        from answers.live import runner

        for server in self.servers:
            server.close()  # first: other processes listen on the same socket and take what comes
        if self._is_draining:
            deadline = time.monotonic() + DRAIN_SECONDS
            self.server_state.default_headers.append((b"connection", b"close"))
            await asyncio.sleep(LINGER_SECONDS)
            await self._until_answered(runner.drain(), deadline)
            self.config.timeout_graceful_shutdown = max(QUICK_SECONDS, int(deadline - time.monotonic()))
        await runner.shutdown()
        await super().shutdown(sockets)

    async def _until_answered(self, draining, deadline: float) -> None:
        """Waits for the running answers, unless a second signal (Ctrl-C) asks for haste."""
        task = asyncio.ensure_future(draining)
        while not task.done() and time.monotonic() < deadline and self._is_draining:
            await asyncio.wait([task], timeout=0.1)
        task.cancel()


def serve(listening: socket.socket, *, on_started: Callable[[], None], on_warm: Callable[[], None]) -> None:
    """Takes over the process that calls it. `on_warm` is called when the first question will not have to wait."""
    from portal.asgi import application
    from portal.http.connections import AbortableProtocol

    # A request passes between the loop, its own thread and the store's, each waiting for the interpreter that long when
    # another one computes. With 5 ms, two searches at once took a fifth longer.
    sys.setswitchinterval(0.001)

    def started() -> None:
        on_started()
        threading.Thread(target=warm_up.run, args=(on_warm,), name="warm-up", daemon=True).start()

    config = uvicorn.Config(
        application,
        http=AbortableProtocol,
        lifespan="off",
        access_log=False,
        log_level="warning",
        log_config=None,  # its messages go where all others go (LOGGING), with their repetitions counted
        timeout_graceful_shutdown=QUICK_SECONDS,
        timeout_keep_alive=30,
        proxy_headers=False,  # portal/http/middleware.py believes trusted proxies only
        server_header=False,
        date_header=True,
    )
    warm_up.begin()
    DrainingServer(config, on_started=started).run(sockets=[listening])
