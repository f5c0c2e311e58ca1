"""Fills a tenant with many passages, through the tables and the store but without parsing or embedding.

Vectors are random, so that the numbers are about searching, not about these documents. Run by bench.py in a process of its
own; prints JSON.
"""

from __future__ import annotations

import json
import random
import sys
from datetime import UTC, datetime

import django

PER_DOCUMENT = 10


def fill(slug: str, passages: int, grants: int) -> dict:
    import numpy as np
    from django.conf import settings
    from django.contrib.auth.models import Permission
    from django.db import transaction

    from knowledge import backends
    from knowledge.library.collections import create_collection
    from knowledge.models import Blob, Content, Document, DocumentUserGrant, Passage, Status, Version
    from knowledge.models.passage import passage_id
    from knowledge.permissions.grants import give
    from knowledge.stores.base import IndexedPassage, Namespace
    from knowledge.text.analysis import terms
    from tenants.isolation.scope import in_tenant
    from tenants.members.members import add_member
    from tenants.models import Membership, Tenant
    from tests.benchmarks.installation import sentence, words

    chance, vocabulary, noise = random.Random(3), words(), np.random.default_rng(3)
    tenant = Tenant.objects.get(slug=slug)
    with in_tenant(tenant):
        owner = Membership.objects.for_tenant(tenant).select_related("user", "tenant").get(role="owner")
        plain = add_member(tenant, email=f"plain@{slug}.example", name="Plain")
        many = add_member(tenant, email=f"many@{slug}.example", name="Many")
        shelf = create_collection(owner, "Everything")
        give(shelf, "read", plain, by=owner)
    number, where = tenant.next_document_no, Namespace(tenant.pk, settings.GENERATION)
    now = datetime.now(UTC)
    for begin in range(0, passages // PER_DOCUMENT, 500):
        indexed = []
        with in_tenant(tenant), transaction.atomic():
            documents, versions, blobs, contents, rows = [], [], [], [], []
            for n in range(begin, min(begin + 500, passages // PER_DOCUMENT)):
                blob = Blob(tenant=tenant, sha256=f"{n:064x}", size=1, path=f"{tenant.pk}/none-{n}")
                document = Document(
                    tenant=tenant,
                    collection=shelf,
                    number=number + n,
                    title=f"Document {n}",
                    filename=f"{n}.md",
                    owner=owner,
                )
                version = Version(
                    tenant=tenant, document=document, number=1, blob=blob, filename=f"{n}.md", media_type="text/markdown",
                    status=Status.READY, page_count=1, passage_count=PER_DOCUMENT, created_by=owner, ready_at=now,
                )  # fmt: skip
                text, vectors = [], noise.standard_normal((PER_DOCUMENT, 384)).astype("float32")
                vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
                for ordinal in range(PER_DOCUMENT):
                    body = sentence(chance, vocabulary, 120)
                    key = passage_id(version.pk, settings.GENERATION, ordinal)
                    rows.append(
                        Passage(
                            id=key, tenant=tenant, version=version, generation=settings.GENERATION, ordinal=ordinal, text=body,
                            start=0, end=len(body), page=1, digest=f"{n * PER_DOCUMENT + ordinal:064x}",
                            vector=vectors[ordinal].tobytes(),
                        )
                    )  # fmt: skip
                    indexed.append(
                        IndexedPassage(
                            passage_id=key, document_id=document.pk, document_no=document.number, version_id=version.pk,
                            collection_id=shelf.pk, text=body, terms=terms(body, "en"), vector=vectors[ordinal],
                        )
                    )  # fmt: skip
                    text.append(body)
                blobs.append(blob), documents.append(document), versions.append(version)
                contents.append(Content(tenant=tenant, version=version, text="\n".join(text)))
            Blob.objects.bulk_create(blobs)
            Document.objects.bulk_create(documents)
            Version.objects.bulk_create(versions)
            for document, version in zip(documents, versions, strict=True):
                document.current_version = document.latest_version = version
            Document.objects.for_tenant(tenant).bulk_update(documents, ["current_version", "latest_version"])
            Content.objects.bulk_create(contents)
            Passage.objects.bulk_create(rows, batch_size=500)
        backends.store().put(where, indexed)
    backends.store().optimise(where)
    read = Permission.objects.get(codename="read_document")
    with in_tenant(tenant):
        every = list(Document.objects.for_tenant(tenant).filter(collection=shelf).values_list("pk", flat=True))
        # Scattered, so that numbers do not collapse into ranges by luck.
        chosen = random.Random(5).sample(every, min(grants, len(every)))
        given = [
            DocumentUserGrant(tenant=tenant, user=many.user, permission=read, content_object_id=key) for key in chosen
        ]
        DocumentUserGrant.scoped.bulk_create(given, batch_size=1000)
    with in_tenant(tenant):
        Tenant.objects.filter(pk=tenant.pk).update(
            next_document_no=number + passages // PER_DOCUMENT, corpus_version=1000
        )
    return {"passages": passages, "documents": len(every), "grants": len(chosen)}


def neighbours(slug: str, count: int) -> dict:
    """That many more companies, each with a document that can be found."""
    from tenants.isolation.scope import in_tenant
    from tenants.members.members import add_member, create_tenant

    for number in range(count):
        tenant = create_tenant(f"{slug}-{number}", name=f"Neighbour {number}")
        with in_tenant(tenant):
            add_member(tenant, email=f"owner@{tenant.slug}.example", role="owner", name="Owner")
        fill(tenant.slug, PER_DOCUMENT, 0)
    return {"tenants": count}


def raw(slug: str, queries: int) -> dict:
    """Milliseconds of the hybrid query of the store's own library, and of the portal's store, by turns."""
    import time

    from django.conf import settings

    from knowledge import backends
    from knowledge.permissions.access import readable
    from knowledge.stores.base import Namespace, Query
    from knowledge.text.analysis import terms
    from tenants.isolation.scope import in_tenant
    from tenants.models import Membership, Tenant
    from tests.benchmarks import raw_query
    from tests.benchmarks.installation import percentile, sentence, words

    chance, vocabulary = random.Random(11), words()
    tenant = Tenant.objects.get(slug=slug)
    with in_tenant(tenant):
        people = Membership.objects.for_tenant(tenant).select_related("user", "tenant")
        rights = readable(people.get(user__email=f"plain@{slug}.example"))
    where, store, embedder = Namespace(tenant.pk, settings.GENERATION), backends.store(), backends.embedder()
    ways = {
        "raw": raw_query.asker(where, rights),
        "portal": lambda query: store.search(where, query, readable=rights, limit=raw_query.HITS),
    }
    took: dict[str, list[float]] = {name: [] for name in ways}
    for n in range(queries + 20):
        question = "how is the " + sentence(chance, vocabulary, 7)
        query = Query(text=question, terms=terms(question, "en"), vector=embedder.embed([question])[0])
        for name, ask in ways.items():
            began = time.perf_counter()
            ask(query)
            if n >= 20:
                took[name].append((time.perf_counter() - began) * 1000)
    return {"p50_ms": percentile(took["raw"], 0.5), "portal_p50_ms": percentile(took["portal"], 0.5)}


if __name__ == "__main__":
    django.setup()
    verb, slug, *numbers = sys.argv[1:]
    print(json.dumps({"fill": fill, "neighbours": neighbours, "raw": raw}[verb](slug, *map(int, numbers))))
