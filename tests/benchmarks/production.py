"""The same installation at company size: PostgreSQL, Redis, Weaviate, a process for each kind of work."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from portal.operations.services import production, stack
from tests.benchmarks.installation import Installation, document, percentile, words
from tests.benchmarks.searching import at_once, search_times

SIZES = tuple(int(n) for n in os.environ.get("BENCH_SIZES", "1000,10000,100000").split(","))
DOCUMENTS = 200
TENANTS = int(os.environ.get("BENCH_TENANTS", 1000))


class Production(Installation):
    def __init__(self, **environment: str) -> None:
        super().__init__(**environment)
        self._former = os.environ.get("PORTAL_DATA_DIR")
        os.environ["PORTAL_DATA_DIR"] = self.folder.name  # where portal.operations.services looks
        if missing := stack.up(write_line=lambda line: None):
            raise RuntimeError(f"Not here: {missing}")
        for step in (["setup_database"], ["migrate", "--noinput", "--verbosity=0"]):
            preparing = production.environment(self.port, addresses=production.FOR_PREPARING)
            subprocess.run([*self.manage_words, *step], env=preparing, capture_output=True, check=True)
        self.administrator = production.environment(self.port, addresses=production.FOR_PREPARING)["DATABASE_ADMIN_URL"]
        self.environment = production.environment(self.port) | {"LOG_LEVEL": "ERROR"} | environment

    def __exit__(self, *_) -> None:
        self.stop()
        places = [server.folder.resolve() for server in stack.servers()]
        stack.down(write_line=lambda line: None)
        if self._former is None:
            del os.environ["PORTAL_DATA_DIR"]
        else:
            os.environ["PORTAL_DATA_DIR"] = self._former
        for place in places:
            shutil.rmtree(place, ignore_errors=True)
        self.folder.cleanup()

    def analyse(self) -> None:
        """As PostgreSQL does by itself within a minute after so many rows came."""
        with psycopg.connect(self.administrator, dbname=stack.DATABASE, autocommit=True) as connection:
            connection.execute("ANALYZE")

    def ready(self) -> int:
        with psycopg.connect(self.administrator, dbname=stack.DATABASE) as connection:
            return connection.execute("SELECT count(*) FROM knowledge_version WHERE status = 'ready'").fetchone()[0]


def measure() -> Iterator[dict]:
    for size in SIZES:
        yield from _search(size)
    for workers in (1, 2):
        yield from _ingest(workers)
    yield from _neighbours()


def _search(size: int) -> Iterator[dict]:
    with Production() as portal:
        portal.company()
        portal.python("tests.benchmarks.seed", "fill", "bench", str(size), "0")
        portal.analyse()
        plain = portal.key("plain@bench.example")
        portal.start()
        took = search_times(portal, plain)
        p50, p95 = percentile(took, 0.5), percentile(took, 0.95)
        rate = at_once(portal, plain, 8)
        portal.stop()
        raw = portal.python("tests.benchmarks.seed", "raw", "bench", "200")
        goal = round(1.5 * raw["p50_ms"] + 5, 1)
        yield {"name": f"search by REST, {size:,} passages, p50", "unit": "ms", "value": p50, "goal": goal}
        yield {"name": f"search by REST, {size:,} passages, p95", "unit": "ms", "value": p95, "goal": None}
        yield {"name": f"search by REST, {size:,} passages, 8 at once", "unit": "/s", "value": rate, "goal": None}
        yield {"name": f"Weaviate's own hybrid query, {size:,} passages, p50", "unit": "ms", "value": raw["p50_ms"],
               "goal": None}  # fmt: skip


def _ingest(workers: int) -> Iterator[dict]:
    with Production(BULK_WORKERS=str(workers)) as portal:
        portal.company()
        folder = Path(portal.folder.name) / "incoming"
        folder.mkdir()
        chance, vocabulary = random.Random(2), words()
        for number in range(DOCUMENTS):
            (folder / f"{number}.md").write_text(document(number, chance, vocabulary))
        (folder.parent / "warm.md").write_text("# Warm\n\nup")
        portal.start()
        portal.manage("ingest", str(folder.parent / "warm.md"), "--tenant", "bench", "--collection", "Shelf", "--wait")
        began = time.perf_counter()
        portal.manage("ingest", str(folder), "--tenant", "bench", "--collection", "Shelf")
        while portal.ready() < DOCUMENTS + 1:
            time.sleep(0.1)
        took = time.perf_counter() - began
        portal.stop()
        raw = portal.python("tests.benchmarks.ingesting")
        yield {"name": f"ingestion with {workers} bulk worker(s)", "unit": "documents/s",
               "value": round(DOCUMENTS / took, 1), "goal": None}  # fmt: skip
        yield {"name": f"ingestion with {workers} bulk worker(s) against the embedder alone", "unit": "ratio",
               "value": round(raw["passages"] / took / raw["per_second"], 2), "goal": None}  # fmt: skip


def _neighbours() -> Iterator[dict]:
    """One tenant's search while it is alone, and as one of many."""
    with Production() as portal:
        portal.company()
        portal.python("tests.benchmarks.seed", "fill", "bench", "1000", "0")
        portal.analyse()
        plain = portal.key("plain@bench.example")
        portal.start()
        alone = percentile(search_times(portal, plain), 0.95)
        portal.stop()
        portal.python("tests.benchmarks.seed", "neighbours", "bench", str(TENANTS - 1))
        portal.analyse()
        portal.start()
        among = percentile(search_times(portal, plain), 0.95)
        yield {
            "name": f"one tenant's search among {TENANTS:,} tenants, p95",
            "unit": "ms",
            "value": among,
            "goal": None,
        }
        yield {"name": f"p95 among {TENANTS:,} tenants against alone", "unit": "ratio",
               "value": round(among / alone, 2), "goal": 1.3}  # fmt: skip


if __name__ == "__main__":
    for figure in measure():
        sys.stdout.write(f"{figure}\n")
        sys.stdout.flush()
