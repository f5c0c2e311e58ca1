"""An index that lost passages is never taken for documents that do not say it, and is made whole without anybody's doing."""

from __future__ import annotations

import shutil
import time
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.management import call_command

from knowledge import backends, tasks
from knowledge.erasure.deletion import put_in_trash
from knowledge.indexes import comparison_queue, consistency, index_writer
from knowledge.indexes.consistency import IndexIncomplete
from knowledge.models import IndexComparison, Passage
from knowledge.retrieval.search import find, notice
from knowledge.stores.base import IndexedPassage, StoreUnavailable
from tests.fixtures_knowledge import as_the_application

pytestmark = pytest.mark.django_db

OTHERS = [
    ("tea.md", "# Tea\n\nThe unicorn drinks tea at four o'clock."),
    ("parking.md", "# Parking\n\nThe garage closes at 20:00 and opens at six."),
    ("badges.md", "# Badges\n\nA lost badge is reported to the reception."),
]


@pytest.fixture(autouse=True)
def bells(monkeypatch):
    """How often a comparison was rung for. What the queue would run is run by `compare`."""
    rung = []
    monkeypatch.setattr(tasks.compare_next, "apply_async", lambda *given, **options: rung.append(options))
    for name in ("_seen", "_asked", "_state_cache"):
        for module in (consistency, comparison_queue, index_writer):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, {})
    cache.delete(tasks._dedupe_key(tasks.COMPARE))
    yield rung
    cache.delete(tasks._dedupe_key(tasks.COMPARE))


@pytest.fixture
def compare():
    """Workers at work until no comparison waits."""

    def work() -> None:
        with as_the_application():
            while comparison_queue.waiting():
                tasks.compare_next()

    return work


@pytest.fixture
def handbook(upload):
    """Four documents that Erin may read."""
    return [upload("travel.md"), *(upload(name, text) for name, text in OTHERS)]


def empty(tenant) -> None:
    backends.store().destroy(index_writer.namespace_of(tenant.pk))


def lose(tenant, *documents) -> None:
    backends.store().drop(index_writer.namespace_of(tenant.pk), [document.current_version_id for document in documents])


def wanted(tenant) -> list[IndexComparison]:
    return list(IndexComparison.objects.for_tenant(tenant))


def test_nobody_is_told_that_nothing_was_found(acme, erin, upload, titles, bells, compare):
    upload("travel.md")
    empty(acme)
    for _ in range(3):
        with pytest.raises(IndexIncomplete, match="being rebuilt: 0 of 1 passages searched"):
            find(erin, ["meals"], limit=5)
    assert len(bells) == 1
    compare()
    assert titles(erin, "meals") == {"Travel"}
    assert wanted(acme) == []


def test_a_half_wiped_index_is_no_reason_to_refuse(acme, erin, handbook, titles, compare):
    """Something is found, and not what answers: the refusal would be the lie."""
    from knowledge.retrieval.search import require_complete_index

    titles(erin, "meals")
    lose(acme, handbook[0], handbook[1])
    assert titles(erin, "the daily meal allowance"), "what is left is found"
    with pytest.raises(IndexIncomplete, match="2 of 4 passages searched"):
        require_complete_index(erin)
    compare()
    require_complete_index(erin)


def test_what_is_found_meanwhile_says_what_it_lacks(acme, erin, handbook, titles, client, settings):
    consistency.forget_all()  # and came back half
    lose(acme, handbook[0])
    assert titles(erin, "garage") >= {"Parking"}
    assert notice(erin) == "The search index is being rebuilt: 3 of 4 passages searched."
    client.force_login(erin.user)
    page = client.get("/t/acme/search/", {"q": "garage"}).content.decode()
    assert "being rebuilt: 3 of 4 passages searched" in page
    rows = client.get("/t/acme/search/dialog/", {"q": "garage"}).content.decode()
    assert "being rebuilt: 3 of 4 passages searched" in rows


def test_the_command_says_so_too(acme, erin, handbook, capsys):
    lose(acme, handbook[0])
    consistency._seen.clear()  # a command is a process of its own
    call_command("search", "garage", tenant="acme", user=erin.user.email)
    assert "being rebuilt: 3 of 4 passages searched" in capsys.readouterr().err


