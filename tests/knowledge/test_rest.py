"""The API of the library, over HTTP."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from knowledge.permissions import grants
from tests.fixtures_knowledge import TRAVEL

pytestmark = pytest.mark.django_db

API = "/t/acme/api/v1"


@pytest.fixture
def api(client, bearer):
    """`api(alice)` gives a client that carries her key."""
    from django.test import Client

    return lambda member, *scopes: Client(headers=bearer(member, *scopes))


def _file(name="travel.md", text=TRAVEL):
    return SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)


def _post(client, shelf, name="travel.md", text=TRAVEL, **more):
    headers = more.pop("headers", {})
    return client.post(
        f"{API}/documents/", {"file": _file(name, text), "collection": shelf.pk, **more}, headers=headers
    )


def test_an_upload_is_kept_read_and_found(api, erin, shelf, read_all):
    client = api(erin)
    created = _post(client, shelf)
    assert created.status_code == 201, created.content
    body = created.json()
    assert (body["status"], body["title"], body["filename"], body["error"]) == ("queued", "travel", "travel.md", None)
    assert body["progress"] == {"done": 0, "total": 0, "unit": "pages", "place_in_queue": None}
    waiting = client.get(f"{API}/documents/{body['id']}/").json()
    assert waiting == body | {"progress": body["progress"] | {"place_in_queue": 1}}, "all else was told at once"
    read_all()
    ready = client.get(f"{API}/documents/{body['id']}/").json()
    assert (ready["status"], ready["title"], ready["version"], ready["answering_version"]) == ("ready", "Travel", 1, 1)
    assert ready["coverage"]["passages"] == 1
    found = client.post(f"{API}/search/", {"query": "daily meals", "k": 3}, content_type="application/json").json()
    (result,) = found["results"]
    assert result["document_id"] == body["id"]
    assert {"title", "filename", "page", "text", "start", "end", "score", "highlights"} <= set(result)
    marked = [result["text"][start:end] for start, end in result["highlights"]]
    assert "daily meal" in marked


def test_a_key_sent_again_gives_the_first_result(api, erin, shelf):
    client = api(erin)
    key = {"Idempotency-Key": "order-66"}
    first = _post(client, shelf, headers=key).json()
    again = _post(client, shelf, headers=key)
    assert (again.status_code, again.json()["id"], again.json()["version"]) == (201, first["id"], 1)
    other = _post(client, shelf, text="something else", headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")
    assert len(client.get(f"{API}/documents/").json()["results"]) == 1


def test_the_same_name_is_a_new_version_unless_told_otherwise(api, erin, shelf, read_all):
    client = api(erin)
    first = _post(client, shelf).json()
    read_all()
    second = _post(client, shelf, text="# Travel\n\nNow 50 euros.").json()
    assert (second["id"], second["version"], second["answering_version"]) == (first["id"], 2, 1)
    read_all()
    assert client.get(f"{API}/documents/{first['id']}/").json()["answering_version"] == 2
    third = _post(client, shelf, on_same_name="new").json()
    assert third["id"] != first["id"]
    versions = client.get(f"{API}/documents/{first['id']}/versions/").json()
    assert [version["number"] for version in versions] == [2, 1]


@pytest.mark.parametrize(
    ("name", "text", "status", "code"),
    [("empty.txt", b"", 400, "empty_file"), ("big.txt", b"x" * 2_000_000, 413, "too_large")],
)
def test_a_file_that_cannot_be_taken_is_refused_in_words(api, erin, shelf, settings, name, text, status, code):
    settings.UPLOAD_LIMIT = 1_000_000
    response = _post(api(erin), shelf, name, text)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response["Content-Type"] == "application/problem+json"
    assert list((settings.MEDIA_ROOT / str(erin.tenant_id)).rglob("*.part")) == []


def test_a_request_without_file_or_collection_says_which_is_missing(api, erin):
    response = api(erin).post(f"{API}/documents/", {})
    assert response.status_code == 400
    assert set(response.json()["errors"]) == {"file", "collection"}


def test_what_is_not_yours_is_not_there(api, erin, alice, mallory, shelf, upload):
    document = upload("travel.md")
    paths = [
        f"documents/{document.pk}/",
        f"documents/{document.pk}/file/",
        f"documents/{document.pk}/versions/",
        f"documents/{document.pk}/grants/",
        f"collections/{shelf.pk}/",
        f"collections/{shelf.pk}/grants/",
        f"documents/{uuid.uuid4()}/",
    ]
    for path in paths:
        assert api(alice).get(f"{API}/{path}").status_code == 404, path
        assert api(mallory).get(f"{API}/{path}").status_code == 401, path
        assert api(mallory).get(f"/t/globex/api/v1/{path}").status_code == 404, path
    for method, path in [
        ("patch", f"documents/{document.pk}/"),
        ("delete", f"documents/{document.pk}/"),
        ("post", f"documents/{document.pk}/retry/"),
        ("post", f"documents/{document.pk}/trash/"),
        ("delete", f"documents/{document.pk}/trash/"),
        ("post", f"documents/{document.pk}/grants/"),
        ("delete", f"documents/{document.pk}/grants/person:1/"),
        ("patch", f"collections/{shelf.pk}/"),
        ("delete", f"collections/{shelf.pk}/"),
    ]:
        for member, tenant in ((alice, "acme"), (mallory, "globex")):
            send = getattr(api(member), method)
            assert send(f"/t/{tenant}/api/v1/{path}", content_type="application/json").status_code == 404, path
    upload_to_it = {"file": _file(), "collection": str(shelf.pk)}
    assert api(mallory).post("/t/globex/api/v1/documents/", upload_to_it).status_code == 404
    assert api(alice).get(f"{API}/documents/").json()["results"] == []


def test_grants_are_given_listed_and_revoked(api, erin, alice, finance, shelf, upload):
    document = upload("travel.md")
    client = api(erin)
    for base in (f"collections/{shelf.pk}", f"documents/{document.pk}"):
        body = {"right": "read", "person": str(alice.pk)}
        given = client.post(f"{API}/{base}/grants/", body, content_type="application/json")
        assert given.status_code == 201, given.content
        team = client.post(
            f"{API}/{base}/grants/", {"right": "write", "team": "Finance"}, content_type="application/json"
        )
        listed = client.get(f"{API}/{base}/grants/").json()
        assert [(grant["type"], grant["right"], grant["name"]) for grant in listed] == [
            ("team", "write", "Finance"),
            ("person", "read", "Alice Acme"),
        ]
        assert api(alice).get(f"{API}/{base}/").status_code == 200
        assert client.delete(f"{API}/{base}/grants/{team.json()['id']}/").status_code == 204
        assert client.delete(f"{API}/{base}/grants/{given.json()['id']}/").status_code == 204
        assert client.delete(f"{API}/{base}/grants/{given.json()['id']}/").status_code == 404
        assert api(alice).get(f"{API}/{base}/").status_code == 404
    nobody = client.post(f"{API}/{base}/grants/", {"right": "read", "person": "x@y.z"}, content_type="application/json")
    assert nobody.status_code == 400
    both = {"right": "read", "person": "x", "team": "y"}
    assert client.post(f"{API}/{base}/grants/", both, content_type="application/json").status_code == 400


def test_the_id_of_a_grant_does_not_count_the_grants_of_all_companies(api, erin, alice, finance, shelf):
    client, ids = api(erin), {}
    for grantee in ({"person": str(alice.pk)}, {"team": str(finance.pk)}):
        given = client.post(
            f"{API}/collections/{shelf.pk}/grants/", {"right": "read", **grantee}, content_type="application/json"
        )
        ids |= {given.json()["id"]: grantee}
    assert ids == {f"{kind}:{pk}": {kind: pk} for each in ids.values() for kind, pk in each.items()}


def test_a_reader_may_not_change_and_is_told_so(api, erin, alice, shelf, upload):
    document = upload("travel.md")
    grants.give(shelf, "read", alice, by=erin)
    client = api(alice)
    assert client.delete(f"{API}/documents/{document.pk}/").status_code == 403
    assert client.get(f"{API}/documents/{document.pk}/grants/").status_code == 403
    assert _post(client, shelf).status_code == 403
    changed = client.patch(f"{API}/documents/{document.pk}/", {"title": "Mine"}, content_type="application/json")
    assert changed.status_code == 403
    assert "Nothing was changed" in changed.json()["detail"]


def test_a_key_needs_the_scope(api, erin, shelf, upload):
    document = upload("travel.md")
    reading = api(erin, "read")
    assert reading.get(f"{API}/documents/{document.pk}/").status_code == 200
    assert reading.delete(f"{API}/documents/{document.pk}/").status_code == 403
    assert _post(reading, shelf).status_code == 403
    assert api(erin, "ask").post(f"{API}/search/", {"query": "x"}, content_type="application/json").status_code == 403


def test_facts_are_changed_and_a_document_moves(api, erin, shelf, upload):
    client = api(erin)
    document = upload("travel.md")
    other = client.post(f"{API}/collections/", {"name": "Archive"}, content_type="application/json").json()
    changes = {"title": "Travel rules", "dated": "2026-01-02", "restricted": True, "collection": other["id"]}
    changed = client.patch(f"{API}/documents/{document.pk}/", changes, content_type="application/json").json()
    assert {name: changed[name] for name in changes} == changes
    wrong = client.patch(f"{API}/documents/{document.pk}/", {"dated": "soon"}, content_type="application/json")
    assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["dated"])
    circle = {"superseded_by": str(document.pk)}
    assert client.patch(f"{API}/documents/{document.pk}/", circle, content_type="application/json").status_code == 400


def test_the_original_comes_back_as_it_was_and_runs_nowhere(api, erin, shelf, upload):
    html = b"<html><body><h1>Hello</h1><p>Words.</p><script>alert(1)</script></body></html>"
    document = upload("hello.html", html)
    response = api(erin).get(f"{API}/documents/{document.pk}/file/")
    assert b"".join(response.streaming_content) == html
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")
    assert "sandbox" in response["Content-Security-Policy"]
    assert api(erin).get(f"{API}/documents/{document.pk}/file/?version=9").status_code == 404
    assert api(erin).get(f"{API}/documents/{document.pk}/file/?version=x").status_code == 404


def test_the_trash_hides_at_once_and_gives_back(api, erin, shelf, upload, titles):
    client = api(erin)
    document = upload("travel.md")
    assert client.post(f"{API}/documents/{document.pk}/trash/").status_code == 204
    assert client.get(f"{API}/documents/{document.pk}/").status_code == 404
    assert client.post(f"{API}/documents/{document.pk}/trash/").status_code == 404
    assert titles(erin, "meals") == set()
    assert [row["id"] for row in client.get(f"{API}/documents/?trashed=1").json()["results"]] == [str(document.pk)]
    assert client.delete(f"{API}/documents/{document.pk}/trash/").status_code == 200
    assert titles(erin, "meals") == {"Travel"}


def test_lists_come_in_pages(api, erin, shelf, bring):
    for number in range(5):
        bring(f"{number}.txt", f"number {number}")
    client, seen, address = api(erin), [], f"{API}/documents/?limit=2"
    while address:
        page = client.get(address).json()
        assert len(page["results"]) <= 2
        seen += [row["filename"] for row in page["results"]]
        address = page["next"]
    assert seen == ["4.txt", "3.txt", "2.txt", "1.txt", "0.txt"]


def test_search_takes_bad_input_with_patience(api, erin, upload):
    upload("travel.md")
    client = api(erin)

    def send(body):
        return client.post(f"{API}/search/", body, content_type="application/json")

    assert send({"query": "meals " * 3_000}).status_code == 200
    assert send({"query": "x" * 20_001}).status_code == 400
    for body in ({}, {"query": ""}, {"query": "x", "k": 0}, {"query": "x", "filters": {"type": ["spreadsheets"]}}):
        assert send(body).status_code == 400, body
    assert send("{not json").status_code == 400
    assert send({"query": "\u0000 \ud83d\ude00 meals"}).status_code in (200, 400)
    assert send({"query": "meals", "filters": {"collection": [str(uuid.uuid4())]}}).json()["results"] == []
    assert send({"query": "?!"}).status_code == 200


def test_retry_is_for_what_failed(api, erin, shelf, bring, upload, read_all):
    client = api(erin)
    fine = upload("travel.md")
    assert client.post(f"{API}/documents/{fine.pk}/retry/").status_code == 409
    broken = bring("broken.docx", b"PK\x03\x04 not really").document
    read_all()
    failed = client.get(f"{API}/documents/{broken.pk}/").json()
    assert failed["status"] == "failed"
    assert all(failed["error"][part] for part in ("code", "message", "hint"))
    assert client.post(f"{API}/documents/{broken.pk}/retry/").json()["status"] == "queued"


def test_collections_are_made_changed_and_removed(api, erin, alice, shelf, upload):
    client = api(erin)
    assert api(alice).post(f"{API}/collections/", {"name": "Mine"}, content_type="application/json").status_code == 403
    twice = client.post(f"{API}/collections/", {"name": "handbook"}, content_type="application/json")
    assert twice.status_code == 409
    renamed = client.patch(f"{API}/collections/{shelf.pk}/", {"name": "Rules"}, content_type="application/json")
    assert renamed.json()["name"] == "Rules"
    upload("travel.md")
    assert client.get(f"{API}/collections/{shelf.pk}/").json()["coverage"] == {"ready": 1, "total": 1}
    assert client.delete(f"{API}/collections/{shelf.pk}/").json()["code"] == "not_empty"
    made = client.post(f"{API}/collections/", {"name": "Empty"}, content_type="application/json").json()
    assert client.delete(f"{API}/collections/{made['id']}/").status_code == 204
    assert [row["name"] for row in client.get(f"{API}/collections/").json()["results"]] == ["Rules"]


@pytest.mark.parametrize("path", ["documents/?limit=200", "collections/?limit=200"])
def test_a_longer_list_needs_no_more_queries(path, api, erin, shelf, bring):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from knowledge.library.collections import create_collection

    client, counts = api(erin), []
    for round_ in range(2):
        for number in range(4):
            bring(f"{round_}-{number}.txt", f"text {round_} {number}")
            create_collection(erin, f"Shelf {round_} {number}")
        client.get(f"{API}/{path}")  # what is looked up once in a process
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"{API}/{path}").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
