"""Evaluation sets on disk: one JSON object a line.

A set is a folder with `questions*.jsonl` and either `corpus*.jsonl` beside it or a folder of files. Corpus records have
`doc_id`, `title`, `text` and optionally `roles`; questions have `id`, `question`, `answerable`, `answers`, `type`,
`evidence` (`doc_id`, with a quote as `text`, or a `page` counted from 1) and optionally `expect` (role -> "answer" or
"refuse"). `questions.de.dev.jsonl` belongs to `corpus.de.jsonl`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

IGNORED = {"README.md", "NOTICE.md", "LICENSE.md", "CONTRIBUTING.md"}


@dataclass(frozen=True, slots=True)
class Record:
    doc_id: str
    title: str
    text: str = ""
    path: Path | None = None  # a file, where the corpus is a folder
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gold:
    """What answers a question: a document, or one page of it. `also` are further pages that count as the same."""

    doc_id: str
    page: int = 0
    also: tuple[int, ...] = ()

    def is_met_by(self, doc_id: str, page: int) -> bool:
        return doc_id == self.doc_id and (not self.page or page == self.page or page in self.also)


@dataclass(frozen=True, slots=True)
class EvaluationCase:
    id: str
    text: str
    answerable: bool
    answers: tuple[str, ...]
    type: str
    gold: tuple[Gold, ...]
    expect: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DataSet:
    name: str
    records: tuple[Record, ...]
    questions: tuple[EvaluationCase, ...]


def load(folder: Path) -> list[DataSet]:
    """Every set of that folder. Raises ValueError with one sentence when there is none."""
    sets = []
    for file in sorted(folder.glob("questions*.jsonl")):
        language = next((part for part in file.name.split(".")[1:-1] if part not in {"dev", "test"}), "")
        corpus = folder / (f"corpus.{language}.jsonl" if language else "corpus.jsonl")
        records = tuple(_records(corpus)) if corpus.exists() else tuple(_files(folder))
        name = f"{folder.name} {language}".strip()
        sets.append(DataSet(name, records, tuple(_questions(file))))
    if not sets:
        raise ValueError(f"{folder} holds no questions*.jsonl.")
    return sets


def questions_of(path: Path) -> tuple[EvaluationCase, ...]:
    """One file of questions, whatever corpus they are asked of. Raises ValueError with one sentence."""
    try:
        return tuple(_questions(path))
    except (KeyError, TypeError) as error:
        raise ValueError(f"A question of {path.name} lacks {error}.") from error


def _lines(path: Path) -> Iterator[dict]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError as error:
                raise ValueError(f"{path.name}, line {number} is not JSON: {error}") from error


def _records(path: Path) -> Iterator[Record]:
    for row in _lines(path):
        yield Record(row["doc_id"], row.get("title", ""), row["text"], roles=tuple(row.get("roles") or ()))


def _files(folder: Path) -> Iterator[Record]:
    """Files below the folder; their id is the path below the first folder that holds them."""
    for top in sorted(child for child in folder.iterdir() if child.is_dir()):
        for path in sorted(top.rglob("*")):
            if path.is_file() and path.name not in IGNORED and not path.name.startswith("."):
                yield Record(str(path.relative_to(top)), "", path=path)


def _questions(path: Path) -> Iterator[EvaluationCase]:
    for row in _lines(path):
        gold = {}
        for evidence in row.get("evidence", []):
            key = (evidence["doc_id"], evidence.get("page", 0))
            gold[key] = Gold(*key, also=tuple(evidence.get("pages_ok") or row.get("pages_ok") or ()))
        yield EvaluationCase(
            row["id"], row["question"], row["answerable"], tuple(row.get("answers", ())), row.get("type", ""),
            tuple(gold.values()), row.get("expect", {}),
        )  # fmt: skip
