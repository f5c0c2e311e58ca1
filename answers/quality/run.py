"""Runs a set against the portal itself: the same search, the same answers, the same rights as a person's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from time import perf_counter

from answers.generation.ask import ask
from answers.models import Answer, Citation
from answers.quality.evaluation_sets import DataSet, EvaluationCase
from answers.quality.metrics import auc, contains_answer, mean, ranks, recall_at, reciprocal_rank
from answers.quality.scratch_tenant import Scratch
from answers.question.question_input import AskRequest
from knowledge.retrieval.search import find
from tenants.isolation.scope import in_tenant
from tenants.models import Membership

DEPTH = 50  # passages, enough for ten different documents
METRIC_CUTOFF = 10


def retrieval(data: DataSet, scratch: Scratch) -> dict:
    """Recall@4, recall@10, MRR@10 and how often all gold is in the first ten, over the answerable questions."""
    at4, at10, mrr, complete, milliseconds = [], [], [], [], []
    for question in data.questions:
        if not question.gold:
            continue
        began = perf_counter()
        with in_tenant(scratch.tenant):
            passages = find(scratch.owner, [question.text], limit=DEPTH)
        milliseconds.append((perf_counter() - began) * 1000)
        at = ranks([(scratch.doc_ids[hit.document_id], hit.page) for hit in passages], question.gold)
        at4.append(recall_at(4, at))
        at10.append(recall_at(METRIC_CUTOFF, at))
        mrr.append(reciprocal_rank(at, METRIC_CUTOFF))
        complete.append(float(all(rank and rank <= METRIC_CUTOFF for rank in at)))
    return {
        "questions": len(at4),
        "recall@4": mean(at4),
        "recall@10": mean(at10),
        "mrr@10": mean(mrr),
        "all_gold@10": mean(complete),
        "search_ms": round(sorted(milliseconds)[len(milliseconds) // 2], 1) if milliseconds else None,
    }


def answers(data: DataSet, scratch: Scratch, limit: int, tick: Callable[[int], None]) -> dict:
    """What the portal says: is it an answer or a refusal, is it right, does it cite the right place."""
    asked, right, cited, quotes = [], [], [], []
    for number, question in enumerate(_spread(data.questions, limit)):
        tick(number)
        for role in question.expect or [""]:
            if role not in scratch.readers:
                continue
            answer_text, citations = _ask(scratch.reader(role), question.text)
            wanted = question.expect.get(role, "answer" if question.answerable else "refuse") != "refuse"
            asked.append((wanted, not answer_text.refused, answer_text.confidence))
            if wanted and not answer_text.refused:
                if question.type in ("span", "fact") or all(len(a) < 60 for a in question.answers):
                    right.append(float(contains_answer(answer_text.text, question.answers)))
                places = [(scratch.doc_ids.get(c.document_id, ""), c.page) for c in citations]
                if question.gold:
                    cited.append(float(any(gold.is_met_by(*place) for gold in question.gold for place in places)))
                quotes.append(float(bool(places)))
    refused = [wanted for wanted, answered, _ in asked if not answered]
    unanswerable = [answered for wanted, answered, _ in asked if not wanted]
    answerable = [answered for wanted, answered, _ in asked if wanted]
    return {
        "asked": len(asked),
        "answered_of_answerable": mean([float(a) for a in answerable]),
        "refused_of_unanswerable": mean([float(not a) for a in unanswerable]),
        "refusal_precision": mean([float(not wanted) for wanted in refused]),
        "confidence_auc": auc([c for w, _, c in asked if w], [c for w, _, c in asked if not w]),
        "says_the_answer": mean(right),
        "cites_the_gold": mean(cited),
        "answers_with_a_citation": mean(quotes),
    }


def _ask(member: Membership, question: str) -> tuple[Answer, list[Citation]]:
    """One question, asked as that person would, without a conversation before it."""
    asking = AskRequest(question)

    async def story() -> None:
        async for _ in ask(member, asking):
            pass

    asyncio.run(story())
    with in_tenant(member.tenant):
        answer = Answer.objects.visible_to(member).get(pk=asking.answer_id)
        return answer, list(answer.citations.for_tenant(member.tenant))


def _spread(questions: Sequence[EvaluationCase], limit: int) -> Sequence[EvaluationCase]:
    """At most `limit` questions, taken evenly, so that both kinds keep their share."""
    if not limit or len(questions) <= limit:
        return questions
    step = len(questions) / limit
    return [questions[int(number * step)] for number in range(limit)]