def test_yesterdays_index_is_found_out_by_the_newest_document(acme, erin, handbook, upload, titles, compare):
    """A document left and another came since: the count is what it should be."""
    from knowledge.retrieval.search import require_complete_index

    store, there = backends.store(), index_writer.namespace_of(acme.pk)
    yesterday = store_copy(acme)
    put_in_trash(erin, handbook[0], erase_now=True)
    with as_the_application():
        from knowledge import maintenance

        maintenance.do_store_work()
    upload("canteen.md", "# Canteen\n\nThe canteen serves soup on Mondays.")
    restore_copy(acme, yesterday)
    assert store.count(there) == Passage.objects.for_tenant(acme).count() == 4
    with pytest.raises(IndexIncomplete, match="is being checked"):
        require_complete_index(erin)
    compare()
    assert "Canteen" in titles(erin, "soup")
    require_complete_index(erin)


def store_copy(tenant):
    folder = backends.store()._folder.path
    copy = folder.with_name(f"{folder.name}-yesterday")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    return copy


def restore_copy(tenant, copy) -> None:
    folder = backends.store()._folder.path
    shutil.rmtree(folder)
    shutil.move(copy, folder)
    backends.open_store.cache_clear()
    backends.store.cache_clear()


def test_the_first_document_after_the_loss_asks_for_the_others(acme, erin, upload, titles, compare):
    upload("travel.md")
    empty(acme)
    upload("tea.md", "# Tea\n\nThe unicorn likes tea.")
    assert [each.in_doubt for each in wanted(acme)] == [True]
    compare()
    assert titles(erin, "meals for the unicorn") == {"Travel", "Tea"}


def test_a_company_without_documents_finds_nothing(acme, erin, shelf, bells):
    assert find(erin, ["meals"], limit=5) == []
    assert bells == wanted(acme) == []


def test_one_whose_only_document_is_in_the_trash_finds_nothing(acme, erin, upload, bells):
    put_in_trash(erin, upload("travel.md"))
    assert find(erin, ["meals"], limit=5) == []
    empty(acme)
    assert find(erin, ["meals"], limit=5) == []
    assert bells == wanted(acme) == []


def test_a_whole_index_finds_nothing_where_there_is_nothing(acme, erin, handbook, bells):
    from knowledge.retrieval.search import SearchFilters

    assert find(erin, ["meals"], limit=5, filters=SearchFilters(author="Nobody")) == []
    assert bells == wanted(acme) == []


def test_only_a_finished_comparison_ends_the_doubt(acme, erin, handbook, monkeypatch, compare):
    """Not a message that was lost, not a cache that forgot, not a store that was away."""
    empty(acme)
    with pytest.raises(IndexIncomplete):
        find(erin, ["meals"], limit=5)
    cache.clear()

    def away(tenant, *, repair):
        raise StoreUnavailable("The search index is temporarily unavailable.")

    with monkeypatch.context() as patch:
        patch.setattr("knowledge.indexes.reconcile.of_tenant", away)
        tasks.compare_next()
    assert len(wanted(acme)) == 1
    assert comparison_queue.waiting() == [], "not at once again"
    IndexComparison.objects.for_tenant(acme).update(claimed_until=None)
    compare()
    assert wanted(acme) == []


def test_the_sweep_rings_for_what_waits(acme, erin, handbook, bells):
    empty(acme)
    with pytest.raises(IndexIncomplete):
        find(erin, ["meals"], limit=5)
    bells.clear()
    cache.clear()  # the message was lost
    tasks.sweep()
    assert len(bells) == 1


def test_one_asked_for_during_a_comparison_is_made_after_it(acme, erin, handbook):
    comparison_queue.request(acme.pk)
    claimed = comparison_queue.claim(acme.pk)
    assert comparison_queue.claim(acme.pk) is None, "one worker at a time"
    comparison_queue._asked.clear()
    comparison_queue.request(acme.pk)
    comparison_queue.finish(claimed)
    assert comparison_queue.waiting() == [acme.pk]


