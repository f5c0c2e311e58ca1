"""Two indexes of a company, asked the same questions as one of its people would ask. Nobody else notices."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from time import perf_counter
from uuid import UUID

from django.conf import settings

from answers.generation.retrieve import judged
from answers.grounding.draft import source_passages
from answers.quality.evaluation_sets import EvaluationCase
from answers.quality.metrics import mean, ranks, recall_at, reciprocal_rank
from knowledge.models import Document
from knowledge.retrieval.search import find
from tenants.isolation.scope import in_tenant
from tenants.models import Membership

DEPTH = 50  # passages, enough for ten different documents
METRIC_CUTOFF = 10

MEASURES = {
    "recall@4": "Recall in the first 4",
    "recall@10": "Recall in the first 10",
    "mrr@10": "Mean reciprocal rank",
    "answered": "Answerable, and answered",
    "refused": "Unanswerable, and refused",
    "milliseconds": "Search, milliseconds",
}


def documents_of(member: Membership, questions: Sequence[EvaluationCase]) -> dict[UUID, str]:
    """document -> the questions' name for it: its id here, its file's name, or its title, where only one has that."""
    wanted = {gold.doc_id for question in questions for gold in question.gold}
    by_name: dict[str, list[UUID]] = {}
    with in_tenant(member.tenant):
        rows = Document.objects.visible_to(member).values_list("pk", "filename", "title")
        for pk, filename, title in rows:
            for name in {str(pk), filename, title}:
                by_name.setdefault(name, []).append(pk)
    found: dict[UUID, str] = {}
    for doc_id in wanted:
        for name in (doc_id, PurePosixPath(doc_id).name):
            if len(by_name.get(name, ())) == 1:
                found[by_name[name][0]] = doc_id
                break
    return found


def askable(questions: Sequence[EvaluationCase], gold_questions: dict[UUID, str]) -> list[EvaluationCase]:
    """Those without gold, which are to be refused, and those whose documents this person can read here."""
    there = set(gold_questions.values())
    return [each for each in questions if all(gold.doc_id in there for gold in each.gold)]


def measure(
    member: Membership, generation: str, questions: Sequence[EvaluationCase], gold_questions: dict[UUID, str]
) -> dict:
    at4, at10, mrr, answered, refused, milliseconds = [], [], [], [], [], []
    for question in questions:
        began = perf_counter()
        with in_tenant(member.tenant):
            passages = find(member, [question.text], limit=DEPTH, generation=generation)
        milliseconds.append((perf_counter() - began) * 1000)
        enough = judged(question.text, source_passages(passages[: settings.RETRIEVAL_LIMIT])).enough
        if question.answerable:
            answered.append(float(enough))
        else:
            refused.append(float(not enough))
        if question.gold:
            at = ranks(
                [(gold_questions.get(hit.document_id, str(hit.document_id)), hit.page) for hit in passages],
                question.gold,
            )
            at4.append(recall_at(4, at))
            at10.append(recall_at(METRIC_CUTOFF, at))
            mrr.append(reciprocal_rank(at, METRIC_CUTOFF))
    return {
        "recall@4": mean(at4),
        "recall@10": mean(at10),
        "mrr@10": mean(mrr),
        "answered": mean(answered),
        "refused": mean(refused),
        "milliseconds": round(sorted(milliseconds)[len(milliseconds) // 2], 1) if milliseconds else None,
    }
