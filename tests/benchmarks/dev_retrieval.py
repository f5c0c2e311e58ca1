"""Passages for every dev question, plainly: BM25 and MiniLM, half and half. For fitting, not for measuring search."""

from __future__ import annotations

import json
import math
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from answers.answer_models.base import SourcePassage
from answers.text.words import is_stop_word, language_of, stem, words

SHARED = Path(os.environ.get("PORTAL_SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
WORDS, OVERLAP, TOP = 180, 40, 8
LANGUAGES = ("en", "de", "es", "ar", "zh")


@dataclass(frozen=True)
class Asked:
    """A dev question, what was found for it, and which of that is gold."""

    set: str
    question: str
    answerable: bool
    passages: tuple[SourcePassage, ...]
    gold: tuple[bool, ...]
    record: dict[str, Any]


def retrieve(most: int = 10**6) -> Iterator[Asked]:
    from knowledge.embedders.minilm import MiniLM

    embedder = MiniLM()
    for name, documents, questions in _sets():
        yield from _ask(name, documents, questions[:most], embedder)


def _sets() -> Iterator[tuple[str, list[dict], list[dict]]]:
    retrieval = SHARED / "retrieval"
    yield "handbook", _handbook(), _lines(SHARED / "handbook" / "questions.dev.jsonl")
    yield "northwind_pdf", _northwind(retrieval), _lines(retrieval / "northwind_pdf" / "questions.dev.jsonl")
    for name in ("multihop_rag_lite", "squad2", "clapnq", "product_docs"):
        yield name, _lines(retrieval / name / "corpus.jsonl"), _lines(retrieval / name / "questions.dev.jsonl")
    for code in LANGUAGES:
        folder = retrieval / "xquad"
        yield f"xquad_{code}", _lines(folder / f"corpus.{code}.jsonl"), _lines(folder / f"questions.{code}.dev.jsonl")


def _ask(name: str, documents: list[dict], questions: list[dict], embedder: Any) -> Iterator[Asked]:
    import numpy as np

    cut = [(document, *piece) for document in documents for piece in _cut(document["text"])]
    passages = [_passage(name, document, start, text) for document, start, text in cut]
    language = language_of(" ".join(document["text"][:300] for document in documents[:20]))
    bm25 = _Bm25([_tokens(f"{p.title} {p.text}", language) for p in passages])
    vectors = embedder.embed([f"{passage.title}\n{passage.text}" for passage in passages])
    asked = embedder.embed([question["question"] for question in questions])
    share = 0.5 if language in ("en", "de", "es") else 0.85  # an English embedder must not outvote the words
    for question, vector in zip(questions, asked, strict=True):
        lexical = np.array(bm25.scores(_tokens(question["question"], language)))
        dense = vectors @ vector
        score = share * _spread(lexical) + (1 - share) * _spread(dense)
        top = [int(i) for i in np.argsort(-score)[:TOP]]
        gold = {evidence["doc_id"] for evidence in question.get("evidence", [])}
        found = tuple(_scored(passages[i], float(score[i]), float(dense[i]), float(lexical[i])) for i in top)
        is_gold = tuple(cut[i][0]["doc_id"] in gold for i in top)
        yield Asked(name, question["question"], question["answerable"], found, is_gold, question)


def _cut(text: str) -> Iterator[tuple[int, str]]:
    found = list(re.finditer(r"\S+", text))
    begin = 0
    while begin < len(found):
        end = min(begin + WORDS, len(found))
        end = len(found) if len(found) - end < WORDS // 4 else end
        start = found[begin].start()
        yield start, text[start : found[end - 1].end()]
        begin = end - OVERLAP if end < len(found) else end


def _passage(name: str, document: dict, start: int, text: str) -> SourcePassage:
    page = document.get("page", 1)
    ids = [uuid5(NAMESPACE_URL, part) for part in (f"{name} {document['doc_id']} {page} {start}", document["doc_id"])]
    version = uuid5(NAMESPACE_URL, f"{document['doc_id']} {page}")
    return SourcePassage(ids[0], ids[1], version, document.get("title", ""), page, (), text, start)


def _scored(passage: SourcePassage, score: float, dense: float, lexical: float) -> SourcePassage:
    from dataclasses import replace

    return replace(passage, score=score, dense=dense, lexical=lexical)


def _spread(values: Any) -> Any:
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if high > low else values * 0


class _Bm25:
    def __init__(self, documents: list[list[str]]) -> None:
        self._lengths = [len(document) for document in documents]
        self._mean = sum(self._lengths) / len(documents)
        self._places: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for place, document in enumerate(documents):
            for term, count in Counter(document).items():
                self._places[term].append((place, count))

    def scores(self, query: list[str]) -> list[float]:
        total = len(self._lengths)
        scores = [0.0] * total
        for term in set(query):
            places = self._places.get(term, [])
            rarity = math.log(1 + (total - len(places) + 0.5) / (len(places) + 0.5))
            for place, count in places:
                scores[place] += (
                    rarity * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * self._lengths[place] / self._mean))
                )
        return scores


def _tokens(text: str, language: str) -> list[str]:
    return [stem(word.folded, language) for word in words(text) if not is_stop_word(word.folded, language)]


def _lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _northwind(retrieval: Path) -> list[dict]:
    import pypdfium2

    documents = []
    for path in sorted((retrieval / "northwind_pdf" / "docs").glob("*.pdf")):
        for number, page in enumerate(pypdfium2.PdfDocument(str(path)), start=1):
            text = page.get_textpage().get_text_range().replace("\r\n", "\n")
            documents.append({"doc_id": path.name, "page": number, "title": path.stem.replace("_", " "), "text": text})
    return documents


def _handbook() -> list[dict]:
    folder = SHARED / "handbook" / "18f"
    documents = []
    for path in sorted(path for path in folder.rglob("*") if path.suffix in (".md", ".html")):
        raw = path.read_text(errors="replace")
        title = re.search(r"^title:\s*(.+)$", raw, re.MULTILINE)
        body = re.sub(r"^---.*?---\s*", "", raw, flags=re.DOTALL)
        for pattern, replacement in (
            (r"<[^>]+>", ""),
            (r"\[([^\]]*)\]\([^)]*\)", r"\1"),
            (r"(?m)^#+\s*", ""),
            (r"[*`]", ""),
        ):
            body = re.sub(pattern, replacement, body)
        text = "\n".join(re.sub(r"\s*\n(?![-\d])\s*", " ", part) for part in re.split(r"\n\s*\n", body))
        name = title[1].strip("\"' ") if title else path.stem.replace("-", " ")
        documents.append({"doc_id": str(path.relative_to(folder)), "title": name, "text": text})
    return documents
