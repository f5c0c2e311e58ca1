"""How quickly documents become searchable, and how close that is to what the embedder alone can do."""

from __future__ import annotations

import http.client
import json
import random
import sys
import time
from collections.abc import Callable, Iterator

import django

from tests.benchmarks.installation import Installation, document, words

DOCUMENTS = 200


def measure() -> Iterator[dict]:
    with Installation() as portal:
        headers = portal.company()
        chance, vocabulary = random.Random(2), words()
        files = {f"{number}.md": document(number, chance, vocabulary) for number in range(DOCUMENTS)}
        portal.start()
        with portal.api(headers) as api:
            shelf = api.post("collections/", json={"name": "Shelf"}).json()["id"]
        upload = _uploader(portal, headers, shelf)
        upload("w.md", "# Warm\n\nup")
        while portal.ready() < 1:
            time.sleep(0.05)
        used, own, began = portal.processor_seconds(), time.process_time(), time.perf_counter()
        for name, text in files.items():
            upload(name, text)
        uploaded = time.perf_counter() - began
        while portal.ready() < DOCUMENTS + 1:
            time.sleep(0.05)
        took = time.perf_counter() - began
        used, own = portal.processor_seconds() - used, time.process_time() - own
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
        yield {
            "name": "the embedder's share of the processor time of an ingestion", "unit": "ratio",
            "value": round(raw["processor_seconds"] / (used + own), 2), "goal": None,
        }  # fmt: skip
        yield {
            "name": "processor time of an ingestion besides the embedder's", "unit": "ms a document",
            "value": round(1000 * (used + own - raw["processor_seconds"]) / DOCUMENTS, 1), "goal": None,
        }  # fmt: skip


def _uploader(portal: Installation, headers: dict[str, str], shelf: str) -> Callable[[str, str], None]:
    """One kept connection. The plainest client there is, since it shares the cores with what is measured."""
    connection = http.client.HTTPConnection("127.0.0.1", portal.port)
    headers = headers | {"Content-Type": "multipart/form-data; boundary=between-parts"}

    def upload(name: str, text: str) -> None:
        body = (
            f'--between-parts\r\nContent-Disposition: form-data; name="collection"\r\n\r\n{shelf}\r\n'
            f'--between-parts\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            f"Content-Type: text/markdown\r\n\r\n{text}\r\n--between-parts--\r\n"
        )
        connection.request("POST", "/t/bench/api/v1/documents/", body.encode(), headers)
        answer = connection.getresponse()
        said = answer.read()
        assert answer.status == 201, said

    return upload


def embed_alone() -> dict:
    """The same texts through the same embedder, both cores, nothing else running."""
    from knowledge import backends
    from knowledge.models import Passage
    from tenants.isolation.scope import each_tenant

    texts = [
        passage.text
        for tenant in each_tenant()
        for passage in Passage.objects.for_tenant(tenant).order_by("version", "ordinal")
    ]
    embedder = backends.embedder()
    embedder.embed(texts[:16])
    began, used = time.perf_counter(), time.process_time()
    embedder.embed(texts)
    took, used = time.perf_counter() - began, time.process_time() - used
    return {"passages": len(texts), "per_second": len(texts) / took, "processor_seconds": used}


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(embed_alone()) + "\n")
