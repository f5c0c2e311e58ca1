"""Threads that serve one request after another, and keep their database connection.

Django makes a thread for each request and ends it with it, and with the thread its connection. Opening one, and reading
the schema anew, costs more than most pages' queries.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.db import connections

from portal.request_deadline import within_deadline
from tenants.scope import return_connection

KEPT = 4  # idle threads; the processor has work for no more at once, and each holds some memory for its connection


class Handler(ASGIHandler):
    def __init__(self) -> None:
        super().__init__()
        self._idle: list[ThreadPoolExecutor] = []

    def load_middleware(self, is_async: bool = True) -> None:
        """The chain runs as a whole in the request's thread: one change of threads instead of two for each part of it,
        which were seventeen, and 2 ms. An asynchronous view still runs in the loop."""
        super().load_middleware(is_async=False)
        self._middleware_chain = sync_to_async(self._middleware_chain, thread_sensitive=True)

    async def get_response_async(self, request):
        return await within_deadline(request, super().get_response_async(request))

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"This serves HTTP, not {scope['type']}.")
        try:
            thread = self._idle.pop()
        except IndexError:
            thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="request")
        try:
            async with ThreadSensitiveContext(executor=thread):
                await self.handle(scope, receive, send)
        finally:
            # A reader who left may have left a view running: only when it is over, the thread is free again.
            thread.submit(self._freed, thread)

    def _freed(self, thread: ThreadPoolExecutor) -> None:
        if len(self._idle) < KEPT:
            return_connection()
            self._idle.append(thread)
        else:
            connections.close_all()
            thread.shutdown(wait=False)
