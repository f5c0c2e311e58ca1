"""From which index a tenant is answered is one pointer. It moves when nothing is missing in the other one."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from audit.ledger.actions import Action
from audit.ledger.actors import system
from audit.ledger.record import record
from knowledge import backends
from knowledge.indexes import build, missing_documents, reconcile
from knowledge.models import Generation, Passage, Version
from knowledge.stores.base import Namespace
from tenants.isolation.scope import in_tenant
from tenants.members.teams import touch_corpus
from tenants.models import Tenant

log = logging.getLogger("knowledge.indexes")

FEW = 8  # documents that are caught up with while uploads wait
RECOUNTED = 500  # documents in one transaction
MAX_CATCH_UP_ROUNDS = 50  # then the rest is done while they wait, however much it is


def complete(tenant: Tenant, generation: Generation, *, lives: Callable[[], None] = lambda: None) -> bool:
    """Nothing is missing in the rows or in the store: it may answer. False: more came meanwhile."""
    namespace = Namespace(tenant.pk, generation.name)
    with in_tenant(tenant):
        if missing_documents.versions(tenant, generation.name, limit=1):
            return False
        passages = Passage.objects.for_tenant(tenant).filter(generation=generation.name).count()
    if backends.store().count(namespace) != passages:  # wiped, restored, or more was dropped than in the rows
        log.warning("%s: the index %s is put right before it answers.", tenant.slug, generation.name)
        reconcile.index(tenant, generation.name, backends.store(), repair=True)
        lives()
    backends.store().optimise(namespace)
    build.count(tenant, generation)
    with in_tenant(tenant):  # whether it is to answer may have been decided since this turn began
        rows = Generation.objects.for_tenant(tenant).filter(pk=generation.pk, switches=False)
        if rows.update(finished_at=timezone.now(), error=""):
            return True
    return switch(tenant, generation, lives=lives)


def switch(tenant: Tenant, generation: Generation, *, lives: Callable[[], None] = lambda: None) -> bool:
    """People are answered from it from the next question on; the former one is kept. False: it is not wanted any more.

    Uploads that finish just now wait for the pointer (index_writer.still_active), a second at most, and go into the new
    one.
    """
    for tries in range(MAX_CATCH_UP_ROUNDS):
        with in_tenant(tenant), transaction.atomic():
            rows = Generation.objects.for_tenant(tenant).select_for_update().order_by("pk")
            locked = {row.pk: row for row in rows}
            new = locked.get(generation.pk)
            if new is None or new.leaving or not new.switches:
                return False
            missing = missing_documents.versions(tenant, generation.name, limit=FEW + 1)
            if len(missing) <= FEW or tries == MAX_CATCH_UP_ROUNDS - 1:
                after = None
                while missing and (after := build.step(tenant, new, after=after, lives=lives)):
                    pass
                _point(tenant, new, next((row for row in locked.values() if row.is_active), None))
                generation.is_active = True
                break
        after = None
        while after := build.step(tenant, generation, after=after, lives=lives):
            pass
    _tidy_rows(tenant, generation.name)
    _recount(tenant, generation.name)
    return True


def _point(tenant: Tenant, new: Generation, old: Generation | None) -> None:
    now = timezone.now()
    if old is not None:
        old.is_active, old.finished_at = False, old.finished_at or now
        old.started_at, old.switched_at = old.started_at or old.created_at, old.switched_at or old.created_at
        old.held_against = ""
        old.save()
    new.is_active, new.switches, new.error = True, False, ""
    new.finished_at = new.switched_at = now
    new.save()
    touch_corpus(tenant)
    record(Action.INDEX_SWITCHED, system(tenant.pk), new, former=old.name if old else "")


def _tidy_rows(tenant: Tenant, name: str) -> None:
    """Of documents that were replaced in the very moment in which they were written here."""
    with in_tenant(tenant):
        current = missing_documents.expected_documents(tenant).values("current_version")
        rows = Passage.objects.for_tenant(tenant).filter(generation=name).exclude(version__in=current)
        stale = list(rows.values_list("pk", flat=True))
    if stale:
        backends.store().discard(Namespace(tenant.pk, name), stale)
        with in_tenant(tenant), transaction.atomic():
            Passage.objects.for_tenant(tenant).filter(pk__in=stale).delete()


def _recount(tenant: Tenant, name: str) -> None:
    """How many passages each document has, as its facts say."""
    after = None
    while True:
        with in_tenant(tenant), transaction.atomic():
            rows = Passage.objects.for_tenant(tenant).filter(
                generation=name, **({"version__gt": after} if after else {})
            )
            counted = list(rows.values_list("version").annotate(Count("pk")).order_by("version")[:RECOUNTED])
            for version, count in counted:
                Version.objects.for_tenant(tenant).filter(pk=version).exclude(passage_count=count).update(
                    passage_count=count
                )
        if len(counted) < RECOUNTED:
            return
        after = counted[-1][0]
