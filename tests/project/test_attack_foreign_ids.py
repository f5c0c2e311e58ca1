"""Ids of another company open nothing and change nothing, in whatever field of whatever request they stand."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def theirs(acme, erin, alice, finance, shelf, bring):
    """What Acme has."""
    from answers.models import Answer, Conversation, SharedAnswer
    from knowledge.library import chunked_uploads

    conversation = Conversation.objects.create(tenant=acme, member=alice, title="Pay")
    answer = Answer.objects.create(tenant=acme, conversation=conversation, question="Pay?", deadline=timezone.now())
    return {
        "answer": str(answer.pk),
        "link": str(SharedAnswer.objects.create(tenant=acme, answer=answer, shared_by=alice).pk),
        "upload": str(chunked_uploads.begin(erin, shelf, filename="plan.md", size=9).pk),
        "collection": str(shelf.pk),
        "document": str(bring("secret.md").document.pk),
        "person": str(alice.pk),
        "team": str(finance.pk),
        "conversation": str(conversation.pk),
    }


@pytest.fixture
def own(mallory, globex, bring):
    """What Mallory has at Globex, and a stand-in for each thing of Acme's that nobody has."""
    from knowledge.library.collections import create_collection
    from tenants.members.teams import create_team

    shelf = create_collection(mallory, "Globex")
    document = bring("own.md", by=mallory, to=shelf).document
    return {"collection": str(shelf.pk), "document": str(document.pk), "team": str(create_team("G", by=mallory).pk)}


REQUESTS = {
    "read their collection": ("get", "collections/{collection}/", None),
    "rename their collection": ("patch", "collections/{collection}/", {"name": "Mine"}),
    "remove their collection": ("delete", "collections/{collection}/?with_documents=1", None),
    "see its grants": ("get", "collections/{collection}/grants/", None),
    "grant on their collection": ("post", "collections/{collection}/grants/", {"right": "read", "team": "{own_team}"}),
    "read their document": ("get", "documents/{document}/", None),
    "download it": ("get", "documents/{document}/file/", None),
    "list its versions": ("get", "documents/{document}/versions/", None),
    "change it": ("patch", "documents/{document}/", {"title": "Mine"}),
    "move it to us": ("patch", "documents/{document}/", {"collection": "{own_collection}"}),
    "erase it": ("delete", "documents/{document}/?now=1", None),
    "restore it": ("delete", "documents/{document}/trash/", None),
    "read their conversation": ("get", "conversations/{conversation}/", None),
    "rename their conversation": ("patch", "conversations/{conversation}/", {"title": "Mine"}),
    "see whether their answer is shared": ("get", "messages/{answer}/share/", None),
    "share their answer": ("post", "messages/{answer}/share/", {}),
    "end the link of their answer": ("delete", "messages/{answer}/share/", None),
    "open what they share": ("get", "shared/{link}/", None),
    "begin an upload into their collection": (
        "post",
        "uploads/",
        {"collection": "{collection}", "filename": "plan.md", "size": 9},
    ),
    "see their upload": ("get", "uploads/{upload}/", None),
    "add to their upload": ("put", "uploads/{upload}/pieces/0/", "# Plan one"),
    "discard their upload": ("delete", "uploads/{upload}/", None),
    "ask in their conversation": (
        "post",
        "ask/",
        {"question": "What is the allowance?", "conversation": "{conversation}"},
    ),
    "ask within their collection": (
        "post",
        "ask/",
        {"question": "What?", "filters": {"collections": ["{collection}"]}},
    ),
    "move ours to them": ("patch", "documents/{own_document}/", {"collection": "{collection}"}),
    "replace ours by theirs": ("patch", "documents/{own_document}/", {"superseded_by": "{document}"}),
    "grant ours to their person": ("post", "documents/{own_document}/grants/", {"right": "read", "person": "{person}"}),
    "grant ours to their team": ("post", "collections/{own_collection}/grants/", {"right": "read", "team": "{team}"}),
}


def _filled(value, names: dict):
    if isinstance(value, dict):
        return {key: _filled(each, names) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, names) for each in value]
    return value.format(**names) if isinstance(value, str) else value


def _rows() -> list:
    from answers.models import SharedAnswer
    from knowledge.models import Collection, Document, PartialUpload

    models = (Document, Collection, SharedAnswer, PartialUpload)
    return [list(model.plain.order_by("pk").values()) for model in models]


