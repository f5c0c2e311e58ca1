"""From the rows to recipes: what the installation makes now, and what an index of a tenant was made with."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from uuid import UUID

from django.conf import settings

from knowledge.index_spec import IndexSpec
from knowledge.models import Generation
from tenants.isolation.scope import in_tenant
from tenants.models import Tenant


def configured() -> IndexSpec:
    """What the settings ask for."""
    openai = settings.EMBEDDER == "openai"
    return IndexSpec(
        settings.EMBEDDER,
        settings.EMBEDDING_MODEL if openai else "",
        settings.EMBEDDING_BASE_URL if openai else "",
        settings.PASSAGE_WORDS,
        settings.PASSAGE_OVERLAP,
    )


def spec_of(generation: Generation) -> IndexSpec:
    now = configured()
    if generation.name == now.name:  # its address may be another by now
        return now
    if not generation.embedder:  # a row from before these columns
        return _from_name(generation.name)
    return IndexSpec(
        generation.embedder,
        generation.model,
        generation.base_url,
        generation.words,
        generation.overlap,
        generation.analysis,
    )


@lru_cache(maxsize=1024)
def spec_for(tenant_id: UUID, name: str) -> IndexSpec:
    """Asked for each question, and the same as long as a process lives: addresses change with its settings."""
    with in_tenant(Tenant(pk=tenant_id)):
        row = Generation.objects.for_tenant(tenant_id).filter(name=name).first()
    return _from_name(name) if row is None else spec_of(row)


def columns(made_with: IndexSpec) -> dict:
    """For a new row."""
    return {
        "embedder": made_with.embedder,
        "model": made_with.model,
        "base_url": made_with.base_url,
        "words": made_with.words,
        "overlap": made_with.overlap,
        "analysis": made_with.analysis,
    }


def _from_name(name: str) -> IndexSpec:
    now = configured()
    if name == now.name:
        return now
    spec = IndexSpec.of_name(name)
    if replace(now, words=spec.words, overlap=spec.overlap).name == name:
        return replace(now, words=spec.words, overlap=spec.overlap)
    return spec
