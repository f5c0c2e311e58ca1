"""Whatever text a request holds, wherever it stands, nobody gets a 5xx: the fields of every form and every parameter of the API
are filled with it, and every text parameter of an address."""

import asyncio
from itertools import product

import httpx
import pytest

from portal.http.request_threads import Handler

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "wished", ["foo", "account", "foo.bar", "//evil.example", "http://evil.example/", "\\evil", "/\x00x"]
)
def test_a_wish_that_is_no_path_of_the_portal_leads_home_also_while_signed_in(sign_in, alice, wished):
    answer = sign_in(alice).get("/sign-in/", {"next": wished})
    assert answer.status_code == 302
    assert answer["Location"] in ("/", "/x")


CHARSETS = ("charset=hex", "charset=base64", "charset=utf-7", "charset=idna", "charset=no-such", "charset*=no-such''x")
KINDS = (
    "text/plain",
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    ";",
    "",
)


def test_no_charset_breaks_anything():
    async def statuses():
        transport = httpx.ASGITransport(app=Handler(), raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            for kind, charset in product(KINDS, CHARSETS):
                for method in ("GET", "POST"):
                    answer = await client.request(
                        method,
                        "/components/?q=%ed%a0%80",
                        content=b"q=%00x",
                        headers={"Content-Type": f"{kind}; {charset}"},
                    )
                    yield answer.status_code

    async def seen():
        return {status async for status in statuses()}

    assert asyncio.run(seen()) <= {200, 400, 403, 405}


def test_pages_drop_nul_and_the_api_refuses_it(sign_in, olga, bearer, client):
    from tenants.models import Team

    browser = sign_in(olga)
    assert browser.get("/t/acme/people/?q=Ol%00ga").context["request"].GET["q"] == "Olga"
    assert browser.post("/t/acme/teams/", {"name": "Fin\x00ance"}).status_code == 302
    assert Team.objects.for_tenant(olga.tenant_id).filter(name="Finance").exists()
    refused = client.get("/t/acme/api/v1/conversations/?q=%00", headers=bearer(olga))
    assert refused.status_code == 400
    assert refused.json()["code"] == "invalid"
    for body in ('{"name": "a\\u0000"}', '{"name": "\\ud800"}', '{"a\\u0000": [{"b": "\\udfff"}]}'):
        refused = client.post(
            "/t/acme/api/v1/collections/", body, content_type="application/json", headers=bearer(olga)
        )
        assert refused.status_code == 400
        assert "cannot be stored" in refused.json()["detail"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/sign-in/", "/t/acme/", "/t/acme/documents/", "/readyz", "/no-such-page/"])
def test_a_query_of_too_many_parameters_is_refused_in_words(path):
    query = "&".join(f"a{n}=1" for n in range(1_500))

    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(app=Handler())
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get(f"{path}?{query}")

    reply = asyncio.run(get())
    assert reply.status_code == 413
    assert "too large to send at once" in reply.text


@pytest.mark.parametrize("length", [100, 3_000, 15_000])
def test_an_address_of_any_length_leads_to_the_sign_in_and_back(client, length):
    reply = client.get("/t/acme/search/", {"q": "\n" * length})
    assert reply.status_code == 302
    assert reply["Location"].startswith("/sign-in/?next=/t/acme/search/")
