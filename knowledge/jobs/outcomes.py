"""How reading a version ends: ready, or failed with a reason that a person can act on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from django.db import transaction

from audit.ledger.actions import Action, Outcome
from audit.ledger.actors import system
from audit.ledger.record import build_event, record, record_many
from knowledge.jobs import claims
from knowledge.jobs.claims import Claim
from knowledge.models import Job, Status, Version
from tenants.isolation.scope import in_tenant
from tenants.members.teams import touch_corpus


def fail(claim: Claim, code: str, message: str, hint: str = "") -> None:
    """The version says why. A claim that is no longer ours says nothing."""
    with in_tenant(claim.tenant), transaction.atomic():
        version = _version(claim.tenant_id, claim.version_id)
        if version is None or not claims.finish([claim], Job.State.FAILED):
            return
        version.status = Status.FAILED
        version.error_code, version.error_message, version.error_hint = code[:40], message[:300], hint[:300]
        version.save(update_fields=["status", "error_code", "error_message", "error_hint"])
        touch_corpus(version.tenant)
        record(
            Action.DOCUMENT_FAILED,
            system(claim.tenant_id),
            version.document,
            outcome=Outcome.FAILED,
            version=version.number,
            code=code,
        )


def retry_later(claim: Claim, code: str, message: str, hint: str = "") -> None:
    """Back into the queue, or failed when it was tried often enough."""
    if not claims.postpone(claim):
        fail(claim, code, message, hint)


def defer_outage(claim: Claim, code: str, message: str, hint: str = "") -> None:
    """Something else than the file stopped it: it waits for that to be over, and fails only after a day or so."""
    if not claims.hold_up(claim):
        fail(claim, code, message, hint)


def give_up_lost(lost: list[Claim]) -> None:
    for claim in lost:
        fail(
            claim,
            "stopped_the_reader",
            f"The portal stopped {claim.attempt} times while reading this file, so it will not be retried.",
            "Open it where it was made, save it again and upload the new copy.",
        )


def note_ready(tenant_id: UUID, versions: Iterable[tuple[Version, str]]) -> None:
    """In the caller's transaction, which gives their documents these titles."""
    record_many(
        tenant_id,
        [
            build_event(
                Action.DOCUMENT_READY,
                system(tenant_id),
                replace(version.document.audit_target(), name=title),
                version=version.number,
                passages=version.passage_count,
                warnings=[warning["code"] for warning in version.warnings],
            )
            for version, title in versions
        ],
    )


def _version(tenant_id: UUID, version_id: UUID) -> Version | None:
    return Version.objects.for_tenant(tenant_id).select_related("document", "tenant").filter(pk=version_id).first()
