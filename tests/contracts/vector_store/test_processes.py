"""Several processes use one store, and any of them may be killed."""

import subprocess
import sys
import textwrap

import pytest

from knowledge.stores.base import Namespace
from tests.contracts.vector_store.stage import EVERYTHING, REPOSITORY, Place, by_words, open_store, passages


def test_another_process_sees_new_rows_and_drops_without_reopening(place, acme):
    here = open_store(place)
    here.put(acme, passages(range(4)))
    assert here.count(acme) == 12

    _elsewhere(place, acme, "store.put(where, passages(range(4, 6)))")
    assert here.count(acme) == 18
    assert len(here.search(acme, by_words("only5x1"), readable=EVERYTHING, limit=5)) == 1

    _elsewhere(place, acme, "store.drop(where, [row.version_id for row in passages(range(2))])")
    assert here.search(acme, by_words("only1x1"), readable=EVERYTHING, limit=5) == []

    _elsewhere(place, acme, "store.erase(where); store.optimise(where)")
    assert len(here.search(acme, by_words("common"), readable=EVERYTHING, limit=50)) == 12

    _elsewhere(place, acme, "store.destroy(where); store.put(where, passages(range(7, 8)))")
    assert here.count(acme) == 3
    assert len(here.search(acme, by_words("only7x0"), readable=EVERYTHING, limit=5)) == 1
    here.close()


def test_two_processes_may_write_at_once_and_nothing_is_lost(place, acme):
    script = "for n in range({0}, {0} + 8): store.put(where, passages(range(n, n + 1)))"
    writers = [_start(place, acme, script.format(start)) for start in (0, 100)]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0]
    here = open_store(place)
    assert here.count(acme) == 48
    here.close()


def test_a_writer_killed_at_any_moment_leaves_a_store_that_works(place, acme):
    here = open_store(place)
    here.put(acme, passages(range(2)))
    script = """
        print("ready", flush=True)
        for n in range(10, 10_000):
            store.put(where, passages(range(n, n + 1)))
            if n % 7 == 0: store.drop(where, [passages(range(n, n + 1))[0].version_id])
            if n % 11 == 0: store.optimise(where)
    """
    for moment in (0.05, 0.15, 0.3):
        writer = _start(place, acme, script)
        assert writer.stdout.readline() == b"ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            writer.wait(timeout=moment)
        writer.kill()
        writer.wait()
        here.put(acme, passages(range(5_000, 5_001)))
        assert len(here.search(acme, by_words("only5000x1"), readable=EVERYTHING, limit=5)) == 1
        assert len(here.search(acme, by_words("only1x1"), readable=EVERYTHING, limit=5)) == 1
    here.optimise(acme)
    here.erase(acme)
    here.put(acme, passages(range(10, 400)))  # what it was writing may be there in part: doing it again completes it
    assert here.count(acme) % 3 == 0
    here.close()


def _start(place: Place, where: Namespace, script: str) -> subprocess.Popen:
    program = textwrap.dedent(f"""
        from uuid import UUID
        from knowledge.stores.base import Namespace
        from tests.contracts.vector_store.stage import Place, open_store, passages
        store = open_store({place!r})
        where = Namespace(UUID({str(where.tenant_id)!r}), {where.generation!r})
    """) + textwrap.dedent(script)
    return subprocess.Popen([sys.executable, "-c", program], cwd=REPOSITORY, stdout=subprocess.PIPE)


def _elsewhere(place: Place, where: Namespace, script: str) -> None:
    assert _start(place, where, script).wait(timeout=120) == 0
