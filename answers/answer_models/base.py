"""What an answer model is given and what it gives back.

A model writes plain text in which every sentence ends with the labels of the passages it rests on: `[P1]`, `[P2, P5]`.
A question that has parts is answered by them: a line for each, begun by its mark, `[PART 2]`.
Labels belong to one request. `grounding.GroundedStream` turns them back into passages and takes them out of the text,
so nothing a reader sees or a row keeps depends on the order in which passages were given.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SourcePassage:
    passage_id: UUID
    document_id: UUID
    version_id: UUID
    title: str
    page: int
    heading_path: tuple[str, ...]
    text: str
    start: int  # of `text` in the version's canonical text, in code points
    score: float = 0.0
    dense: float = 0.0  # cosine with the question, 0 when there is no vector
    lexical: float = 0.0  # BM25, 0 when no word matched
    document_date: str = ""  # ISO date, or empty when unknown
    superseded: bool = False


@dataclass(frozen=True, slots=True)
class PreviousTurn:
    """An earlier question of the same conversation and what was answered, without labels."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Usage:
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of the answer. The last one may carry no text but what it cost and why the model stopped."""

    text: str = ""
    usage: Usage | None = None
    finish: str = ""  # "", "stop", "length"


@runtime_checkable
class AnswerModel(Protocol):
    """Writes an answer from passages. Raises a `ModelError` of errors.py, never one of its SDK.

    `answer` may be called many times at once. Closing its iterator early releases what it holds.
    """

    name: str

    def answer(
        self,
        question: str,
        passages: Sequence[SourcePassage],
        *,
        history: Sequence[PreviousTurn] = (),
        language: str = "",
    ) -> AsyncIterator[Delta]: ...


def labelled(passages: Sequence[SourcePassage]) -> Mapping[str, SourcePassage]:
    """The labels of one request. The prompt, the extractive model and the grounding all get them from here."""
    return {f"P{number}": passage for number, passage in enumerate(passages, start=1)}
