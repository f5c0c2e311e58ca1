"""NUL, half a surrogate pair, 100 kB and wrong types in every parameter that a page reads or the API describes: no 5xx.

The parameters of pages are noted while the page reads them, so that none is left out; those of the API come from its
description.
"""

from __future__ import annotations

import json
from contextlib import contextmanager

import pytest
from django.http import QueryDict
from drf_spectacular.generators import SchemaGenerator

from tests.every_address import OTHER_DOCUMENT
from tests.security.test_matrix_of_requests import ADDRESSES, ON_THREADS, Actor, answer_to, filled, unblocked, world
from tests.security.test_reading_leaves_a_trace import POSTED

__all__ = ["unblocked", "world"]
LONG = "9" * 100_000
TEXTS = (b"a\0b\xed\xa0\x80'\"%[{", LONG)
VALUES = ("a\0b", "\ud800", LONG, None, True, -1e308, {}, [None], [{"a\0": [LONG]}])
READS = ("get", "getlist", "__getitem__", "__contains__")


@contextmanager
def noting(monkeypatch):
    names: set[str] = set()

    def wrapped(original):
        def read(self, key, *rest, **options):
            if isinstance(key, str):
                names.add(key)
            return original(self, key, *rest, **options)

        return read

    with monkeypatch.context() as patch:
        for each in READS:
            patch.setattr(QueryDict, each, wrapped(getattr(QueryDict, each)))
        yield names


def _actor(world, address) -> Actor:
    name = "the owner"
    if address.name.startswith("audit:") or "audit" in address.name:
        name = "the compliance officer"
    elif address.name.startswith(("knowledge:", "answers:")) and "index" not in address.name:
        name = "an employee with rights"
    return world.actors[name]


def _path(world, address) -> str:
    known = dict(world.acme.values)
    if address.name in OTHER_DOCUMENT:
        known["document_id"] = getattr(world.acme.objects, OTHER_DOCUMENT[address.name]).pk
    return address.path("acme", known)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("method", ["GET"])
def test_no_text_in_a_parameter_of_a_page_breaks_it(unblocked, monkeypatch, method):
    broken, asked = [], 0
    clients = {}
    for address in ADDRESSES:
        if address.is_api or address.name in ON_THREADS | {"sign-out", "readyz"}:  # readyz reports with 503
            continue
        actor = _actor(unblocked, address)
        client = clients.setdefault(actor.name, actor.client())
        path, form = _path(unblocked, address), filled(unblocked.acme.values) if method == "POST" else {}
        with noting(monkeypatch) as names:
            answer_to(client, method, path, form)
        for name in sorted(names - {"csrfmiddlewaretoken"}):
            for text in TEXTS:
                asked += 1
                status = answer_to(client, method, path, form | {name: text}).status_code
                if status >= 500:
                    broken.append(f"{method} {address.route} {name}={text[:8]!r} → {status}")
    assert asked > 50
    assert not broken, "\n".join(broken)


@pytest.mark.django_db  # so that the database is made, also on PostgreSQL
def test_no_text_in_an_address_breaks_it(unblocked):
    broken = []
    for address in ADDRESSES:
        client = _actor(unblocked, address).client()
        for name, kind in address.kinds.items():
            if kind != "str":
                continue
            for text in ("a%00b", "%ed%a0%80", "%ff", "9" * 5000):
                path = address.path("acme", unblocked.acme.values | {name: text})
                for method in ("GET", "POST"):
                    status = answer_to(client, method, path, {}).status_code
                    if status >= 500:
                        broken.append(f"{method} {address.route} {text[:8]} → {status}")
    assert not broken, "\n".join(broken)


def _properties(description: dict, schema: dict) -> dict:
    while "$ref" in schema:
        schema = description["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema.get("properties", {})


def test_no_value_in_a_parameter_of_the_api_breaks_it(unblocked):
    description = SchemaGenerator().get_schema(request=None, public=True)
    by_path = {address.route: address for address in ADDRESSES}
    broken, asked = [], 0
    clients = {}
    for route, operations in description["paths"].items():
        address = next((each for each in by_path.values() if _as_described(each) == route), None)
        if address is None:
            continue
        actor = _actor(unblocked, address)
        client, path = clients.setdefault(actor.name, actor.client()), _path(unblocked, address)
        for method, operation in operations.items():
            names = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"]
            for name in names:
                for text in TEXTS:
                    asked += 1
                    status = answer_to(client, "GET" if method == "get" else "POST", path, {name: text}).status_code
                    if status >= 500:
                        broken.append(f"{method} {route}?{name}={text[:8]!r} → {status}")
            body = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if body is None or address.name in ON_THREADS:
                continue
            for name in _properties(description, body["schema"]):
                for value in VALUES:
                    asked += 1
                    given = json.dumps(POSTED.get(address.name, {}) | {name: value})
                    status = answer_to(client, method.upper(), path, given, content_type="application/json").status_code
                    if status >= 500:
                        broken.append(f"{method} {route} {name}={value!r:.20} → {status}")
    assert asked > 100
    assert not broken, "\n".join(broken)


def _as_described(address) -> str:
    route = "/" + address.route
    for name, kind in address.kinds.items():
        route = route.replace(f"<{kind}:{name}>", f"{{{name}}}")
    return route
