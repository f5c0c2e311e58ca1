"""What people do with documents on the pages: each act is a verb's, and nothing half is left."""

import re
from datetime import date

import pytest

from knowledge.models import Collection, Document, Trashing
from knowledge.permissions import grants
from tests.knowledge.page_cast import path, shelf_of, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf(erin):
    return shelf_of(erin)


@pytest.fixture
def policy(shelf):
    return shelf.add(read=False)


def test_a_removed_document_is_gone_at_once_and_can_be_put_back(sign_in, shelf, policy, erin):
    client = sign_in(erin)
    assert "Remove travel-policy?" in text_of(client, "documents/remove/", ids=str(policy.pk))
    assert client.post(path("documents/remove/"), {"ids": str(policy.pk)}).status_code == 302
    assert f'data-document="{policy.pk}"' not in text_of(client, "documents/")
    assert client.get(path(f"documents/{policy.pk}/")).status_code == 404
    assert "travel-policy" in text_of(client, "documents/trash/")
    client.post(path(f"documents/trash/{policy.pk}/restore/"))
    assert client.get(path(f"documents/{policy.pk}/")).status_code == 200


def test_erasing_asks_first_and_needs_the_right_to_manage(sign_in, shelf, policy, erin, alice):
    grants.give(shelf.collection, "write", alice, by=erin)
    sign_in(erin).post(path("documents/remove/"), {"ids": str(policy.pk)})
    assert sign_in(alice).get(path(f"documents/trash/{policy.pk}/erase/")).status_code == 403
    assert "Erase travel-policy now?" in text_of(sign_in(erin), f"documents/trash/{policy.pk}/erase/")
    before = Trashing.objects.for_tenant(erin.tenant).get().erase_after
    sign_in(erin).post(path(f"documents/trash/{policy.pk}/erase/"))
    assert Trashing.objects.for_tenant(erin.tenant).get().erase_after < before


def test_details_are_saved_and_a_wrong_day_is_explained_at_its_field(sign_in, policy, erin):
    client = sign_in(erin)
    address = path(f"documents/{policy.pk}/details/")
    wrong = client.post(address, {"title": "Travel", "reviewed_on": "2026-05-01", "review_due": "2026-04-01"})
    assert wrong.status_code == 400
    assert "is before the last one" in wrong.content.decode()
    client.post(address, {"title": "Travel policy", "author": "Tolley", "reviewed_on": "2026-05-01"})
    policy.refresh_from_db()
    assert (policy.title, policy.author, policy.reviewed_on) == ("Travel policy", "Tolley", date(2026, 5, 1))


def test_many_are_moved_together_or_none(sign_in, shelf, policy, erin, alice):
    other = shelf.add("rates.md", "# Rates\n\nThirty pence.\n", read=False)
    target = shelf_of(erin, "Archive").collection
    foreign = shelf_of(alice_as_editor(alice), "Private").add("mine.txt", "Mine.", read=False)
    client = sign_in(erin)
    both = {"ids": [str(policy.pk), str(foreign.pk)], "collection": str(target.pk)}
    assert client.post(path("documents/move/"), both).status_code == 404
    policy.refresh_from_db()
    assert policy.collection_id == shelf.collection.pk
    mine = {"ids": [str(policy.pk), str(other.pk)], "collection": str(target.pk)}
    assert client.post(path("documents/move/"), mine).status_code == 302
    assert Document.objects.for_tenant(erin.tenant).filter(collection=target).count() == 2


def test_the_bulk_bar_leads_on_with_what_was_chosen(sign_in, policy, erin):
    client = sign_in(erin)
    response = client.post(path("documents/chosen/"), {"act": "remove", "ids": str(policy.pk)})
    assert response["Location"] == f"/t/acme/documents/remove/?ids={policy.pk}"
    assert client.post(path("documents/chosen/"), {"act": "remove"}).status_code == 400
    assert client.post(path("documents/chosen/"), {"act": "burn", "ids": str(policy.pk)}).status_code == 400


def test_more_documents_than_fit_into_an_address_are_moved_together(sign_in, shelf, erin):
    made = [shelf.add(f"note-{n}.md", f"# Note {n}\n", read=False) for n in range(60)]
    target, client = shelf_of(erin, "Archive").collection, sign_in(erin)
    ids = [str(document.pk) for document in made]
    response = client.post(path("documents/chosen/"), {"act": "move", "ids": ids})
    page = client.get(response["Location"])
    assert "Move 60 documents" in page.content.decode()
    offered = re.findall(r'name="ids" value="([^"]+)"', page.content.decode())
    assert client.post(response["Location"], {"ids": offered, "collection": str(target.pk)}).status_code == 302
    assert Document.objects.for_tenant(erin.tenant).filter(collection=target).count() == 60


def test_a_choice_belongs_to_the_session_that_made_it(sign_in, shelf, erin, alice):
    ids = [str(shelf.add(f"note-{n}.md", f"# Note {n}\n", read=False).pk) for n in range(41)]
    address = sign_in(erin).post(path("documents/chosen/"), {"act": "remove", "ids": ids})["Location"]
    assert sign_in(alice_as_editor(alice)).get(address).status_code == 404


def test_too_many_documents_are_refused_and_not_cut(sign_in, policy, erin):
    response = sign_in(erin).post(path("documents/chosen/"), {"act": "remove", "ids": [str(policy.pk)] * 501})
    assert response.status_code == 400
    assert "More than 500 documents were selected" in response.content.decode()


def test_going_back_never_leaves_the_portal(sign_in, policy, erin):
    response = sign_in(erin).post(
        path("documents/chosen/"), {"act": "retry", "ids": str(policy.pk), "back": "//evil.example/t/acme/"}
    )
    assert response["Location"].startswith("/t/acme/documents/")


def test_a_new_collection_leads_to_its_readers(sign_in, erin, alice):
    response = sign_in(erin).post(path("collections/new/"), {"name": "Legal", "description": "Contracts."})
    made = Collection.objects.for_tenant(erin.tenant).get(name="Legal")
    assert response["Location"] == f"/t/acme/collections/{made.pk}/readers/"
    assert sign_in(alice).get(path("collections/new/")).status_code == 403
    assert sign_in(alice).get(path(f"collections/{made.pk}/settings/")).status_code == 404


def test_removing_a_collection_names_what_goes_with_it(sign_in, shelf, policy, erin):
    client = sign_in(erin)
    address = path(f"collections/{shelf.collection.pk}/remove/")
    assert "and 1 document?" in client.get(address).content.decode()
    client.post(address, {"documents": "with"})
    assert not Document.objects.for_tenant(erin.tenant).present().exists()


def test_a_failed_one_is_tried_again(sign_in, shelf, erin):
    broken = shelf.add("broken.pdf", b"%PDF-1.4 cut short")
    sign_in(erin).post(path(f"documents/{broken.pk}/retry/"))
    broken.latest_version.refresh_from_db()
    assert broken.latest_version.status == "queued"


def alice_as_editor(alice):
    alice.role = "editor"
    alice.save(update_fields=["role"])
    return alice
