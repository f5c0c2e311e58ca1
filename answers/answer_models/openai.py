"""Any endpoint that speaks the chat completions protocol, through the `openai` package's async client."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from answers.answer_models.base import Delta, PreviousTurn, SourcePassage, Usage
from answers.answer_models.errors import ModelError, ModelOverloaded, ModelRefused, ModelTimeout, ModelUnavailable
from answers.answer_models.prompt import Message
from answers.answer_models.prompt import messages as default_messages

if TYPE_CHECKING:
    from openai import AsyncOpenAI

MAX_TOKENS = 700  # four sentences or a list; a model that goes on has lost its way
OVERLOADED = frozenset({429, 503, 529})


class OpenAIModel:
    """`connect_timeout`: to be reached. `first_token_timeout`: to begin. `timeout`: between two pieces after that.

    The client and its connections belong to one event loop and are made on the first answer.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        model: str,
        *,
        connect_timeout: float = 5.0,
        first_token_timeout: float = 30.0,
        timeout: float = 30.0,
        temperature: float | None = 0.0,
        max_tokens: int = MAX_TOKENS,
        write: Callable[..., list[Message]] = default_messages,
    ) -> None:
        self.name = model
        self._base_url = base_url
        self._api_key = api_key
        self._connect_timeout = connect_timeout
        self._first_token_timeout = first_token_timeout
        self._timeout = timeout
        self._write = write
        self._options: dict[str, Any] = {"max_tokens": max_tokens, "stream_options": {"include_usage": True}}
        if temperature is not None:
            self._options["temperature"] = temperature
        self._client: AsyncOpenAI | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def answer(
        self,
        question: str,
        passages: Sequence[SourcePassage],
        *,
        history: Sequence[PreviousTurn] = (),
        language: str = "",
    ) -> AsyncIterator[Delta]:
        written = self._write(question, passages, history=history, language=language)
        finish = ""
        usage: Usage | None = None
        has_text = False
        async with _errors_translated():
            response, leave = await self._open(
                [{"role": message.role, "content": message.content} for message in written]
            )
            try:
                async for chunk in _paced(_chunks(response), self._first_token_timeout, self._timeout):
                    usage = _usage(chunk) or usage
                    choice = (chunk.get("choices") or [None])[0]
                    if choice is None:
                        continue
                    finish = choice.get("finish_reason") or finish
                    if text := _content(choice):
                        has_text = True
                        yield Delta(text)
            finally:
                with contextlib.suppress(Exception):
                    await leave()
        if finish == "content_filter":
            raise ModelRefused("The answer model's own filter stopped the answer.")
        if not finish:  # the connection ended without the protocol's last word
            raise ModelUnavailable("The answer was cut off.")
        if not has_text:
            raise ModelUnavailable("The answer model sent an empty answer.")
        yield Delta(usage=usage, finish="length" if finish == "length" else "stop")

    async def close(self) -> None:
        if self._client is not None and self._loop is asyncio.get_running_loop():
            await self._client.close()
        self._client = self._loop = None

    async def _open(self, written: list[dict[str, str]]) -> tuple[Any, Callable[[], Awaitable[None]]]:
        """The response and how to leave it.

        Endpoints differ in what options they take. One that is rejected by name is left out from then on.
        """
        for _ in range(len(self._options) + 1):
            options = dict(self._options)
            try:
                async with asyncio.timeout(self._connect_timeout + self._first_token_timeout):
                    entered = self._connected().chat.completions.with_streaming_response.create(
                        model=self.name, messages=written, stream=True, **options
                    )
                    response = await entered.__aenter__()
                    return response, partial(entered.__aexit__, None, None, None)
            except TimeoutError as error:
                raise ModelTimeout("The answer model did not start to answer.") from error
            except Exception as error:
                rejected = _rejected_option(error, options)
                if rejected is None:
                    raise
                self._options.pop(rejected, None)
                if rejected == "max_tokens":  # newer endpoints know it by another name
                    self._options["max_completion_tokens"] = options["max_tokens"]
        raise ModelRefused("The answer model accepts none of our requests.")

    def _connected(self) -> AsyncOpenAI:
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            import httpx
            from openai import AsyncOpenAI

            wait = httpx.Timeout(self._timeout, connect=self._connect_timeout, read=None)  # reading is paced by _paced
            self._client = AsyncOpenAI(
                base_url=self._base_url, api_key=self._api_key or "none", timeout=wait, max_retries=0
            )
            self._loop = loop
        return self._client


async def _chunks(response: Any) -> AsyncIterator[dict[str, Any]]:
    """The protocol's chunks, as plain dicts: building the SDK's own objects costs ten times as much as all else that
    happens to a word."""
    lines = _lines(response)
    async for line in lines:
        if not line.startswith("data:"):
            continue
        data = line[5:].strip()
        if data == "[DONE]":
            break
        chunk = json.loads(data)
        if not isinstance(chunk, dict) or chunk.get("error"):
            raise ModelUnavailable("The endpoint sent an error in the middle of its answer.")
        yield chunk
    with contextlib.suppress(ModelUnavailable, TimeoutError):  # a response read to its end gives its connection back
        async with asyncio.timeout(0.1):
            async for _ in lines:
                pass


async def _lines(response: Any) -> AsyncIterator[str]:
    try:
        async for line in response.iter_lines():
            yield line
    except Exception as error:  # whatever the SDK's transport calls a connection that broke
        raise ModelUnavailable(str(error) or type(error).__name__) from error


async def _paced(chunks: AsyncIterator[dict[str, Any]], first: float, between: float) -> AsyncIterator[dict[str, Any]]:
    """The chunks, none of which may keep us waiting longer than its limit."""
    limit = first
    while True:
        try:
            async with asyncio.timeout(limit):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise ModelTimeout(f"The answer model sent nothing for {limit:g} seconds.") from error
        yield chunk
        if chunk.get("choices") and _content(chunk["choices"][0]):
            limit = between


def _content(choice: dict[str, Any]) -> str:
    return (choice.get("delta") or {}).get("content") or ""


def _usage(chunk: dict[str, Any]) -> Usage | None:
    usage = chunk.get("usage")
    return Usage(usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0) if usage else None


def _rejected_option(error: Exception, options: dict[str, Any]) -> str | None:
    if getattr(error, "status_code", 0) not in (400, 422):
        return None
    message = str(error)
    return next((name for name in options if name in message), None)


@contextlib.asynccontextmanager
async def _errors_translated() -> AsyncIterator[None]:
    try:
        yield
    except ModelError:
        raise
    except Exception as error:
        raise _translated(error) from error


def _translated(error: Exception) -> Exception:
    import httpx
    import openai

    if isinstance(error, openai.APITimeoutError | httpx.TimeoutException):
        return ModelTimeout(str(error))
    if isinstance(error, openai.APIStatusError):
        status = error.status_code
        if status in OVERLOADED:
            return ModelOverloaded(str(error), status=status, retry_after=_seconds(error.response.headers))
        if status >= 500 or status in (408, 409):
            return ModelUnavailable(str(error), status=status)
        return ModelRefused(str(error), status=status)
    if isinstance(error, openai.APIError | httpx.HTTPError | OSError | ValueError):  # ValueError: not JSON
        return ModelUnavailable(str(error) or type(error).__name__)
    return error


def _seconds(headers: Any) -> float | None:
    try:
        return max(0.0, float(headers.get("retry-after", "")))
    except ValueError:
        return None
