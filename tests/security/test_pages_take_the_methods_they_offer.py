"""HEAD is answered as GET without the content, and what only shows something takes no POST."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from portal.http.middleware import head_is_get
from tests.every_address import OTHER_DOCUMENT, every_address, make_objects, make_people_objects, values
from tests.security.test_reading_leaves_a_trace import read_body

ADDRESSES = [each for each in every_address() if each.is_of_a_tenant]
ANSWERS_A_FORM = {  # with a page or a file, and not with a redirect
    "tenants:outbox-mail", "audit:export", "knowledge:document-details", "knowledge:collection-settings",
}  # fmt: skip


@pytest.fixture
def world(transactional_db, erin, alice, olga, cora, shelf):
    cache.clear()
    found = make_objects(erin, alice, shelf, word="quillmarker", title="Zephyrtitle")
    found.people = make_people_objects(olga, alice, shelf, title="Zephyrtitle")
    found.readers = {"audit": cora, "tenants": olga}
    return found


def _path(world, address) -> str:
    known = values(world, world.people)
    if address.name in OTHER_DOCUMENT:
        known["document_id"] = getattr(world, OTHER_DOCUMENT[address.name]).pk
    return address.path("acme", known)


def _client(world, address, sign_in) -> Client:
    part = "audit" if "audit" in address.name else address.name.partition(":")[0]
    client = sign_in(world.readers.get(part, world.reader))
    client.raise_request_exception = False
    return client


def test_head_is_answered_as_get_is(world, sign_in):
    faults = []
    for address in ADDRESSES:
        client, path = _client(world, address, sign_in), _path(world, address)
        get, head = client.get(path), client.head(path)
        expected = (get.status_code, get["Content-Type"])
        if (head.status_code, head["Content-Type"]) != expected or read_body(head):
            faults.append((address.name, expected, head.status_code, head["Content-Type"]))
    assert not faults


def test_a_key_that_reads_may_ask_with_head(world, erin):
    from tenants.api_keys.api_keys import create_api_key

    _, secret = create_api_key(erin, name="reads", scopes=["read"])
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    path = f"/t/acme/api/v1/documents/{world.document.pk}/file/"
    head = client.head(path)
    assert head.status_code == 200
    assert read_body(head) == ""
    assert int(head["Content-Length"]) == len(b"".join(client.get(path).streaming_content))


def test_what_only_shows_something_takes_no_post(world, sign_in):
    faults = []
    for address in ADDRESSES:
        if address.is_api or address.name in ANSWERS_A_FORM:
            continue
        client, path = _client(world, address, sign_in), _path(world, address)
        if client.post(path).status_code == 200:
            faults.append(address.name)
    assert not faults


def test_the_cookies_of_a_stream_stay(rf):
    from django.http import StreamingHttpResponse

    def view(request):
        response = StreamingHttpResponse(iter([b"words"]), headers={"X-Page": "7"})
        response.set_cookie("seen", "1")
        return response

    response = head_is_get(view)(rf.head("/"))
    assert (response.getvalue(), response["X-Page"], response.cookies["seen"].value) == (b"", "7", "1")
