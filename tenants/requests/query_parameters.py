"""Refuses query parameters that an operation of the API does not describe.

A misspelt filter would otherwise not filter: `?actor=` instead of `?person=` exported the whole audit trail. An operation
takes what its `@extend_schema(parameters=…)` describes, and a list also what its pagination takes, so that the description
and the check cannot differ.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from functools import cache

from django.http import QueryDict
from drf_spectacular.utils import OpenApiParameter
from rest_framework.views import APIView

from tenants.errors import Invalid

FLAGS = {"true": True, "1": True, "false": False, "0": False}
LONGEST_NAME = 40  # characters of an unknown name that the message repeats and compares


def require_known(names: Iterable[str], allowed: Collection[str]) -> None:
    """Raises `Invalid` (400, `unknown_parameter`) for the first name that is not known."""
    unknown = next((name for name in names if name not in allowed), None)
    if unknown is None:
        return
    shown = unknown[:LONGEST_NAME]
    near = get_close_matches(shown, allowed, n=1)
    if near:
        hint = f"Did you mean “{near[0]}”?"
    else:
        hint = f"Known parameters: {', '.join(sorted(allowed))}." if allowed else "This address has no parameters."
    raise Invalid(f"There is no parameter “{shown}” here.", hint=hint, code="unknown_parameter")


def flag(parameters: QueryDict, name: str) -> bool:
    """A boolean parameter: `true` or `1`, `false` or `0`, false if it is missing. Raises `Invalid` for anything else."""
    value = parameters.get(name, "false").lower()
    if value not in FLAGS:
        raise Invalid(f"“{name}” must be true or false.", hint="Write true or false.")
    return FLAGS[value]


def known_parameters(view: APIView, method: str) -> frozenset[str]:
    """The names of the query parameters that this operation describes."""
    return _described_parameters(type(view), "get" if method == "HEAD" else method.lower())


@cache
def _described_parameters(view_class: type[APIView], handler_name: str) -> frozenset[str]:
    names = set()
    handler = getattr(view_class, handler_name, None)
    schema_class = getattr(handler, "kwargs", {}).get("schema")  # where `extend_schema` puts it
    if schema_class is not None:
        schema = schema_class()
        schema.view = view_class(request=None, kwargs={})
        schema.method = handler_name.upper()
        names = {
            each.name
            for each in schema.get_override_parameters()
            if isinstance(each, OpenApiParameter) and each.location == OpenApiParameter.QUERY
        }
    pagination = getattr(view_class, "pagination_class", None)
    if pagination is not None and handler_name == "get":
        names |= {pagination.cursor_query_param, pagination.page_size_query_param}
    return frozenset(names)
