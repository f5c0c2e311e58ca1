"""Admins see how far another search index is, switch to it and back, from a page."""

import pytest

from knowledge.index_spec import IndexSpec
from knowledge.indexes import actions, build, index_writer, scheduler
from knowledge.models import Generation
from tests.fixtures_knowledge import as_the_application

pytestmark = pytest.mark.django_db

HERE = "/t/acme/indexes/"


@pytest.fixture
def library(upload):
    return [upload("travel.md"), upload("tea.md", "# Tea\n\nThe unicorn likes tea.")]


def make(tenant):
    with as_the_application():
        while rows := scheduler.building(tenant):
            for row in rows:
                scheduler.advance(tenant, row, seconds=30)


def test_an_admin_has_another_index_made_and_switches_to_it_and_back(acme, adam, library, sign_in):
    client, old = sign_in(adam), index_writer.active_generation(acme.pk)
    assert "In use" in client.get(HERE).content.decode()
    client.post(HERE, {"embedder": "minilm", "words": 60, "overlap": 10})
    new = IndexSpec(words=60, overlap=10).name
    page = client.get(HERE).content.decode()
    assert "Building" in page
    assert "<progress" in page
    make(acme)
    page = client.get(HERE).content.decode()
    assert "Complete" in page
    assert f"/indexes/{new}/choice/" in page
    client.post(f"{HERE}{new}/choice/")
    make(acme)
    assert index_writer.active_generation(acme.pk) == new
    assert "Switch back" in client.get(HERE).content.decode()
    client.post(f"{HERE}{old}/choice/")
    make(acme)
    assert index_writer.active_generation(acme.pk) == old


def test_the_progress_is_of_documents_and_asks_again_by_itself(acme, adam, library, sign_in, monkeypatch):
    monkeypatch.setattr(build, "STEP", 1)
    generation = actions.begin(acme, IndexSpec(words=60, overlap=10), by=adam)
    build.step(acme, generation)
    build.count(acme, generation)
    page = sign_in(adam).get(f"{HERE}rows/").content.decode()
    assert "1 of 2 documents" in page
    assert 'hx-trigger="every 2s"' in page
    make(acme)
    assert "hx-trigger" not in sign_in(adam).get(f"{HERE}rows/").content.decode(), "nothing changes any more"


def test_what_makes_no_sense_is_said_beside_the_field(adam, library, sign_in):
    answer = sign_in(adam).post(HERE, {"embedder": "minilm", "words": 60, "overlap": 50})
    assert answer.status_code == 400
    assert "The overlap can be at most half of the passage length." in answer.content.decode()


def test_the_index_that_answers_cannot_be_removed(acme, adam, library, sign_in):
    old = index_writer.active_generation(acme.pk)
    assert sign_in(adam).post(f"{HERE}{old}/removal/").status_code == 409
    assert not Generation.objects.for_tenant(acme).get(name=old).leaving


@pytest.mark.parametrize("who", ["erin", "alice", "mallory"])
def test_it_is_for_admins_of_this_company(who, request, library, sign_in):
    client = sign_in(request.getfixturevalue(who))
    expected = 404 if who == "mallory" else 403
    assert client.get(HERE).status_code == expected
    assert client.post(f"{HERE}x/choice/").status_code == expected


def test_a_name_that_is_not_there_is_not_found(adam, library, sign_in):
    assert sign_in(adam).post(f"{HERE}nothing/choice/").status_code == 404
