"""Everything between the question and the model, in one thread hop: what it asks, what was found, is it enough."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from answers import backends
from answers.answer_models.base import PreviousTurn, SourcePassage
from answers.events import Source, Sources, Step
from answers.generation import access_reason_cache
from answers.generation.rewrite import rewrite
from answers.grounding import conflicts, evidence
from answers.grounding.draft import AnswerDraft, source_passages
from answers.persistence.event_log import note_version, version_of
from answers.presentation.links import viewer
from answers.question.parts import parts
from knowledge.permissions import access
from knowledge.retrieval import search
from knowledge.retrieval.search import FoundPassage, SearchFilters
from tenants.isolation.scope import in_tenant
from tenants.models import Membership

MAX_PASSAGES = 12  # passages found; the best of them are read


@dataclass(frozen=True, slots=True)
class BackgroundChecks:
    """What is worked out while the model thinks."""

    access_reasons: dict[UUID, str]  # why the reader may read each document
    conflict: conflicts.Conflict | None


@dataclass(frozen=True, slots=True)
class RetrievedContext:
    """What is known before the first word is written."""

    question: str  # as it stands on its own
    phrasings: tuple[str, ...]
    hits: tuple[FoundPassage, ...]
    read: tuple[FoundPassage, ...]
    passages: tuple[SourcePassage, ...]
    verdict: evidence.EvidenceVerdict
    draft: AnswerDraft
    search_seconds: float
    judge_seconds: float
    generation: str  # the index that was asked

    @property
    def documents(self) -> set[UUID]:
        return {found.document_id for found in self.read}

    def steps(self) -> list[Step | Sources]:
        places = len({found.document_id for found in self.hits})
        titles = list(dict.fromkeys(found.title for found in self.read))
        quoted = ", ".join(f"“{phrasing}”" for phrasing in self.phrasings)
        steps: list[Step | Sources] = [
            Step("search", f"Searched {_counted(len(self.hits), 'passage')}", quoted, self.search_seconds)
        ]
        if self.hits:
            steps.append(
                Step(
                    "passages",
                    f"in {_counted(places, 'document')}",
                    f"{_counted(len(self.hits), 'passage')} in {_counted(places, 'document')} you can read",
                )
            )
        if self.read:
            steps.append(Step("read", f"read {len(self.read)}", f"Read {_listed(titles)}", self.judge_seconds))
            steps.append(Sources(tuple(Source(str(f.document_id), f.title, f.page) for f in self.read)))
        return steps


def retrieve_context(
    member: Membership, question: str, turns: Sequence[PreviousTurn], filters: SearchFilters, answer_id: UUID
) -> RetrievedContext:
    """Raises when the search or the reader's rights cannot be had: the answer is then an error, never a guess."""
    began = time.perf_counter()
    asked = rewrite(question, turns)
    with in_tenant(member.tenant):
        read_scope = access.read_scope(member, just_fetched=True)  # by the request, which asks nothing else
        note_version(answer_id, read_scope.corpus_version)
        hits = search.find(member, asked.phrasings, limit=MAX_PASSAGES, filters=filters, read_scope=read_scope)
        generation = search.generation_at(member.tenant_id, read_scope.corpus_version) if hits else ""
    searched = time.perf_counter()
    read = hits[: settings.RETRIEVAL_LIMIT]
    passages = source_passages(read)
    verdict = judged(asked.question, passages)
    draft = AnswerDraft(answer_id, read, viewer(member.tenant.slug), timezone.localdate(), parts(question))
    return RetrievedContext(
        question=asked.question,
        phrasings=tuple(asked.phrasings),
        hits=tuple(hits),
        read=tuple(read),
        passages=tuple(passages),
        verdict=verdict,
        draft=draft,
        search_seconds=round(searched - began, 3),
        judge_seconds=round(time.perf_counter() - searched, 3),
        generation=generation,
    )


def judged(question: str, passages: Sequence[SourcePassage]) -> evidence.EvidenceVerdict:
    """The meaning of single sentences only ever speaks for an answer, so it is asked only where that is in doubt."""
    threshold = evidence.LENIENT if backends.answer_model() else evidence.THRESHOLD
    verdict = evidence.judge(question, passages, threshold=threshold)
    if verdict.enough or not passages:
        return verdict
    return evidence.judge(question, passages, threshold=threshold, embed=backends.embed)


def run_background_checks(member: Membership, context: RetrievedContext) -> BackgroundChecks:
    with in_tenant(member.tenant):
        access_reasons = access_reason_cache.access_reasons(
            member, context.documents, version_of(context.draft.answer_id)
        )
    conflict = conflicts.find(context.question, context.passages) if context.verdict.enough else None
    return BackgroundChecks(access_reasons, conflict)


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _listed(titles: Sequence[str]) -> str:
    if len(titles) <= 3:
        return ", ".join(titles[:-1]) + (" and " if len(titles) > 1 else "") + titles[-1]
    return f"{', '.join(titles[:2])} and {len(titles) - 2} more"