@pytest.mark.parametrize("request_of", REQUESTS.values(), ids=list(REQUESTS))
def test_an_id_of_another_company_is_answered_like_one_that_nobody_has(sign_in, mallory, theirs, own, request_of):
    client, (method, path, body) = sign_in(mallory), request_of
    mine = {f"own_{kind}": key for kind, key in own.items()}
    before = _rows()

    def asked(names: dict):
        kind = "application/octet-stream" if isinstance(body, str) else JSON
        options = {} if body is None else {"data": _filled(body, names), "content_type": kind}
        answer = getattr(client, method)(f"/t/globex/api/v1/{path.format(**names)}", **options)
        said = answer.content.decode()
        for name, key in names.items():
            said = said.replace(key, name)
        return answer.status_code, said

    foreign, nobodys = asked(theirs | mine), asked({kind: str(uuid.uuid4()) for kind in theirs} | mine)
    assert foreign == nobodys
    assert foreign[0] in (400, 404)
    assert before == _rows()


def test_a_search_narrowed_to_another_companys_collection_finds_nothing(sign_in, mallory, theirs, own):
    wanted = {"query": "meals", "filters": {"collection": [theirs["collection"]]}}
    answer = sign_in(mallory).post("/t/globex/api/v1/search/", wanted, content_type=JSON)
    assert answer.json()["results"] == []


FORMS = {
    "documents/{own_document}/readers/change/": [{"grantee": "person:{person}"}, {"grantee": "team:{team}"}],
    "documents/readers/": [{"ids": "{document}", "grantee": "team:{own_team}"}],
    "documents/move/": [{"ids": "{own_document}", "collection": "{collection}"}, {"ids": "{document}"}],
    "documents/remove/": [{"ids": "{document}"}],
    "documents/upload/": [{"collection": "{collection}", "file": SimpleUploadedFile("plan.md", b"# Plan")}],
    "documents/upload/pieces/": [{"collection": "{collection}", "filename": "plan.md", "size": "9"}],
    "people/{own_person}/removal/": [{"heir": "{person}"}],
    "teams/{own_team}/members/": [{"member": "{person}"}],
    "teams/{own_team}/members/{person}/removal/": [{}],
    "people/{person}/role/": [{"role": "member"}],
    "people/{person}/password-link/": [{}],
    "ask/": [{"question": "What is it?", "collections": "{collection}"}],
    "conversations/{conversation}/remove/": [{}],
}


@pytest.mark.parametrize(("path", "form"), [(path, form) for path, forms in FORMS.items() for form in forms])
def test_no_form_takes_an_id_of_another_company(sign_in, mallory, globex, theirs, own, path, form):
    from tenants.members.members import add_member

    other = add_member(globex, email="other@globex.example", role="member", name="Other")
    names = theirs | {f"own_{kind}": key for kind, key in own.items()} | {"own_person": str(other.pk)}
    answer = sign_in(mallory).post(f"/t/globex/{path.format(**names)}", _filled(form, names))
    assert answer.status_code == 404


def test_an_idempotency_key_of_somebody_else_gives_nothing_away(client, erin, mallory, bearer, theirs, own):
    answers = []
    for member, slug, collection in ((erin, "acme", theirs), (mallory, "globex", own)):
        form = {
            "file": SimpleUploadedFile("plan.md", b"# Plan\n\nThe same bytes."),
            "collection": collection["collection"],
        }
        headers = bearer(member, "write") | {"Idempotency-Key": "one"}
        answers.append(client.post(f"/t/{slug}/api/v1/documents/", form, headers=headers))
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] != answers[1].json()["id"]


def test_fields_that_nobody_offers_are_not_taken(sign_in, mallory, own, theirs):
    client = sign_in(mallory)
    wishes = {"title": "Ours", "owner": theirs["person"], "tenant": "x", "number": 1, "id": str(uuid.uuid4())}
    answer = client.patch(f"/t/globex/api/v1/documents/{own['document']}/", wishes, content_type=JSON)
    assert answer.json()["id"] == own["document"]
    assert answer.json()["owner"] == mallory.user.name
    wishes = {"name": "k", "scopes": ["read"], "member": theirs["person"], "person": "alice@acme.example"}
    assert client.post("/t/globex/api/v1/keys/", wishes, content_type=JSON).json()["person"] == mallory.user.email
