"""Passages made by hand, for tests that need no document."""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid4, uuid5

from answers.answer_models.base import SourcePassage


def passage(text: str, title: str = "Travel policy", *, document: str = "", **more) -> SourcePassage:
    """`document` names what several passages have in common; without it each stands alone."""
    of = uuid5(NAMESPACE_URL, document) if document else uuid4()
    facts = {"page": 1, "heading_path": (), "start": 0, "score": 1.0, "dense": 0.6, "lexical": 5.0} | more
    return SourcePassage(passage_id=uuid4(), document_id=of, version_id=of, title=title, text=text, **facts)
