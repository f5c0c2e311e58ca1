"""A small server that speaks the OpenAI protocol: chat completions, streamed or not, and embeddings.

    python -m tests.servers.openai_server --port 8123

What it does follows from the model's name, so a test needs nothing but a name:

    echo            says the sentences of the passages that share most words with the question, each with its label
    echo-slow       the same, after 0.5 s (echo-wait-2.5 waits 2.5 s)
    echo-words-20   the same, 20 ms between words
    fixed:<text>    says the text (fixed-words-20:<text> with 20 ms between words)
    none            finds nothing: [NONE]
    broken          stops in the middle without the protocol's end
    garbage         sends something that is not the protocol
    hang            accepts the request and says nothing more
    hang-midway     says a few words and then nothing more
    empty           ends without a word
    filtered        ends with finish_reason content_filter
    status-429      answers with that status (429 and 503 carry Retry-After: 7)
    no-options      rejects stream_options, as older endpoints do
    no-max-tokens   rejects max_tokens, as newer endpoints do

Any other name behaves like echo. The API key "wrong" gets a 401, an unknown path a 404.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import re
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

DIMENSIONS = 64
_PASSAGE = re.compile(r"^\[(P\d+)\] \([^\n]*\)\n(.*?)(?=\n\n\[P\d+\] \(|\n</passages-)", re.DOTALL | re.MULTILINE)
_WORD = re.compile(r"\w+")


class OpenAIServer:
    """An ASGI application. `requests` keeps the bodies it was sent; `left` counts the readers who went early."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.left = 0

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        body = await _body(receive)
        if headers.get("authorization") == "Bearer wrong":
            return await _error(send, 401, "Incorrect API key provided.")
        with contextlib.suppress(ValueError):
            request = json.loads(body)
            self.requests.append(request)
            if scope["path"].endswith("/chat/completions"):
                return await self._chat(request, receive, send)
            if scope["path"].endswith("/embeddings"):
                return await _json(send, 200, _embeddings(request))
        return await _error(send, 404, "There is nothing here.")

    async def _chat(self, request: dict[str, Any], receive: Any, send: Any) -> None:
        model = request.get("model", "")
        if match := re.match(r"status-(\d{3})", model):
            return await _error(send, int(match[1]), "Asked for by the model's name.")
        if model == "no-options" and "stream_options" in request:
            return await _error(send, 400, "Unrecognized request argument supplied: stream_options")
        if model == "no-max-tokens" and "max_tokens" in request:
            return await _error(send, 400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
        if model == "hang":
            return await _until_gone(receive)
        if model.startswith("echo-slow"):
            await asyncio.sleep(0.5)
        if match := re.match(r"echo-wait-([\d.]+)", model):
            await asyncio.sleep(float(match[1]))
        text = _text(model, request["messages"])
        if not request.get("stream"):
            return await _json(send, 200, _whole(model, request, text))
        await _start(send, 200, "text/event-stream")
        gone = asyncio.ensure_future(_until_gone(receive))
        try:
            async for event in _events(model, request, text):
                if gone.done():
                    self.left += 1
                    return None
                await send({"type": "http.response.body", "body": event, "more_body": True})
            if model == "hang-midway":
                return await gone
            if model == "broken":
                raise ConnectionResetError  # uvicorn closes the connection in the middle of the body
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            gone.cancel()
        return None


def _text(model: str, messages: list[dict[str, str]]) -> str:
    if match := re.match(r"fixed(?:-words-\d+)?:", model):
        return model[match.end() :]
    if model == "none":
        return "[NONE]"
    if model == "empty":
        return ""
    return echo(messages[-1]["content"])


def echo(content: str, most: int = 3) -> str:
    """The sentences of the fenced passages that share most words with the question, each with its label."""
    question = content.rsplit("Question:", 1)[-1]
    asked = {word for word in _WORD.findall(question.lower()) if len(word) > 3} or set(_WORD.findall(question.lower()))
    found: list[tuple[int, int, str]] = []
    for label, text in _PASSAGE.findall(content):
        for sentence in re.split(r"(?<=[.!?。])\s+|\n+", text):
            shared = len(asked & set(_WORD.findall(sentence.lower())))
            if shared and sentence.strip():
                found.append((-shared, len(found), f"{sentence.strip()} [{label}]"))
    return " ".join(said for _, _, said in sorted(found)[:most]) or "[NONE]"


async def _events(model: str, request: dict[str, Any], text: str) -> AsyncIterator[bytes]:
    if model == "garbage":
        yield b"data: <html>Bad gateway</html>\n\n"
        return
    pieces = re.findall(r"\s*\S+", text)
    pause = int(match[1]) / 1000 if (match := re.match(r"(?:echo|fixed)-words-(\d+)", model)) else 0.0
    stop_after = 5 if model in ("broken", "hang-midway") else len(pieces)
    yield _chunk(model, {"role": "assistant", "content": ""})
    for piece in pieces[:stop_after]:
        if pause:
            await asyncio.sleep(pause)
        yield _chunk(model, {"content": piece})
    if stop_after < len(pieces) or model in ("broken", "hang-midway"):
        return
    yield _chunk(model, {}, finish="content_filter" if model == "filtered" else "stop")
    if (request.get("stream_options") or {}).get("include_usage"):
        yield _chunk(model, None, usage=_usage(request, text))
    yield b"data: [DONE]\n\n"


def _chunk(
    model: str, delta: dict[str, str] | None, *, finish: str | None = None, usage: dict[str, int] | None = None
) -> bytes:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    body = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": model, "choices": choices}
    return b"data: " + json.dumps(body | ({"usage": usage} if usage else {})).encode() + b"\n\n"


def _whole(model: str, request: dict[str, Any], text: str) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return {"id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": model, "choices": [choice],
            "usage": _usage(request, text)}  # fmt: skip


def _usage(request: dict[str, Any], text: str) -> dict[str, int]:
    sent = sum(len(message["content"].split()) for message in request["messages"])
    said = len(text.split())
    return {"prompt_tokens": sent, "completion_tokens": said, "total_tokens": sent + said}


def _embeddings(request: dict[str, Any]) -> dict[str, Any]:
    """Words hashed into a vector: texts that share words are near each other."""
    texts = [request["input"]] if isinstance(request["input"], str) else request["input"]
    size = int(request.get("dimensions") or DIMENSIONS)
    data = [{"object": "embedding", "index": i, "embedding": _vector(text, size)} for i, text in enumerate(texts)]
    tokens = sum(len(text.split()) for text in texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "model": request.get("model", ""), "data": data, "usage": usage}


def _vector(text: str, size: int) -> list[float]:
    vector = [0.0] * size
    for word in _WORD.findall(text.lower()):
        vector[int.from_bytes(hashlib.blake2b(word.encode(), digest_size=4).digest(), "big") % size] += 1.0
    length = sum(value * value for value in vector) ** 0.5 or 1.0
    return [value / length for value in vector]


async def _body(receive: Any) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return body


async def _until_gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _error(send: Any, status: int, message: str) -> None:
    more = [(b"retry-after", b"7")] if status in (429, 503) else []
    await _json(send, status, {"error": {"message": message, "type": "error", "code": str(status)}}, more)


async def _json(send: Any, status: int, body: dict[str, Any], headers: list[tuple[bytes, bytes]] | None = None) -> None:
    await _start(send, status, "application/json", headers)
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


async def _start(send: Any, status: int, kind: str, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    sent = [(b"content-type", kind.encode()), *(headers or [])]
    await send({"type": "http.response.start", "status": status, "headers": sent})


@contextlib.contextmanager
def running(port: int = 0) -> Iterator[tuple[str, OpenAIServer]]:
    """Serves on a thread: its base URL, and the application for what it was sent."""
    import uvicorn

    app = OpenAIServer()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
        config = uvicorn.Config(app, log_level="critical", lifespan="off", timeout_graceful_shutdown=1, ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 10
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1", app
        finally:
            server.should_exit = True
            thread.join(5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    with running(parser.parse_args().port) as (url, _):
        print(url, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
