"""Fits what tells an answerable question from one that is not, and what makes a sentence answer, on the dev data.

    python -m tests.benchmarks.fit_refusal [--check]

Prints the weights that stand in answers/grounding/evidence.py and answers/grounding/sentence_ranking.py, and per set
how well they do in eight-fold cross-validation. Every set counts the same, whatever its size. Where a set has only
answerable questions, an unanswerable one is made by taking the gold document away. With --check it only measures the
weights that are there.
"""

from __future__ import annotations

import argparse
import re
import unicodedata
from collections.abc import Sequence

import numpy as np

from answers.grounding import evidence, sentence_ranking
from answers.question.analysis import read
from knowledge.embedders.minilm import MiniLM
from tests.benchmarks.dev_retrieval import Asked, retrieve

FOLDS = 8
MADE_UNANSWERABLE = ("xquad", "handbook")  # elsewhere other documents say the same


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    asked = [item for item in retrieve(430) if any(item.gold) or not item.answerable]
    if not check:
        fit_sentences(asked)
    fit_evidence(asked, check=check)


def fit_evidence(asked: Sequence[Asked], *, check: bool) -> None:
    embed = MiniLM().embed
    names, rows, truth, english = [], [], [], []
    for item in asked:
        question = read(item.question)
        variants = [(item.passages, item.answerable)]
        if item.answerable and item.set.startswith(MADE_UNANSWERABLE):
            rest = tuple(p for p, gold in zip(item.passages, item.gold, strict=True) if not gold)
            variants.append((rest, False))
        for passages, answerable in variants:
            ranked = sentence_ranking.rank(question, passages) if passages else []
            if ranked:
                names.append(item.set)
                rows.append(evidence.features(question, passages, ranked, embed if question.language == "en" else None))
                truth.append(answerable)
                english.append(not item.set.startswith("xquad") or item.set == "xquad_en")
    named, values, right, is_english = np.array(names), np.array(rows), np.array(truth), np.array(english)
    for title, mask, weights, used in (
        ("WITH_MEANING", is_english, evidence.WITH_MEANING, [n for n in evidence.FEATURES if n != "neighbourhood"]),
        ("WORDS_ONLY", ~is_english, evidence.WORDS_ONLY, evidence.FEATURES[:-1]),
    ):
        columns = [evidence.FEATURES.index(name) for name in used]
        x, y, sets = values[mask][:, columns], right[mask], named[mask]
        share = _shares(sets, y)
        if check:
            logits = x @ np.array([weights[name] for name in used])
        else:
            logits = _cross_validated(x, y, share)
            fitted = dict(zip(used, np.round(_logistic(x, y, share), 2).tolist(), strict=True))
            print(f"{title} = {fitted}")
        _report(title, sets, logits, y)


def _report(title: str, sets: np.ndarray, logits: np.ndarray, y: np.ndarray) -> None:
    confident = 1 / (1 + np.exp(-logits)) >= evidence.THRESHOLD
    print(f"\n{title:20}  questions   AUC  answered   refused  refusals right (precision, recall)")
    for name in sorted(set(sets)):
        m = sets == name
        yes, no = m & y, m & ~y
        refused = m & ~confident
        told = f"{confident[yes].mean():8.2f}"
        if no.any():
            precision = (refused & ~y).sum() / max(1, refused.sum())
            told += f"  {(~confident)[no].mean():8.2f}  {precision:.2f} {(~confident)[no].mean():.2f}"
            told = f"{auc(logits[m], y[m]):.3f}  {told}"
        else:
            told = f"  -    {told}"
        print(f"{name:20}  {m.sum():9}  {told}")
    print()


