"""Another embedding model or other passages: a new index is made beside the old one, and nobody goes without answers."""

from uuid import uuid4

import pytest

from knowledge import backends, tasks
from knowledge.erasure.deletion import put_in_trash
from knowledge.index_spec import IndexSpec
from knowledge.indexes import actions, build, index_writer, reconcile, scheduler, switch
from knowledge.indexes.settings_changes import follow_settings
from knowledge.library.collections import create_collection
from knowledge.library.documents import move_document
from knowledge.models import Generation, Passage, Version
from knowledge.stores.base import Namespace
from tenants.isolation.scope import in_tenant
from tests.fixtures_knowledge import as_the_application

pytestmark = pytest.mark.django_db(transaction=True)

LONG = "# Rules\n\n" + "\n\n".join(f"## Rule {n}\n\n" + f"The allowance of rule {n} is paid. " * 30 for n in range(6))
SMALL = IndexSpec(words=60, overlap=10)


@pytest.fixture
def make():
    """Makes what is wanted, to the end."""

    def turns(tenant) -> None:
        with as_the_application():
            for _ in range(20):
                if not scheduler.building(tenant):
                    return
                for generation in scheduler.building(tenant):
                    scheduler.advance(tenant, generation, seconds=30)
        raise AssertionError("the index is never complete")

    return turns


@pytest.fixture(params=["lance", pytest.param("weaviate", marks=pytest.mark.service)])
def each_store(request, settings):
    if request.param == "weaviate":
        server = request.getfixturevalue("real_weaviate")
        settings.VECTOR_STORE, settings.WEAVIATE_URL, settings.WEAVIATE_API_KEY = "weaviate", server.url, server.key
        settings.WEAVIATE_GRPC_PORT, settings.WEAVIATE_PREFIX = server.grpc_port, f"G{uuid4().hex[:8]}"
        backends.store.cache_clear()
        backends.open_store.cache_clear()
    yield
    if request.param == "weaviate":
        backends.store().close()
        backends.store.cache_clear()
        backends.open_store.cache_clear()


@pytest.fixture
def library(upload):
    return [upload("travel.md"), upload("rules.md", LONG)]


@pytest.fixture
def no_reading(monkeypatch):
    """From now on no file may be read."""

    def parse(*arguments, **options):
        raise AssertionError("a file is read again")

    # On the class: undone on the one parser of the process, the method would stay behind as an attribute of it.
    monkeypatch.setattr(type(backends.parser()), "parse", parse)


def state(tenant, name: str) -> str:
    return Generation.objects.for_tenant(tenant).get(name=name).state


def in_store(tenant, name: str) -> set:
    return {each.passage_id for page in backends.store().listing(Namespace(tenant.pk, name)) for each in page}


def in_rows(tenant, name: str) -> set:
    return set(Passage.objects.for_tenant(tenant).filter(generation=name).values_list("pk", flat=True))


def test_nothing_happens_while_nothing_changed(acme, library):
    assert follow_settings() == 0
    assert Generation.objects.for_tenant(acme).count() == 1


def test_after_a_change_of_settings_the_old_index_answers_until_the_new_one_is_complete(
    each_store, acme, erin, library, titles, settings, make, no_reading
):
    old = index_writer.active_generation(acme.pk)
    settings.PASSAGE_WORDS, settings.PASSAGE_OVERLAP = 60, 10
    assert follow_settings() == 1
    assert follow_settings() == 1, "a second start does not begin anew, and still tells of it"
    assert titles(erin, "meal allowance"), "nothing is found while the new index is made"
    assert index_writer.active_generation(acme.pk) == old
    make(acme)
    assert index_writer.active_generation(acme.pk) == SMALL.name
    assert {state(acme, old), state(acme, SMALL.name)} == {"retired", "active"}
    assert titles(erin, "meal allowance")
    assert in_store(acme, SMALL.name) == in_rows(acme, SMALL.name)
    assert len(in_rows(acme, SMALL.name)) > len(in_rows(acme, old)), "shorter passages should be more"
    counted = sum(Version.objects.for_tenant(acme).values_list("passage_count", flat=True))
    assert counted == len(in_rows(acme, SMALL.name)), "the facts of a document still count the old passages"
    assert reconcile.of_tenant(acme, repair=False).astray == 0
    assert follow_settings() == 0


def test_workers_that_start_with_other_settings_begin_the_index_too(acme, library, settings, monkeypatch):
    """In a cluster nobody runs `up`: whoever sweeps first notices."""
    monkeypatch.setattr(tasks, "_followed", False)
    settings.PASSAGE_WORDS, settings.PASSAGE_OVERLAP = 60, 10
    with as_the_application():
        tasks.sweep()
    assert [row.name for row in scheduler.building(acme)] == [SMALL.name]


