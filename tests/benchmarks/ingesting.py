"""How quickly documents become searchable, and how close that is to what the embedder alone can do."""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import django

from tests.benchmarks.installation import Installation, document, words

DOCUMENTS = 200


def measure() -> Iterator[dict]:
    with Installation() as portal:
        headers = portal.company()
        folder = Path(portal.folder.name) / "incoming"
        folder.mkdir()
        chance, vocabulary = random.Random(2), words()
        for number in range(DOCUMENTS):
            (folder / f"{number}.md").write_text(document(number, chance, vocabulary))
        portal.start()
        with portal.api(headers) as api:
            shelf = api.post("collections/", json={"name": "Shelf"}).json()["id"]
            warm = api.post("documents/", files={"file": ("w.md", "# Warm\n\nup")}, data={"collection": shelf}).json()[
                "id"
            ]
            while api.get(f"documents/{warm}/").json()["status"] != "ready":
                time.sleep(0.05)
            began = time.perf_counter()
            ids = [
                api.post(
                    "documents/", files={"file": (path.name, path.read_bytes())}, data={"collection": shelf}
                ).json()["id"]
                for path in sorted(folder.iterdir())
            ]
            uploaded = time.perf_counter() - began
            while portal.ready() < len(ids) + 1:
                time.sleep(0.05)
            took = time.perf_counter() - began
        portal.stop()
        raw = portal.python("tests.benchmarks.ingesting")
        rate = raw["passages"] / took
        yield {
            "name": f"upload of {DOCUMENTS} documents by REST",
            "unit": "s",
            "value": round(uploaded, 2),
            "goal": None,
        }
        yield {
            "name": "ingestion",
            "unit": "documents/s",
            "value": round(DOCUMENTS / took, 1),
            "goal": 12,
            "at_least": True,
        }
        yield {
            "name": "ingestion against the embedder alone", "unit": "ratio", "value": round(rate / raw["per_second"], 2),
            "goal": 0.85, "at_least": True,
        }  # fmt: skip


def embed_alone() -> dict:
    """The same texts through the same embedder, both cores, nothing else running."""
    from knowledge import backends
    from knowledge.models import Passage
    from tenants.scope import each_tenant

    texts = [
        passage.text
        for tenant in each_tenant()
        for passage in Passage.objects.for_tenant(tenant).order_by("version", "ordinal")
    ]
    embedder = backends.embedder()
    embedder.embed(texts[:16])
    began = time.perf_counter()
    embedder.embed(texts)
    took = time.perf_counter() - began
    return {"passages": len(texts), "per_second": len(texts) / took}


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(embed_alone()) + "\n")
