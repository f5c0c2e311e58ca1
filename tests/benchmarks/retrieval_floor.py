"""Retrieval on the dev sets, set by set: words alone, vectors alone, both.

    .venv/bin/python -m tests.benchmarks.retrieval_floor [set ...]

Passages of 180 words with 40 overlap and the title in front; gold counted per document (per page for the PDFs).
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid5

import numpy as np

from knowledge.embedders.minilm import MiniLM
from knowledge.stores.base import IndexedPassage, Namespace, Query, Readable
from knowledge.stores.lance.store import LanceStore
from knowledge.stores.rank_fusion import dense_share
from knowledge.text.analysis import detect_language, terms

DATA = Path(os.environ.get("PORTAL_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")) / "retrieval"
SETS = ["clapnq", "multihop_rag_lite", "northwind_pdf", "product_docs", "squad2"]
SETS += [f"xquad {code}" for code in ("en", "de", "es", "ar", "zh")]
ROOM = UUID(int=1)
WORDS, OVERLAP = 180, 40


@dataclass
class Case:
    question: str
    gold: list[set[str]]
    vector: np.ndarray | None = None


def load(name: str) -> tuple[list[tuple[str, str, str]], list[Case]]:
    """(unit, title, text) of everything that can be found, and the questions with an answer."""
    folder, _, code = name.partition(" ")
    corpus, questions = ("corpus.jsonl", "questions.dev.jsonl")
    if code:
        corpus, questions = f"corpus.{code}.jsonl", f"questions.{code}.dev.jsonl"
    paged = folder == "northwind_pdf"
    units = list(_pages(DATA / folder / "docs")) if paged else list(_records(DATA / folder / corpus))
    cases = []
    for row in _lines(DATA / folder / questions):
        if not row["answerable"]:
            continue
        gold = [
            {f"{each['doc_id']}#{page}" for page in [each["page"], *each.get("pages_ok", [])]}
            if paged
            else {each["doc_id"]}
            for each in row["evidence"]
        ]
        cases.append(Case(row["question"], [g for i, g in enumerate(gold) if g not in gold[:i]]))
    return units, cases


def _lines(path: Path):
    with path.open() as lines:
        yield from (json.loads(line) for line in lines)


def _records(path: Path):
    for row in _lines(path):
        yield row["doc_id"], row.get("title", ""), row["text"]


def _pages(folder: Path):
    import pypdfium2

    for path in sorted(folder.glob("*.pdf")):
        for number, page in enumerate(pypdfium2.PdfDocument(path), start=1):
            yield f"{path.name}#{number}", path.stem.replace("_", " "), page.get_textpage().get_text_range()


def passages(title: str, text: str) -> list[str]:
    words = text.split()
    if len(words) < 20 and len(text) > 400:  # written without spaces
        return [f"{title}\n{text[i : i + 400]}" for i in range(0, len(text), 320)]
    starts = range(0, max(1, len(words) - OVERLAP), WORDS - OVERLAP)
    return [f"{title}\n{' '.join(words[start : start + WORDS])}" for start in starts]


def embedded(name: str, texts: list[str], embedder: MiniLM) -> np.ndarray:
    digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]
    kept = Path(tempfile.gettempdir()) / "retrieval-floor" / f"{name.replace(' ', '-')}-{digest}.npy"
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        np.save(kept, embedder.embed(texts))
    return np.load(kept)


def run(name: str, embedder: MiniLM, ways: dict) -> dict[str, tuple[float, float, float, float]]:
    units, cases = load(name)
    rows = [(unit, title, text) for unit, title, whole in units for text in passages(title, whole)]
    vectors = embedded(name, [text for _, _, text in rows], embedder)
    questions = embedded(f"{name} questions", [case.question for case in cases], embedder)
    with tempfile.TemporaryDirectory() as folder:
        store, where, readable = LanceStore(Path(folder)), Namespace(ROOM, "floor"), Readable(frozenset([ROOM]))
        unit_of = {}
        made = []
        for number, ((unit, _, text), vector) in enumerate(zip(rows, vectors, strict=True)):
            unit_of[uuid5(ROOM, str(number))] = unit
            made.append(IndexedPassage(uuid5(ROOM, str(number)), ROOM, number, ROOM, ROOM, text, terms(text), vector))
        store.put(where, made)
        store.optimise(where)
        scores = defaultdict(list)
        for case, vector in zip(cases, questions, strict=True):
            for way, ask in ways.items():
                hits = store.search(where, ask(case.question, vector), readable=readable, limit=50)
                scores[way].append(_scored(list(dict.fromkeys(unit_of[hit.passage_id] for hit in hits)), case.gold))
        store.close()
    return {way: tuple(np.mean(each, axis=0)) for way, each in scores.items()}


def _scored(found: list[str], gold: list[set[str]]) -> tuple[float, float, float, float]:
    ranks = [next((i for i, unit in enumerate(found, 1) if unit in wanted), 10_000) for wanted in gold]
    at = {k: sum(rank <= k for rank in ranks) / len(ranks) for k in (4, 10)}
    return at[4], at[10], 1 / min(ranks) if min(ranks) <= 10 else 0.0, float(max(ranks) <= 10)


WAYS = {
    "words": lambda text, vector: Query(text, terms(text)),
    "vectors": lambda text, vector: Query(text, "", vector),
    "both": lambda text, vector: Query(text, terms(text), vector, dense_share(detect_language(text), MiniLM.languages)),
}


def main(names: list[str]) -> None:
    embedder = MiniLM()
    for name in names or SETS:
        for way, (at4, at10, first, every) in run(name, embedder, WAYS).items():
            print(f"{name:18} {way:8} recall@4 {at4:.3f}  @10 {at10:.3f}  MRR {first:.3f}  all in ten {every:.3f}")


if __name__ == "__main__":
    main(sys.argv[1:])