def test_a_new_index_waits_until_somebody_chooses_it(acme, adam, erin, library, titles, make):
    old = index_writer.active_generation(acme.pk)
    actions.begin(acme, SMALL, by=adam)
    make(acme)
    assert state(acme, SMALL.name) == "ready"
    assert index_writer.active_generation(acme.pk) == old
    actions.prefer(acme, SMALL.name, by=adam)
    make(acme)
    assert index_writer.active_generation(acme.pk) == SMALL.name
    actions.prefer(acme, old, by=adam)
    make(acme)
    assert index_writer.active_generation(acme.pk) == old
    assert titles(erin, "meal allowance")


def test_texts_that_both_indexes_have_are_embedded_once(acme, adam, library, make, monkeypatch):
    same = IndexSpec(words=180, overlap=41)
    old = index_writer.active_generation(acme.pk)
    monkeypatch.setattr(type(backends.embedder()), "embed", lambda *_: pytest.fail("a known text is embedded again"))
    Passage.objects.for_tenant(acme).filter(version__document=library[1]).delete()  # its cuts may differ
    Version.objects.for_tenant(acme).filter(document=library[1]).delete()
    actions.begin(acme, same, by=adam)
    make(acme)
    assert len(in_rows(acme, same.name)) == len(in_rows(acme, old)) > 0


def test_what_happens_meanwhile_is_in_the_new_index_too(
    each_store, acme, adam, erin, library, upload, titles, make, read_all
):
    generation = actions.begin(acme, SMALL, by=adam, switches=True)
    build.step(acme, generation)
    assert in_rows(acme, SMALL.name)
    upload("tea.md", "# Tea\n\nThe unicorn likes tea.")
    upload("travel.md", "# Travel\n\nThe daily meal allowance is 50 euros.")
    put_in_trash(erin, library[1], erase_now=True)
    read_all()
    make(acme)
    assert index_writer.active_generation(acme.pk) == SMALL.name
    assert titles(erin, "unicorn") >= {"Tea"}
    assert "Rules" not in titles(erin, "allowance")
    assert in_store(acme, SMALL.name) == in_rows(acme, SMALL.name)
    assert reconcile.of_tenant(acme, repair=False).astray == 0


def test_a_document_that_is_moved_while_it_is_embedded_is_found_where_it_is(
    each_store, acme, adam, erin, library, make, monkeypatch
):
    elsewhere = create_collection(erin, "Elsewhere")
    generation, real = actions.begin(acme, SMALL, by=adam, switches=True), build._save

    def late(*arguments):
        from knowledge import maintenance

        move_document(erin, library[0], elsewhere)
        maintenance.follow_moves(acme)
        monkeypatch.setattr(build, "_save", real)
        real(*arguments)

    monkeypatch.setattr(build, "_save", late)
    build.step(acme, generation)
    make(acme)
    assert reconcile.of_tenant(acme, repair=False).astray == 0


def test_a_document_that_is_erased_while_it_is_embedded_stays_erased(
    acme, adam, erin, library, make, monkeypatch, read_all
):
    generation, real = actions.begin(acme, SMALL, by=adam, switches=True), build._save

    def late(*arguments):
        put_in_trash(erin, library[0], erase_now=True)
        read_all()
        monkeypatch.setattr(build, "_save", real)
        real(*arguments)

    monkeypatch.setattr(build, "_save", late)
    build.step(acme, generation)
    make(acme)
    assert in_store(acme, SMALL.name) == in_rows(acme, SMALL.name)
    assert reconcile.of_tenant(acme, repair=False).astray == 0


def test_an_upload_that_ends_after_the_switch_goes_into_the_new_index(
    acme, adam, erin, library, bring, titles, make, read_all, monkeypatch
):
    from knowledge.ingestion import save

    real = save._into_store

    def then_switch(*arguments):
        real(*arguments)
        monkeypatch.setattr(save, "_into_store", real)
        with in_tenant(acme):
            actions.begin(acme, SMALL, by=adam, switches=True)
        make(acme)

    bring("tea.md", "# Tea\n\nThe unicorn likes tea.")
    monkeypatch.setattr(save, "_into_store", then_switch)
    read_all()
    read_all()
    assert index_writer.active_generation(acme.pk) == SMALL.name
    assert "Tea" in titles(erin, "unicorn")
    assert reconcile.of_tenant(acme, repair=False).astray == 0