@pytest.mark.parametrize(("is_asked_by_somebody", "others"), [(True, {"globex"}), (False, set())])
def test_what_one_company_lost_the_others_are_compared_for_before_they_ask(
    acme, erin, handbook, globex, compare, is_asked_by_somebody, others, monkeypatch
):
    """Once: a company that is compared for another's loss asks for nobody, or all would ask for all."""
    from knowledge.indexes import comparison_worker, reconcile

    monkeypatch.setattr(comparison_worker, "_others_asked_at", float("-inf"))
    compared = []
    of_tenant = reconcile.of_tenant
    lose(acme, handbook[0])
    comparison_queue._request(acme.pk, in_doubt=is_asked_by_somebody)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            reconcile, "of_tenant", lambda tenant, **k: compared.append(tenant.slug) or of_tenant(tenant, **k)
        )
        compare()
    assert set(compared) == {"acme"} | others


def test_of_two_losses_in_a_row_the_second_makes_the_others_compared_a_little_later(
    acme, erin, handbook, globex, compare, monkeypatch
):
    """They may have lost something the second time, and nobody may ask them for hours."""
    from knowledge.indexes import comparison_worker

    later = []
    monkeypatch.setattr(comparison_worker, "_others_asked_at", float("-inf"))
    monkeypatch.setattr(comparison_worker, "call_later", lambda seconds, function: later.append((seconds, function)))
    for _ in range(3):
        lose(acme, handbook[0])
        comparison_queue._asked.clear()
        comparison_queue.request(acme.pk)
        compare()
    ((seconds, request),) = later
    assert 0 < seconds <= comparison_worker.OTHER_TENANTS_INTERVAL_SECONDS
    assert wanted(globex) == []
    request()
    assert len(wanted(globex)) == 1


def test_a_comparison_at_its_hour_makes_nobodys_refusal_doubtful(acme, erin, handbook):
    tasks.compare()
    assert [each.in_doubt for each in wanted(acme)] == [False]
    assert not comparison_queue.is_in_doubt(acme.pk)


def strangers(tenant, shelf, number: int) -> None:
    """Passages of one document that the rows do not know."""
    import numpy as np

    vector = bytes(Passage.objects.for_tenant(tenant).first().vector)
    backends.store().put(
        index_writer.namespace_of(tenant.pk),
        [
            IndexedPassage(
                uuid4(), uuid4(), number, uuid4(), shelf.pk, "garage", "garage", np.frombuffer(vector, "<f4")
            )
            for _ in range(6)
        ],
    )


def test_passages_of_documents_that_left_ask_for_a_comparison(acme, erin, handbook, shelf, titles):
    strangers(acme, shelf, 900)
    titles(erin, "garage")
    assert [each.in_doubt for each in wanted(acme)] == [True]


def test_passages_of_a_document_on_its_way_do_not(acme, erin, handbook, shelf, titles, bring):
    """They are in the store before they are in the rows, and nobody's refusal is doubtful for it."""
    strangers(acme, shelf, bring("more.md", "# More").document.number)
    titles(erin, "garage")
    assert wanted(acme) == []


def test_the_numbers_are_of_what_the_reader_may_see(acme, erin, handbook, alice):
    """A colleague without rights learns nothing about how much there is."""
    from knowledge.retrieval.search import require_complete_index

    lose(acme, handbook[0])
    require_complete_index(alice)
    with pytest.raises(IndexIncomplete, match="3 of 4"):
        require_complete_index(erin)


def test_watching_a_whole_index_costs_a_search_nothing(acme, erin, handbook, titles, monkeypatch):
    titles(erin, "garage")
    monkeypatch.setattr(consistency, "check", lambda there: pytest.fail("looked again"))
    for _ in range(3):
        titles(erin, "garage")


def test_an_index_is_looked_at_beside_a_search_once_a_minute(acme, erin, handbook, titles, monkeypatch):
    titles(erin, "garage")
    looked = []
    monkeypatch.setattr(consistency, "_watch_apart", looked.append)
    monkeypatch.setattr(consistency, "CHECK_INTERVAL_SECONDS", -1.0)
    titles(erin, "garage")
    until = time.monotonic() + 2
    while not looked and time.monotonic() < until:
        time.sleep(0.01)
    assert looked == [index_writer.namespace_of(acme.pk)]