def _shares(sets: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Every set the same, answerable and not the same; a tiny set less. Half: one that was written to mislead, and
    the translations of one set."""
    share = np.zeros(len(y))
    for name in set(sets):
        for answerable in (True, False):
            m = (sets == name) & (y == answerable)
            if m.any():
                share[m] = 1 / max(m.sum(), 20) * (0.5 if name.startswith(("xquad", "squad2")) else 1)
    return share


def _cross_validated(x: np.ndarray, y: np.ndarray, share: np.ndarray) -> np.ndarray:
    fold = np.random.default_rng(0).integers(0, FOLDS, len(y))
    logits = np.zeros(len(y))
    for part in range(FOLDS):
        logits[fold == part] = x[fold == part] @ _logistic(x[fold != part], y[fold != part], share[fold != part])
    return logits


def _logistic(x: np.ndarray, y: np.ndarray, share: np.ndarray, ridge: float = 3e-4) -> np.ndarray:
    weights = np.zeros(x.shape[1])
    for _ in range(40):
        p = 1 / (1 + np.exp(-x @ weights))
        slope = x.T @ (share * (y - p)) - ridge * share.sum() * weights
        bend = (x.T * (share * p * (1 - p))) @ x + ridge * share.sum() * np.eye(len(weights))
        weights += np.linalg.solve(bend, slope)
    return weights


def auc(scores: np.ndarray, y: np.ndarray) -> float:
    """How often an answerable question scores above one that is not; a tie counts half."""
    yes, no = np.sort(scores[y]), scores[~y]
    below, upto = np.searchsorted(yes, no, "left"), np.searchsorted(yes, no, "right")
    return float(((len(yes) - upto) + 0.5 * (upto - below)).sum() / (len(yes) * len(no)))


def fit_sentences(asked: Sequence[Asked], most: int = 150) -> None:
    rows: list[tuple[str, np.ndarray, np.ndarray]] = []
    taken: dict[str, int] = {}
    for item in asked:
        if not item.answerable or taken.get(item.set, 0) >= most:
            continue
        candidates = sentence_ranking.rank(read(item.question), item.passages)
        labels = np.array([_answers(item, candidate) for candidate in candidates])
        if labels.any():
            taken[item.set] = taken.get(item.set, 0) + 1
            rows.append((item.set, np.array([candidate.values for candidate in candidates]), labels))
    fold = np.arange(len(rows)) % FOLDS
    first: dict[str, list[bool]] = {}
    for part in range(FOLDS):
        weights = _softmax([row[1:] for row, f in zip(rows, fold, strict=True) if f != part])
        for (name, x, y), f in zip(rows, fold, strict=True):
            if f == part:
                first.setdefault(name, []).append(bool(y[np.argmax(x @ weights)]))
    weights = _softmax([row[1:] for row in rows])
    print(f"choice.WEIGHTS = {dict(zip(sentence_ranking.FEATURES, np.round(weights, 2).tolist(), strict=True))}")
    print(
        "best sentence holds the answer:", {name: round(float(np.mean(hits)), 3) for name, hits in first.items()}, "\n"
    )


def _answers(item: Asked, candidate: sentence_ranking.Candidate) -> bool:
    if not item.gold[candidate.place]:
        return False
    said = f" {_plain(candidate.rendered)} "
    quotes = [_plain(quote["text"]) for quote in item.record["evidence"] if quote.get("text")]
    if item.record["type"] in ("span", "fact"):
        quotes += [_plain(answer) for answer in item.record["answers"]]
        return any((f" {quote} " if quote.isascii() else quote) in said for quote in quotes if quote)
    return any(quote in said or (len(said) > 25 and said.strip() in quote) for quote in quotes if len(quote) > 20)


def _plain(text: str) -> str:
    return re.sub(r"[^\w]+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()


def _softmax(rows: Sequence[tuple[np.ndarray, np.ndarray]], ridge: float = 0.002, steps: int = 300) -> np.ndarray:
    """The weights under which the sentences that answer come first."""
    size = rows[0][0].shape[1]
    weights, mean, square = np.zeros(size), np.zeros(size), np.zeros(size)
    for step in range(1, steps + 1):
        slope = -ridge * weights
        for x, y in rows:
            p = np.exp(x @ weights - (x @ weights).max())
            p /= p.sum()
            wanted = p * y
            slope += (wanted / max(wanted.sum(), 1e-12) - p) @ x / len(rows)
        mean, square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * slope**2
        rate = 0.1 if step <= steps // 2 else 0.03
        weights = weights + rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return weights


if __name__ == "__main__":
    main()
