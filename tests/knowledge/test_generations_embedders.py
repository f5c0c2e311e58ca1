"""Each index asks the model it was made with. Where that is gone, its words are still looked up, and nobody is turned
away."""

import pytest

from answers import backends as answering
from knowledge import backends
from knowledge.indexes import actions, index_writer, scheduler, versions
from knowledge.indexes.settings_changes import follow_settings
from knowledge.models import Generation
from knowledge.retrieval import search
from tenants.isolation.scope import in_tenant
from tests.fixtures_knowledge import as_the_application
from tests.servers.openai_server import running

pytestmark = pytest.mark.django_db


@pytest.fixture
def endpoint():
    with running() as (url, server):
        yield url, server


@pytest.fixture
def configure(settings):
    """The settings of a process that starts anew."""

    def forget() -> None:
        for each in (backends.embedder, backends.embedder_of, versions.spec_for, search._vector):
            each.cache_clear()
        search._unavailable_until.clear()

    def change(url: str = "", model: str = "") -> None:
        settings.EMBEDDER = "openai" if url else "minilm"
        settings.EMBEDDING_BASE_URL, settings.EMBEDDING_MODEL, settings.EMBEDDING_API_KEY = url, model, "key"
        forget()

    yield change
    forget()


def make(tenant):
    with as_the_application():
        while rows := scheduler.building(tenant):
            for row in rows:
                scheduler.advance(tenant, row, seconds=30)
                with in_tenant(tenant):
                    row.refresh_from_db()
                assert not row.error


def found(member, query: str):
    return search.find(member, [query], limit=5)


def test_each_index_is_asked_with_its_own_model(acme, adam, erin, upload, configure, endpoint):
    upload("travel.md")
    old = index_writer.active_generation(acme.pk)
    configure(endpoint[0], "text-embedding-large")
    assert found(erin, "money for food")[0].dense > 0, "the old index is no longer asked by meaning"
    assert follow_settings() == 1
    make(acme)
    new = index_writer.active_generation(acme.pk)
    assert new == "openai-text-embedding-large-words1-180-40"
    assert found(erin, "daily meal allowance")[0].dense > 0
    actions.prefer(acme, old, by=adam)
    make(acme)
    assert found(erin, "money for food")[0].dense > 0


def test_an_index_whose_model_is_gone_answers_by_words_until_the_new_one_is_complete(
    acme, erin, adam, upload, bring, read_all, titles, configure, endpoint, sign_in
):
    configure(endpoint[0], "text-embedding-large")
    upload("travel.md")
    configure()
    (hit,) = found(erin, "daily meal allowance")
    assert (hit.dense, hit.title) == (0, "Travel")
    assert "Search uses words only." in sign_in(adam).get("/t/acme/indexes/").content.decode()

    waiting = bring("tea.md", "# Tea\n\nThe unicorn likes tea.").version
    read_all()
    waiting.refresh_from_db()
    assert waiting.status == "queued", "what cannot be embedded yet waits, and does not fail"

    assert follow_settings() == 1
    make(acme)
    assert found(erin, "money for food")[0].dense > 0
    assert "words only" not in sign_in(adam).get("/t/acme/indexes/").content.decode()
    waiting.job.run_after = waiting.created_at
    waiting.job.save()
    read_all()
    assert "Tea" in titles(erin, "unicorn")


def test_a_model_that_does_not_answer_turns_nobody_away(acme, erin, upload, configure):
    with running() as (url, _):
        configure(url, "text-embedding-large")
        upload("travel.md")
        assert found(erin, "daily meal allowance")[0].dense > 0
    (hit,) = found(erin, "daily allowance of meals")
    assert (hit.dense, hit.title) == (0, "Travel")
    assert answering.embed(["One sentence.", "Another one."]).shape[0] == 2, "sentences cannot be compared any more"


def test_a_build_that_cannot_embed_says_why_and_goes_on_later(acme, adam, upload, configure):
    upload("travel.md")
    old = index_writer.active_generation(acme.pk)
    with running() as (url, _):
        pass
    configure(url, "text-embedding-large")
    follow_settings()
    (row,) = scheduler.building(acme)
    assert not scheduler.advance(acme, row, seconds=30)
    row.refresh_from_db()
    assert "did not answer" in row.error
    assert row.state == Generation.State.BUILDING
    assert index_writer.active_generation(acme.pk) == old
