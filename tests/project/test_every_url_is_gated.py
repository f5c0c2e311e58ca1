"""Every address under /t/<slug>/ stands behind a gate, and meets the stranger and another tenant's admin."""

import uuid

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tenants.http import MemberAPIView

SAMPLES = {
    "uuid": lambda: str(uuid.uuid4()),
    "int": lambda: "7",
    "str": lambda: "x",
    "slug": lambda: "x",
    "path": lambda: "x",
}


def _walk(patterns, prefix="", converters=()):
    for entry in patterns:
        route = prefix + str(entry.pattern)
        found = {**dict(converters), **getattr(entry.pattern, "converters", {})}
        if isinstance(entry, URLResolver):
            yield from _walk(entry.url_patterns, route, found.items())
        elif isinstance(entry, URLPattern):
            yield route, found, entry.callback


EVERY = list(_walk(get_resolver().url_patterns))
OF_A_TENANT = [(route, converters, view) for route, converters, view in EVERY if route.startswith("t/<slug:slug>/")]
PUBLIC = {route for route, _, _ in EVERY if not route.startswith("t/<slug:slug>/")}


def _path(route: str, converters: dict, slug: str) -> str:
    for name, converter in converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
        value = slug if name == "slug" else SAMPLES[kind]()
        route = route.replace(f"<{kind}:{name}>", value)
    assert "<" not in route, route
    return "/" + route


def test_there_are_pages_and_an_api_to_walk():
    assert len(OF_A_TENANT) > 40


@pytest.mark.parametrize(("route", "converters", "view"), OF_A_TENANT, ids=[route for route, _, _ in OF_A_TENANT])
def test_it_stands_behind_a_gate(route, converters, view):
    cls = getattr(view, "cls", None) or getattr(view, "view_class", None)
    assert hasattr(view, "gate") or (cls and issubclass(cls, MemberAPIView)), f"{route} has no gate"


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_a_stranger_gets_nowhere(client, acme, method):
    for route, converters, _ in OF_A_TENANT:
        response = getattr(client, method)(_path(route, converters, "acme"))
        if "/api/" in route:
            assert response.status_code == 401, (route, response.status_code)
        else:
            assert response.status_code in (302, 405), (route, response.status_code)
            if response.status_code == 302:
                assert response["Location"].startswith("/sign-in/"), (route, response["Location"])


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_another_tenants_admin_finds_nothing(sign_in, acme, mallory, method):
    client = sign_in(mallory)
    for route, converters, _ in OF_A_TENANT:
        response = getattr(client, method)(_path(route, converters, "acme"))
        assert response.status_code in (404, 405), (route, response.status_code)


def test_another_tenants_key_opens_nothing(client, acme, mallory, bearer):
    header = bearer(mallory)
    for route, converters, _ in OF_A_TENANT:
        response = client.get(_path(route, converters, "acme"), headers=header)
        assert response.status_code in (401, 302, 405), (route, response.status_code)


def test_a_tenant_that_does_not_exist_looks_like_one_that_is_not_yours(sign_in, acme, mallory):
    client = sign_in(mallory)
    for route, converters, _ in OF_A_TENANT:
        theirs = client.get(_path(route, converters, "acme"))
        nobodys = client.get(_path(route, converters, "no-such-company"))
        assert theirs.status_code == nobodys.status_code, route
