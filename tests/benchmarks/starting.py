"""How long until it serves, and what it weighs."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator

from tests.benchmarks.installation import Installation, document, words

SETTLE = int(os.environ.get("BENCH_SETTLE", 300))  # seconds; the goal is about five minutes after the work


def measure() -> Iterator[dict]:
    with Installation() as portal:
        cold = portal.start()
        yield {"name": "cold start to web, worker and beat up", "unit": "s", "value": round(cold, 2), "goal": 3}
        time.sleep(5)
        yield {"name": "memory, nothing asked yet", "unit": "MiB PSS", "value": portal.memory(), "goal": 250}
        portal.stop()
        warm = min(_restart(portal) for _ in range(3))
        yield {"name": "warm start to web, worker and beat up", "unit": "s", "value": round(warm, 2), "goal": 2}
        headers = portal.company()
        portal.start()
        with portal.api(headers) as api:
            shelf = api.post("collections/", json={"name": "Shelf"}).json()["id"]
            chance, vocabulary, peak, ids = random.Random(1), words(), 0.0, []
            for number in range(30):
                file = (f"{number}.md", document(number, chance, vocabulary))
                made = api.post("documents/", files={"file": file}, data={"collection": shelf})
                ids.append(made.json()["id"])
                peak = max(peak, portal.memory())
            while any(api.get(f"documents/{key}/").json()["status"] != "ready" for key in ids):
                peak = max(peak, portal.memory())
                time.sleep(0.3)
            portal.stop()
            portal.start()
            began = time.perf_counter()
            api.post("ask/", json={"question": "What does document 3 say about its first section?"}).raise_for_status()
            first = time.perf_counter() - began
            yield {
                "name": "first question after a start, whole answer",
                "unit": "s",
                "value": round(first, 2),
                "goal": None,
            }
            for number in range(40):
                api.post("ask/", json={"question": f"What does document {number} say?"})
                file = (f"again-{number}.md", document(number, chance, vocabulary))
                api.post("documents/", files={"file": file}, data={"collection": shelf})
                peak = max(peak, portal.memory())
        deadline = time.monotonic() + SETTLE
        while time.monotonic() < deadline:
            peak = max(peak, portal.memory())
            time.sleep(2)
        yield {"name": "peak memory while asking and uploading", "unit": "MiB PSS", "value": peak, "goal": 700}
        after = portal.memory()
        yield {"name": f"memory {SETTLE} s after questions and uploads", "unit": "MiB PSS", "value": after, "goal": 400}


def _restart(portal: Installation) -> float:
    took = portal.start()
    portal.stop()
    return took
