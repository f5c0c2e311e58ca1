"""Adds to the API's description what every operation may answer besides its result: problems as RFC 9457 defines them.

https://www.rfc-editor.org/rfc/rfc9457
"""

from __future__ import annotations

PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `detail`: what happened. `hint`: what to do next.",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "For programs. It stays the same when the wording changes."},
        "hint": {"type": "string"},
        "errors": {"description": "What is wrong with which field.", "type": "object", "additionalProperties": True},
        "request_id": {"type": "string"},
    },
    "required": ["type", "title", "status", "detail", "code"],
    "additionalProperties": True,
}
ALWAYS = {
    "400": "The request could not be read, or a value is not valid.",
    "401": "No API key or session, or it is not valid here.",
    "403": "The key lacks the scope, or the role does not permit this.",
    "404": "It does not exist, or you may not see it.",
    "406": "The result cannot be sent in the format that `Accept` asks for.",
    "429": "Too many requests. `Retry-After` says when to try again.",
    "503": "A part of the portal is unavailable. Nothing is lost; try again.",
}
OF_WRITES = {
    "409": "The current state does not permit this.",
    "413": "The body is too large.",
    "415": "The body is not in a format that this operation reads.",
    "507": "The disk is full.",
}


def describe_problems(result: dict, generator, request, public) -> dict:
    """A postprocessing hook of drf-spectacular."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path in result["paths"].values():
        for method, operation in path.items():
            problems = ALWAYS if method == "get" else ALWAYS | OF_WRITES
            for status, description in problems.items():
                operation["responses"].setdefault(status, {"description": description, "content": content})
    return result
