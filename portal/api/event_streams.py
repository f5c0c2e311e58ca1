"""Adds the events of an answer to the API's description: what a `text/event-stream` response consists of.

OpenAPI 3.0 has no words for streams, so the schema is that of one event, as OpenAPI 3.2 does it with `itemSchema`.
"""

from __future__ import annotations

import types
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

from answers.events import Event

SIMPLE = {str: "string", int: "integer", float: "number", bool: "boolean"}


def describe_events(result: dict, generator, request, public) -> dict:
    """A postprocessing hook of drf-spectacular."""
    schemas = result["components"]["schemas"]
    kinds = {}
    for event in get_args(Event):
        name = f"Event{event.__name__}"
        schemas[name] = _object(event)
        kinds[event.kind] = {"$ref": f"#/components/schemas/{name}"}
    schemas["AnswerEventStream"] = {
        "type": "object",
        "description": "One server-sent event of the stream. Reconnect with `Last-Event-ID` to go on after an `id`. An "
        "event named `retry` means: connect again.",
        "properties": {
            "id": {"type": "string", "description": "A number, counted from 1."},
            "event": {"type": "string", "enum": [*kinds, "retry"]},
            "data": {
                "type": "string",
                "description": "A JSON object on one line: the schema under the event's name in `x-events`.",
                "x-events": kinds,
            },
            "retry": {"type": "integer", "description": "Milliseconds to wait before a reconnection."},
        },
    }
    for path in result["paths"].values():
        for operation in path.values():
            for response in operation["responses"].values():
                if "text/event-stream" in response.get("content", {}):
                    reference = {"$ref": "#/components/schemas/AnswerEventStream"}
                    response["content"]["text/event-stream"] = {"schema": reference}
    return result


def _object(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    described: dict[str, Any] = {
        "type": "object",
        "properties": {each.name: _described(hints[each.name]) for each in fields(kind)},
        "required": [each.name for each in fields(kind) if each.default is MISSING],
    }
    text = (kind.__doc__ or "").strip()
    return described if text.startswith(f"{kind.__name__}(") else described | {"description": text}


def _described(hint: Any) -> dict[str, Any]:
    if hint in SIMPLE:
        return {"type": SIMPLE[hint]}
    if is_dataclass(hint):
        return _object(hint)
    if get_origin(hint) is tuple:
        return {"type": "array", "items": _described(get_args(hint)[0])}
    if get_origin(hint) in (types.UnionType,):
        return {"anyOf": [_described(each) for each in get_args(hint)]}
    return {}
