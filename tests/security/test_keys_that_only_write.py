"""A key with the scope `write` alone changes things and learns nothing about what was there before."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

API = "/t/acme/api/v1"
TITLE = "Severance plan"


@pytest.fixture
def writer(bearer, erin):
    """A program with a key of Erin's that may write and not read."""
    return Client(headers=bearer(erin, "write"))


@pytest.fixture
def document(upload):
    return upload("severance.md", f"# {TITLE}\n\nSix months.")


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{}, {"tags": []}])
def test_an_empty_change_of_a_document_tells_nothing_about_it(writer, document, change):
    answer = writer.patch(f"{API}/documents/{document.pk}/", change, content_type="application/json")
    assert TITLE not in answer.content.decode()
    assert answer.status_code >= 400 or answer.json() == {"id": str(document.pk)}


@pytest.mark.django_db
def test_an_empty_change_of_a_collection_tells_nothing_about_it(writer, shelf):
    answer = writer.patch(f"{API}/collections/{shelf.pk}/", {}, content_type="application/json")
    assert answer.json() == {"id": str(shelf.pk)}


@pytest.mark.django_db
def test_taking_a_document_out_of_the_trash_tells_nothing_about_it(writer, document):
    assert writer.post(f"{API}/documents/{document.pk}/trash/").status_code == 204
    answer = writer.delete(f"{API}/documents/{document.pk}/trash/")
    assert answer.json() == {"id": str(document.pk)}


@pytest.mark.django_db
def test_an_upload_returns_the_id_that_later_changes_need(writer, shelf):
    sent = {"file": SimpleUploadedFile("new.md", b"# New"), "collection": str(shelf.pk)}
    answer = writer.post(f"{API}/documents/", sent)
    assert answer.status_code == 201
    assert set(answer.json()) == {"id"}


@pytest.mark.django_db
def test_with_the_scope_read_as_well_the_changed_document_is_returned(bearer, erin, document):
    both = Client(headers=bearer(erin, "read", "write"))
    answer = both.patch(f"{API}/documents/{document.pk}/", {}, content_type="application/json")
    assert answer.json()["title"] == TITLE
