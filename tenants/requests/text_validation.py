"""Text that no database stores: NUL, which PostgreSQL refuses in text, and lone surrogates, which UTF-8 cannot encode.

Text of requests is checked here alone: query strings, forms and path parameters in portal/http/text_validation.py, JSON
and forms of the API in their parsers. Pages drop such characters, which nobody types; the API refuses them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.http import QueryDict
from rest_framework.parsers import FormParser, MultiPartParser

from tenants.errors import Invalid

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def is_storable(text: str) -> bool:
    return _UNSTORABLE.search(text) is None


def storable(text: str) -> str:
    """The text without the characters that cannot be stored."""
    return _UNSTORABLE.sub("", text)


def require_storable(value: Any) -> None:
    """Raises `Invalid` (400) if a text or key anywhere in `value`, which consists of dicts and lists, cannot be stored."""
    if not all(is_storable(text) for text in _texts(value)):
        raise Invalid(
            "The request contains a character that cannot be stored: NUL or half of a surrogate pair.",
            hint="Remove it and send the request again.",
        )


def _texts(value: Any) -> Iterator[str]:
    """Without recursion: the value may be nested as deeply as its reader allows."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, QueryDict):
            waiting.extend(each.keys())
            waiting.extend(each.lists())
        elif isinstance(each, dict):
            waiting.extend(each.keys())
            waiting.extend(each.values())
        elif isinstance(each, (list, tuple)):
            waiting.extend(each)


class MultipartBody(MultiPartParser):
    def parse(self, stream, media_type=None, parser_context=None):
        parsed = super().parse(stream, media_type, parser_context)
        require_storable(parsed.data)
        return parsed


class FormBody(FormParser):
    def parse(self, stream, media_type=None, parser_context=None):
        data = super().parse(stream, media_type, parser_context)
        require_storable(data)
        return data
