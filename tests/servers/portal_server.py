"""The portal itself behind a real socket, in this process: streams flow as they do in production."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator


@contextlib.contextmanager
def serving(application=None, **options) -> Iterator[str]:
    """`options` are uvicorn's."""
    import uvicorn
    from django.core.asgi import get_asgi_application

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        config = uvicorn.Config(
            application or get_asgi_application(),
            log_level="critical",
            lifespan="off",
            timeout_graceful_shutdown=1,
            ws="none",
            **options,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 10
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(5)
