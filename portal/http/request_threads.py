"""How requests are served: on threads that serve one after another and keep their database connection, and only as long
as the credential holds that they came with.

Django makes a thread for each request and ends it with it, and with the thread its connection. Opening one, and reading
the schema anew, costs more than most pages' queries.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.db import connections
from django.http import HttpRequest, HttpResponseBase

from portal.errors import handlers
from portal.http.connections import ABORT
from portal.http.deadline import within_deadline
from portal.http.text_validation import Request
from tenants.isolation.scope import return_connection
from tenants.requests import open_responses
from tenants.requests.credentials import Credential, Ended

log = logging.getLogger("portal.open_responses")

# Idle threads; the processor has work for no more at once, and each holds some memory for its connection
MAX_IDLE_THREADS = 4


class StreamWithoutCredential(RuntimeError):
    """A view that no gate stands before returned a stream: nothing would end it."""


class Handler(ASGIHandler):
    request_class = Request

    def __init__(self) -> None:
        super().__init__()
        self._idle: list[ThreadPoolExecutor] = []

    def load_middleware(self, is_async: bool = True) -> None:
        """The chain runs as a whole in the request's thread: one change of threads instead of two for each part of it,
        which were seventeen, and 2 ms. An asynchronous view still runs in the loop."""
        super().load_middleware(is_async=False)
        chain = self._middleware_chain

        def answer(request: HttpRequest) -> HttpResponseBase:
            try:
                return chain(request)
            finally:
                return_connection()  # before it is sent: a slow reader holds none

        self._middleware_chain = sync_to_async(answer, thread_sensitive=True)

    async def run_get_response(self, request: HttpRequest) -> HttpResponseBase:
        response = await super().run_get_response(request)
        credential: Credential | None = getattr(request, "credential", None)
        if refusal := await _refusal(request, response, credential):
            await sync_to_async(response.close)()
            response = refusal
        response.credential, response.abort = credential, request.scope.get(ABORT)
        return response

    async def send_response(self, response: HttpResponseBase, send: Callable) -> None:
        """Every response to somebody who was admitted is held to their credential while it is sent."""
        credential = getattr(response, "credential", None)  # a request that could not be read has none
        if credential is None:
            if response.streaming:
                raise StreamWithoutCredential(
                    "Put the view behind a gate (tenants/requests/gates.py, tenants/requests/api_gates.py)."
                )
            return await super().send_response(response, send)
        sending = asyncio.current_task()

        def end(reason: Ended) -> None:
            log.info(
                "A response of %s to member %s was ended: %s", credential.member.tenant_id, credential.member.pk, reason
            )
            if response.abort is not None:
                response.abort()
            sending.cancel()  # as when the reader has left: generators are closed, and no last chunk says "complete"

        with open_responses.holding(credential, end):
            await super().send_response(response, send)

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
        if len(self._idle) < MAX_IDLE_THREADS:
            return_connection()
            self._idle.append(thread)
        else:
            connections.close_all()
            thread.shutdown(wait=False)


async def _refusal(
    request: HttpRequest, response: HttpResponseBase, credential: Credential | None
) -> HttpResponseBase | None:
    """Of what took long to make, such as an answer that is returned as a whole. A response without content, a redirect
    above all, may be the answer to signing out, and tells nothing."""
    took_long = credential is not None and time.monotonic() - credential.since > open_responses.RECHECK_AFTER_SECONDS
    if not took_long or response.status_code not in (200, 201):
        return None
    try:
        reason = await open_responses.ended(credential)
    except Exception as error:
        log.warning("Whether a response may be sent could not be asked: %s", type(error).__name__)
        return handlers.rights_unknown(request)
    return handlers.credential_ended(request) if reason else None