def test_a_build_that_was_killed_goes_on_where_it_was(acme, adam, library, make, monkeypatch):
    generation = actions.begin(acme, SMALL, by=adam)
    real = build._follow_moves
    monkeypatch.setattr(build, "STEP", 1)

    def killed(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(build, "_follow_moves", killed)
    with pytest.raises(KeyboardInterrupt):
        build.step(acme, generation)
    done = in_rows(acme, SMALL.name)
    assert done
    monkeypatch.setattr(build, "_follow_moves", real)
    make(acme)
    assert in_rows(acme, SMALL.name) > done
    assert in_store(acme, SMALL.name) == in_rows(acme, SMALL.name)


def test_a_store_that_was_wiped_meanwhile_is_whole_when_it_answers(each_store, acme, adam, erin, library, titles, make):
    generation = actions.begin(acme, SMALL, by=adam, switches=True)
    build.step(acme, generation)
    backends.store().destroy(Namespace(acme.pk, SMALL.name))
    make(acme)
    assert titles(erin, "meal allowance")
    assert in_store(acme, SMALL.name) == in_rows(acme, SMALL.name)


def test_switching_back_catches_up_first(acme, adam, erin, library, upload, titles, make):
    old = index_writer.active_generation(acme.pk)
    actions.begin(acme, SMALL, by=adam, switches=True)
    make(acme)
    upload("tea.md", "# Tea\n\nThe unicorn likes tea.")
    actions.prefer(acme, old, by=adam)
    make(acme)
    assert index_writer.active_generation(acme.pk) == old
    assert "Tea" in titles(erin, "unicorn")


def test_a_restart_does_not_undo_what_somebody_chose(acme, adam, library, settings, make):
    old = index_writer.active_generation(acme.pk)
    settings.PASSAGE_WORDS, settings.PASSAGE_OVERLAP = 60, 10
    follow_settings()
    make(acme)
    actions.prefer(acme, old, by=adam)
    make(acme)
    assert follow_settings() == 0
    assert index_writer.active_generation(acme.pk) == old
    settings.PASSAGE_WORDS = 90
    assert follow_settings() == 1, "settings that ask for something else are followed again"


def test_a_restart_does_not_undo_an_index_that_was_begun_by_hand(acme, adam, library, make, read_all):
    actions.begin(acme, SMALL, by=adam, switches=True)
    assert follow_settings() == 0
    make(acme)
    assert follow_settings() == 0
    read_all()
    assert index_writer.active_generation(acme.pk) == SMALL.name


def test_a_choice_that_comes_while_the_last_step_is_done_counts(acme, adam, library, make, monkeypatch):
    actions.begin(acme, SMALL, by=adam)
    real = build.count

    def late(*arguments):
        real(*arguments)
        monkeypatch.setattr(build, "count", real)
        actions.prefer(acme, SMALL.name, by=adam)

    monkeypatch.setattr(build, "count", late)
    (generation,) = scheduler.building(acme)
    scheduler.advance(acme, generation, seconds=30)
    make(acme)
    assert index_writer.active_generation(acme.pk) == SMALL.name


def test_settings_that_change_again_leave_no_half_made_index(acme, library, settings, read_all):
    settings.PASSAGE_WORDS = 90
    follow_settings()
    settings.PASSAGE_WORDS = 180
    assert follow_settings() == 0
    read_all()
    assert Generation.objects.for_tenant(acme).count() == 1


def test_a_removed_index_leaves_store_and_rows(each_store, acme, adam, erin, library, titles, make, read_all):
    from tenants.errors import Conflicting

    old = index_writer.active_generation(acme.pk)
    actions.begin(acme, SMALL, by=adam, switches=True)
    make(acme)
    with pytest.raises(Conflicting):
        actions.remove(acme, SMALL.name, by=adam)
    actions.remove(acme, old, by=adam)
    read_all()
    assert in_store(acme, old) == in_rows(acme, old) == set()
    assert list(Generation.objects.for_tenant(acme).values_list("name", flat=True)) == [SMALL.name]
    assert titles(erin, "meal allowance")


def test_an_index_that_is_being_made_is_no_damage(acme, adam, library):
    generation = actions.begin(acme, SMALL, by=adam)
    real, found = backends.store().put, []

    def put(*arguments):
        real(*arguments)
        found.append(reconcile.of_tenant(acme, repair=True).astray)

    backends.store().put = put
    try:
        build.step(acme, generation)
    finally:
        del backends.store().put
    assert found == [0]
    assert in_store(acme, SMALL.name) == in_rows(acme, SMALL.name)


def test_a_document_that_is_read_again_keeps_its_cuts_in_the_other_index(acme, adam, library, make, read_all):
    from knowledge.library import documents

    actions.begin(acme, SMALL, by=adam)
    make(acme)
    before = in_rows(acme, SMALL.name)
    documents.queue(library[0].current_version)
    read_all()
    assert in_rows(acme, SMALL.name) == before
    assert in_store(acme, SMALL.name) == before


def test_switch_says_no_to_an_index_that_nobody_chose(acme, adam, library, make):
    old = index_writer.active_generation(acme.pk)
    generation = actions.begin(acme, SMALL, by=adam)
    make(acme)
    assert not switch.switch(acme, generation)
    assert index_writer.active_generation(acme.pk) == old
