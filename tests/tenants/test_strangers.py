"""Every page and every address of the API about people meets the stranger, the wrong role and the other company."""

import re
import uuid

import pytest
from django.urls import NoReverseMatch, reverse

from tenants import urls
from tenants.api_keys.api_keys import create_api_key
from tenants.members import invitations
from tenants.models import Membership, OutboxMail, Team

pytestmark = pytest.mark.django_db

PAGES = [pattern.name for pattern in urls.pages]
API = [pattern.name for pattern in urls.api]
ONLY_FOR_ADMINS = [n for n in PAGES if n not in {"keys", "key-revocation", "settings", "leaving"}]


@pytest.fixture
def of_acme(acme, adam, alice, finance):
    """The ids of Acme's rows, by the name that the addresses give them."""
    invitation = invitations.invite("nina@acme.example", "member", by=adam, base="http://portal.example")
    return {
        "member_id": alice.pk,
        "team_id": finance.pk,
        "invitation_id": invitation.pk,
        "mail_id": OutboxMail.objects.get().pk,
        "key_id": create_api_key(alice, name="k", scopes=["read"])[0].pk,
    }


def address(namespace: str, name: str, slug: str, ids: dict) -> str:
    for pattern in [*urls.pages, *urls.api]:
        if pattern.name == name:
            wanted = {key: ids[key] for key in pattern.pattern.converters}
            try:
                return reverse(f"{namespace}:{name}", kwargs={"slug": slug} | wanted)
            except NoReverseMatch:
                continue
    raise AssertionError(name)


def every(ids, slug):
    yield from (address("tenants", name, slug, ids) for name in PAGES)
    yield from (address("api", name, slug, ids) for name in API)


def test_a_stranger_is_sent_to_sign_in_or_gets_401(client, of_acme):
    for path in every(of_acme, "acme"):
        for method in (client.get, client.post):
            response = method(path)
            sent_to_sign_in = response.status_code == 302 and response.url.startswith(reverse("sign-in"))
            assert sent_to_sign_in or response.status_code in (401, 405), (path, response.status_code)


def test_another_companys_admin_finds_nothing_at_acmes_addresses(sign_in, mallory, of_acme):
    client = sign_in(mallory)
    for path in every(of_acme, "acme"):
        for method in (client.get, client.post, client.delete):
            assert method(path).status_code in (404, 405), path


def test_another_companys_admin_finds_none_of_acmes_rows_at_their_own_addresses(sign_in, mallory, of_acme, acme):
    client = sign_in(mallory)
    before = snapshot(acme)
    for name in [*PAGES, *API]:
        namespace = "tenants" if name in PAGES and name != "keys" else "api"
        path = address(namespace, name, "globex", of_acme)
        if not any(str(value) in path for value in of_acme.values()):
            continue
        assert client.get(path).status_code in (404, 405), path
        for method in (client.post, client.delete):
            assert method(path, {"role": "editor", "name": "Taken"}).status_code in (404, 405), path
    assert snapshot(acme) == before


def test_rows_of_acme_cannot_be_named_in_a_form_of_globex(sign_in, mallory, globex, alice, finance):
    """An id of another company in the body, where the address is one's own."""
    client = sign_in(mallory)
    team = Team.objects.for_tenant(globex).get(everyone=True)
    added = client.post(reverse("tenants:team-members", args=["globex", team.pk]), {"member": str(alice.pk)})
    assert added.status_code == 404


def test_ids_that_do_not_exist_look_like_those_of_others(sign_in, mallory, of_acme):
    client = sign_in(mallory)
    theirs = client.get(reverse("tenants:team", args=["globex", of_acme["team_id"]]))
    nobodys = client.get(reverse("tenants:team", args=["globex", uuid.uuid4()]))
    assert theirs.status_code == nobodys.status_code == 404
    assert words_of(theirs) == words_of(nobodys)


def words_of(response) -> str:
    """The page without what differs on each showing."""
    page = response.content.decode().replace(response["X-Request-ID"], "")
    return re.sub(r"[A-Za-z0-9]{64}", "", page)


@pytest.mark.parametrize("name", ["alice", "erin", "cora"])
def test_what_is_for_admins_is_refused_to_every_other_role(request, sign_in, name, of_acme):
    client = sign_in(request.getfixturevalue(name))
    for page in ONLY_FOR_ADMINS:
        path = address("tenants", page, "acme", of_acme)
        assert {client.get(path).status_code, client.post(path).status_code} <= {403, 405}, path


def snapshot(tenant):
    people = list(Membership.objects.for_tenant(tenant).order_by("pk").values_list("pk", "role", "is_active"))
    teams = list(Team.objects.for_tenant(tenant).order_by("pk").values_list("pk", "name"))
    return people, teams, list(OutboxMail.objects.filter(tenant=tenant).values_list("pk", "link_sealed"))
