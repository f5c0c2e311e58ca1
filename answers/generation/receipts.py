"""What an answer rests on, written once when it ends."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from answers.answer_models import prompt
from answers.generation.generate import Written
from answers.generation.retrieve import BackgroundChecks, RetrievedContext
from answers.grounding.draft import AnswerDraft
from answers.models import Answer
from tenants.models import Membership


def compose(
    member: Membership,
    answer: Answer,
    context: RetrievedContext,
    draft: AnswerDraft,
    written: Written,
    checks: BackgroundChecks,
    seconds: float,
) -> dict[str, Any]:
    used = {citation.passage_id for citation in draft.citations}
    first = written.first_token_at
    return {
        "question": answer.question,
        "standalone": context.question,
        "phrasings": list(context.phrasings),
        "narrowed": answer.scope,
        "found": len(context.hits),
        "read": [
            {
                "position": position,
                "passage_id": str(found.passage_id),
                "document_id": str(found.document_id),
                "version_id": str(found.version_id),
                "version_number": found.version_number,
                "title": found.title,
                "page": found.page,
                "heading": " › ".join(part for part in found.heading_path if part != found.title),
                "score": round(found.score, 4),
                "dense": round(found.dense, 4),
                "lexical": round(found.lexical, 4),
                "superseded": found.superseded,
                "basis": checks.access_reasons.get(found.document_id, ""),
                "used": str(found.passage_id) in used,
            }
            for position, found in enumerate(context.read, start=1)
        ],
        "evidence": {
            "enough": context.verdict.enough,
            "confidence": context.verdict.confidence,
            "reason": context.verdict.reason,
            "missing": list(context.verdict.missing),
        },
        "rights": {"role": member.role, "read_as": str(member.pk)},
        "release": {
            "generation": context.generation,
            "model": written.model,
            "mode": written.mode,
            "prompt": prompt.VERSION if written.mode == "written" else "",
            "passages": settings.RETRIEVAL_LIMIT,
        },
        "conflict": _conflict(checks),
        "ladder": written.failures,
        "masked": [],
        "usage": {
            "prompt_tokens": written.usage.prompt_tokens if written.usage else 0,
            "completion_tokens": written.usage.completion_tokens if written.usage else 0,
        },
        "statements": {"made": len(draft.claims), "backed": len(draft.backed)},
        "seconds": {
            "search": context.search_seconds,
            "judge": context.judge_seconds,
            "first_token": round((first - answer.asked_at).total_seconds(), 3) if first else None,
            "total": seconds,
        },
    }


def _conflict(checks: BackgroundChecks) -> dict[str, Any] | None:
    if checks.conflict is None:
        return None
    sides = {"newer": checks.conflict.newer, "older": checks.conflict.older}
    conflict_data = {
        name: {"passage_id": str(side.passage.passage_id), "says": side.conflicting_value}
        for name, side in sides.items()
    }
    return conflict_data | {"dated": checks.conflict.dated}
