"""Every address × actors × methods: no error of the server, nothing of a document that is hidden or of another company, and no
change to another company. The addresses come from the URL configuration, with real objects in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, transaction
from django.template.base import Template
from django.test import Client
from django.test.utils import _TestState

from tests.every_address import OTHER_DOCUMENT, every_address, make_objects, make_people_objects, values
from tests.security.test_reading_leaves_a_trace import ASKED, POSTED, read_body

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ADDRESSES = every_address()
OWN, HIDDEN, FOREIGN = "Acmemark", "Hiddenmark", "Globexmark"
TRAIL = (FOREIGN, f"{HIDDEN} bonus")  # the trail names hidden documents to those who read it, and shows no content
# Answers are written on other threads, which would wait for a transaction around the request.
ON_THREADS = {"answers:question", "answers:events", "answers:stop", "api:ask", "api:answer-events", "api:answer-stop"}


@dataclass
class Actor:
    name: str
    slug: str  # the company whose addresses are requested
    objects: dict  # whose objects stand in them
    forbidden: tuple[str, ...]  # words that no response may hold
    member: object = None
    key: str = ""
    every_method: bool = False  # else those that the address offers
    untouched: tuple = ()  # companies that nothing may change in

    def client(self) -> Client:
        client = Client(
            headers={"Authorization": f"Bearer {self.key}"} if self.key else None, raise_request_exception=False
        )
        if self.member is not None and not self.key:
            client.force_login(self.member.user, backend="tenants.signin.backend.EmailBackend")
        return client


def _person(tenant, name: str, role: str, mark: str = ""):
    from tenants.members.members import add_member

    return add_member(tenant, email=f"{name}@{tenant.slug}.example", role=role, name=f"{name.title()} {mark}".strip())


def _company(slug: str, mark: str) -> SimpleNamespace:
    from knowledge.library.collections import create_collection
    from tenants.members.members import create_tenant

    tenant = create_tenant(slug, name=f"{slug.title()} Ltd")
    roles = {
        "olga": "owner",
        "adam": "admin",
        "erin": "editor",
        "cora": "compliance",
        "alice": "member",
        "bob": "member",
    }
    people = {name: _person(tenant, name, role, mark) for name, role in roles.items()}
    shelf = create_collection(people["erin"], f"{mark} shelf")
    objects = make_objects(people["erin"], people["alice"], shelf, word=mark.lower(), title=mark)
    objects.people = make_people_objects(people["olga"], people["alice"], shelf, title=mark)
    return SimpleNamespace(tenant=tenant, objects=objects, values=values(objects, objects.people), **people)


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """Two companies, committed once for the module."""
    from django.core.files.base import ContentFile

    from knowledge.library import uploads
    from knowledge.library.collections import create_collection
    from knowledge.permissions import conditions
    from tenants.api_keys import api_keys
    from tenants.members.members import add_member, end_membership

    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "_render", _TestState.saved_data.template_render)  # without a copy of each context
        cache.clear()
        conditions.forget_permissions()  # a database that was emptied has them under other ids
        acme, globex = _company("acme", OWN), _company("globex", FOREIGN)
        secret = create_collection(acme.erin, f"{HIDDEN} shelf")
        text = f"# Secret\n\nThe {HIDDEN.lower()} bonus is 900 euros.\n".encode()
        uploads.upload(acme.erin, secret, ContentFile(text), filename="secret.md", title=f"{HIDDEN} plan")
        from tests.every_address import read_all

        read_all()
        gone = _person(acme.tenant, "gone", "editor")
        gone_key = api_keys.create_api_key(gone, name="gone", scopes=["read", "ask", "write"])[1]
        end_membership(gone, by=acme.olga)
        dora = _person(acme.tenant, "dora", "member")
        add_member(globex.tenant, email=dora.user.email, role="admin", name="Dora")
        revoked, revoked_secret = api_keys.create_api_key(acme.erin, name="revoked", scopes=["read", "ask", "write"])
        api_keys.revoke_api_key(revoked, by=acme.erin)

        def key(member, *scopes):
            return api_keys.create_api_key(member, name="matrix", scopes=scopes)[1]

        acme_words = (OWN, HIDDEN)
        both = (acme.tenant.pk, globex.tenant.pk)
        outside = {"forbidden": acme_words, "untouched": both[:1], "slug": "acme", "objects": acme.values}
        inside = {"forbidden": (FOREIGN, HIDDEN), "untouched": both[1:], "slug": "acme", "objects": acme.values}
        foreign_ids = {"forbidden": acme_words, "untouched": both[:1], "slug": "globex", "objects": acme.values}
        actors = [
            Actor(
                "a stranger", every_method=True, **outside | {"forbidden": (OWN, HIDDEN, FOREIGN), "untouched": both}
            ),
            Actor("a deactivated editor", member=gone, **outside),
            Actor("a deactivated editor's key", key=gone_key, **outside),
            Actor("a revoked key", key=revoked_secret, **outside),
            Actor("an employee without rights", member=acme.bob, **inside),
            Actor("an employee with rights", member=acme.alice, every_method=True, **inside),
            Actor("the editor", member=acme.erin, **inside | {"forbidden": (FOREIGN,)}),
            Actor("the admin", member=acme.adam, **inside),
            Actor("the compliance officer", member=acme.cora, **inside | {"forbidden": TRAIL}),
            Actor("the owner", member=acme.olga, **inside | {"forbidden": TRAIL}),
            Actor("a person of two companies", member=dora, **inside),
            Actor("another company's admin", member=globex.adam, **outside),
            Actor("another company's owner", member=globex.olga, **outside),
            Actor("another company's member", member=globex.bob, **outside),
            Actor("another company's key", key=key(globex.olga, "read", "ask", "write"), **outside),
            Actor("another company's owner with ids", member=globex.olga, **foreign_ids),
            Actor("another company's key with ids", key=key(globex.olga, "read", "ask", "write"), **foreign_ids),
            Actor("a key that reads", key=key(acme.alice, "read"), **inside),
            Actor("a key that asks", key=key(acme.alice, "ask"), **inside),
            Actor("a key that writes", key=key(acme.alice, "write"), **inside),
            Actor("a key that audits", key=key(acme.cora, "audit"), **inside | {"forbidden": TRAIL}),
        ]
        yield SimpleNamespace(acme=acme, globex=globex, actors={actor.name: actor for actor in actors})
        call_command("flush", verbosity=0, interactive=False)
        cache.clear()


@pytest.fixture
def unblocked(django_db_blocker, world):
    with django_db_blocker.unblock():
        yield world


def _rows(tenant_ids) -> list:
    """Everything that these companies have."""
    found = []
    for model in apps.get_models():
        names = {each.name for each in model._meta.concrete_fields}
        if "tenant" in names or "tenant_id" in names:
            query = model._base_manager.filter(tenant_id__in=tenant_ids)
            found.append((model.__name__, sorted(map(repr, query.values_list()))))
    return found


class _Undo(Exception):
    pass


WRITES = re.compile(r"^\s*(INSERT|UPDATE|DELETE)\b", re.IGNORECASE)


def _request(actor: Actor, client: Client, address, method: str, path: str, form: dict, before: list):
    """The response, its body, and whether it changed a company that it must not change."""
    writes = []

    def note(execute, sql, *rest):
        if WRITES.match(sql):
            writes.append(sql)
        return execute(sql, *rest)

    def answered():
        in_json = address.is_api and method not in ("GET", "HEAD")
        kind = {"content_type": "application/json"} if in_json else {}
        response = getattr(client, method.lower())(path, form if method in ("GET", "HEAD", "POST") else "{}", **kind)
        body = "" if method == "HEAD" else read_body(response)
        return response, body

    if address.name in ON_THREADS:
        return (*answered(), False)
    result = None
    try:
        with transaction.atomic():
            with connection.execute_wrapper(note):
                response, body = answered()
            changed = bool(writes) and _rows(actor.untouched) != before
            result = response, body, changed
            raise _Undo
    except _Undo:
        pass
    return result


def _forms(address, method: str, objects: dict) -> list[dict]:
    if method == "GET":
        queries = [{}, *ASKED.get(address.name, ())]
        return [{k: str(v).format(document=objects["document_id"]) for k, v in query.items()} for query in queries]
    if method != "POST":
        return [{}]
    if address.name in POSTED:
        return [POSTED[address.name]]
    if address.is_api:
        return [{}]
    return [filled(objects)]


def filled(objects: dict) -> dict:
    """A form with something for whatever a page asks."""
    return {
        "ids": objects["document_id"], "collection": objects["collection_id"], "grantee": f"person:{objects['member_id']}",
        "member": objects["member_id"], "heir": objects["member_id"], "act": "move", "right": "read", "role": "member",
        "name": "New name", "title": "New title", "email": "new@guest.example", "scopes": "read", "verdict": "up",
        "question": "What is it?", "filename": "new.md", "size": "9", "days": "30",
    }  # fmt: skip


def answer_to(client: Client, method: str, path: str, form, **options):
    """The response to a request whose changes are undone."""
    with transaction.atomic():
        response = getattr(client, method.lower())(path, form, **options)
        transaction.set_rollback(True)
    return response


def _walk(world, name: str) -> list[str]:
    actor = world.actors[name]
    client, faults = actor.client(), []
    tenant_objects = world.acme.objects if actor.objects is world.acme.values else world.globex.objects
    before = _rows(actor.untouched)
    for address in ADDRESSES:
        if not address.is_of_a_tenant and name != "a stranger":
            continue
        if actor.key and not address.is_api:
            continue
        known = dict(actor.objects)
        if address.name in OTHER_DOCUMENT:
            known["document_id"] = getattr(tenant_objects, OTHER_DOCUMENT[address.name]).pk
        path = address.path(actor.slug, known)
        for method in METHODS:
            is_usual = _is_offered(address, method) and method not in ("HEAD", "OPTIONS")
            is_like_put = not address.is_api and method in ("PATCH", "DELETE")  # one gate refuses all three
            if is_like_put or not (is_usual or actor.every_method):
                continue
            for form in _forms(address, method, known):
                response, body, changed = _request(actor, client, address, method, path, form, before)
                status = response.status_code
                text = body + str(response.headers)
                where = f"{method} {address.route} {form or ''} → {status}"
                if status >= 500:
                    faults.append(f"{where}: an error of the server")
                faults += [f"{where}: holds {word}" for word in actor.forbidden if word.lower() in text.lower()]
                if changed:
                    faults.append(f"{where}: changed another company")
                faults += [f"{where}: {fault}" for fault in _wrong_status(name, address, method, response)]
    return faults


KEYS_OF_NOBODY = {"a revoked key", "a deactivated editor's key", "another company's key"}
SESSIONS_OF_OTHERS = {
    "a deactivated editor", "another company's admin", "another company's owner", "another company's member",
}  # fmt: skip


def _wrong_status(name: str, address, method: str, response):
    status = response.status_code
    if not address.is_of_a_tenant:
        return
    if name == "a stranger" and not (
        status == 401
        if address.is_api
        else status == 405 or (status == 302 and response["Location"].startswith("/sign-in/"))
    ):
        yield "a stranger gets a sign-in, 401 or 405"
    if name in KEYS_OF_NOBODY and status not in (401, 429):  # tries with such keys are limited
        yield "such a key gets 401"
    if name in SESSIONS_OF_OTHERS and status not in (404, 405):
        yield "they find nothing"
    if (
        not _is_offered(address, method)
        and status < 400
        and not (status == 302 and "/sign-in/" in response["Location"])
    ):
        yield "this method is not offered"


def _is_offered(address, method: str) -> bool:
    cls = address.view_class
    if cls is not None:
        return method == "OPTIONS" or hasattr(cls, "get" if method == "HEAD" else method.lower())
    return method in ("GET", "HEAD", "POST")


NAMES = [
    "a stranger", "a deactivated editor", "a deactivated editor's key", "a revoked key", "an employee without rights",
    "an employee with rights", "the editor", "the admin", "the compliance officer", "the owner", "a person of two companies",
    "another company's admin", "another company's owner", "another company's member", "another company's key",
    "another company's owner with ids", "another company's key with ids",
    "a key that reads", "a key that asks", "a key that writes", "a key that audits",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_address_answers_this_actor_as_it_should(unblocked, name):
    faults = _walk(unblocked, name)
    assert not faults, "\n".join(sorted(set(faults)))


@pytest.mark.django_db  # on PostgreSQL a database is made if a test has this mark; the others commit, once
def test_the_actors_are_these(unblocked):
    assert list(unblocked.actors) == NAMES
