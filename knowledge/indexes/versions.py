"""From the rows to recipes: what the installation makes now, and what an index of a tenant was made with."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from uuid import UUID

from django.conf import settings

from knowledge.index_spec import Recipe
from knowledge.models import Generation
from tenants.isolation.scope import in_tenant
from tenants.models import Tenant


def configured() -> Recipe:
    """What the settings ask for."""
    openai = settings.EMBEDDER == "openai"
    return Recipe(
        settings.EMBEDDER,
        settings.EMBEDDING_MODEL if openai else "",
        settings.EMBEDDING_BASE_URL if openai else "",
        settings.PASSAGE_WORDS,
        settings.PASSAGE_OVERLAP,
    )


def recipe_of(generation: Generation) -> Recipe:
    now = configured()
    if generation.name == now.name:  # its address may be another by now
        return now
    if not generation.embedder:  # a row from before these columns
        return _from_name(generation.name)
    return Recipe(
        generation.embedder,
        generation.model,
        generation.base_url,
        generation.words,
        generation.overlap,
        generation.analysis,
    )


@lru_cache(maxsize=1024)
def recipe(tenant_id: UUID, name: str) -> Recipe:
    """Asked for each question, and the same as long as a process lives: addresses change with its settings."""
    with in_tenant(Tenant(pk=tenant_id)):
        row = Generation.objects.for_tenant(tenant_id).filter(name=name).first()
    return _from_name(name) if row is None else recipe_of(row)


def columns(made_with: Recipe) -> dict:
    """For a new row."""
    return {
        "embedder": made_with.embedder,
        "model": made_with.model,
        "base_url": made_with.base_url,
        "words": made_with.words,
        "overlap": made_with.overlap,
        "analysis": made_with.analysis,
    }


def _from_name(name: str) -> Recipe:
    now = configured()
    if name == now.name:
        return now
    told = Recipe.of_name(name)
    if replace(now, words=told.words, overlap=told.overlap).name == name:
        return replace(now, words=told.words, overlap=told.overlap)
    return told
