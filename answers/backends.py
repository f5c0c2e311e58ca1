"""The one place that reads the settings of the writing model. Built lazily, one per process."""

from __future__ import annotations

from functools import cache

from django.conf import settings

from answers.answer_models.base import AnswerModel


@cache
def answer_model() -> AnswerModel | None:
    """The configured writing model, or None: then answers are quotes."""
    if not settings.ANSWER_MODEL:
        return None
    from answers.answer_models.openai import OpenAIModel

    return OpenAIModel(
        settings.OPENAI_BASE_URL or "https://api.openai.com/v1", settings.OPENAI_API_KEY, settings.ANSWER_MODEL
    )


def embed(texts):
    """Sentences to unit vectors, to be compared with each other: by the configured embedder, or by the bundled one while
    that is away."""
    from knowledge import backends
    from knowledge.embedders.base import EmbedderError
    from knowledge.index_spec import IndexSpec

    try:
        return backends.embedder().embed(texts)
    except EmbedderError:
        return backends.embedder_of(IndexSpec()).embed(texts)
