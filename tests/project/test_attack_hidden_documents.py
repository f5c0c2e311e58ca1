"""What rests on a document that a reader may not see is not told to them: no title, no id, no count."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.fixture
def replaced(erin, alice, bring, shelf):
    """(old, new): Alice reads the old one, and may not know of the restricted one that replaces it."""
    from knowledge.library.documents import change_document
    from knowledge.models import Document, Status, Version
    from knowledge.permissions import grants

    old = bring("leave.md", "# Leave\n\nThirty days a year.").document
    new = bring("leave-2.md", "# Leave\n\nTwenty days a year.", title="Plan to cut leave").document
    change_document(erin, new, restricted=True)
    change_document(erin, old, superseded_by=new)
    grants.give(shelf, "write", alice, by=erin)
    Version.plain.filter(document=old).update(status=Status.READY)
    Document.plain.filter(pk=old.pk).update(current_version=old.latest_version)
    return old, new


def test_the_pages_of_a_document_do_not_name_a_successor_that_is_hidden_from_the_reader(sign_in, alice, erin, replaced):
    old, new = replaced
    for path in (f"/t/acme/documents/{old.pk}/", "/t/acme/documents/", f"/t/acme/documents/{old.pk}/details/"):
        page = sign_in(alice).get(path)
        assert page.status_code == 200
        assert new.title.encode() not in page.content, path
        assert str(new.pk).encode() not in page.content, path
    assert f"Replaced by {new.title}".encode() in sign_in(erin).get(f"/t/acme/documents/{old.pk}/").content
    assert f"Replaced by {new.title}".encode() in sign_in(erin).get("/t/acme/documents/").content


def test_programs_are_not_given_the_id_of_a_hidden_successor(client, alice, erin, bearer, replaced):
    old, new = replaced
    for path in (f"/t/acme/api/v1/documents/{old.pk}/", "/t/acme/api/v1/documents/"):
        assert str(new.pk) not in client.get(path, headers=bearer(alice, "read")).content.decode(), path
        assert str(new.pk) in client.get(path, headers=bearer(erin, "read")).content.decode(), path


def test_who_manages_a_collection_is_not_told_how_many_restricted_documents_it_holds(sign_in, adam, erin, shelf, bring):
    from knowledge.library.documents import change_document
    from knowledge.permissions import grants

    change_document(erin, bring("plan.md").document, restricted=True)
    grants.give(shelf, "manage", adam, by=erin)
    page = sign_in(adam).get(f"/t/acme/collections/{shelf.pk}/remove/")
    assert page.status_code == 200
    assert b"1 document" not in page.content
    assert b"1 document" in sign_in(erin).get(f"/t/acme/collections/{shelf.pk}/remove/").content


def test_the_name_of_a_hidden_collection_is_free_for_others(sign_in, erin, adam, shelf):
    """A refusal would tell that it exists."""
    from knowledge.models import Collection

    for member, status in ((adam, 302), (erin, 409)):
        assert sign_in(member).post("/t/acme/collections/new/", {"name": shelf.name.upper()}).status_code == status
    assert Collection.objects.for_tenant(adam.tenant).filter(name__iexact=shelf.name).count() == 2
