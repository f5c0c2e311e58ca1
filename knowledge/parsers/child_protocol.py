"""What passes between the portal and its child process: frames of JSON, each behind its length in four bytes."""

from __future__ import annotations

import json
import os
import socket
import struct
from dataclasses import asdict
from typing import IO, Any

from knowledge.parsers.base import Block, PageSpan, ParsedDocument, ParseFailed, ParseWarning

LENGTH = struct.Struct(">I")
MAX_MESSAGE_BYTES = 256 * 1024 * 1024

Frame = dict[str, Any]


def write_frame(stream: IO[bytes], frame: Frame) -> None:
    data = json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode("utf-8", errors="replace")
    stream.write(LENGTH.pack(len(data)) + data)
    stream.flush()


def send_frame(stream: socket.socket, frame: Frame, descriptor: int | None = None) -> None:
    """With an open file beside it, for the other side to read. Raises `OSError` when nobody is there."""
    data = json.dumps(frame).encode()
    data = LENGTH.pack(len(data)) + data
    sent = socket.send_fds(stream, [data], [descriptor]) if descriptor is not None else 0
    stream.sendall(data[sent:])


def receive_frame(stream: socket.socket) -> tuple[Frame | None, int | None]:
    """The frame and the descriptor that came with it. No frame: the stream has ended."""
    head, descriptors, _, _ = socket.recv_fds(stream, LENGTH.size, 1)
    for extra in descriptors[1:]:
        os.close(extra)
    head += _exactly(stream, LENGTH.size - len(head)) if head else b""
    if len(head) < LENGTH.size:
        return None, None
    (size,) = LENGTH.unpack(head)
    if size > MAX_MESSAGE_BYTES:
        raise ValueError("frame too long")
    data = _exactly(stream, size)
    if len(data) < size:
        return None, None
    frame = json.loads(data)
    if not isinstance(frame, dict):
        raise ValueError("frame is no object")
    return frame, descriptors[0] if descriptors else None


def _exactly(stream: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := stream.recv(size - len(data))):
        data += more
    return data


def document_to_wire(document: ParsedDocument) -> Frame:
    frame = {name: getattr(document, name) for name in ("text", "media_type", "title", "author", "created", "language")}
    frame["pages"] = [[page.number, page.start, page.end, page.label] for page in document.pages]
    frame["blocks"] = [[block.kind, block.start, block.end, block.level, block.cells] for block in document.blocks]
    frame["warnings"] = [[warning.code, warning.message] for warning in document.warnings]
    return frame


def document_from_wire(frame: Frame) -> ParsedDocument:
    return ParsedDocument(
        text=frame["text"],
        media_type=frame["media_type"],
        pages=tuple(PageSpan(*page) for page in frame["pages"]),
        blocks=tuple(
            Block(kind, start, end, level, tuple((a, b) for a, b in cells))
            for kind, start, end, level, cells in frame["blocks"]
        ),
        title=frame["title"],
        author=frame["author"],
        created=frame["created"],
        language=frame["language"],
        warnings=tuple(ParseWarning(code, message) for code, message in frame["warnings"]),
    )


def failure_to_wire(failure: ParseFailed) -> Frame:
    return {"code": failure.code, "message": failure.message, "hint": failure.hint, "permanent": failure.permanent}


def failure_from_wire(frame: Frame) -> ParseFailed:
    return ParseFailed(frame["code"], frame["message"], frame["hint"], permanent=frame["permanent"])


def limits_to_wire(limits: Any) -> str:
    return json.dumps(asdict(limits))
