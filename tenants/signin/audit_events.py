"""Sign-ins belong to no tenant: they stand on the installation's own trail and on that of each company concerned."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from audit.ledger.actions import Action, Outcome
from audit.ledger.actors import Actor
from audit.ledger.record import record
from tenants.isolation.scope import as_person
from tenants.models import Membership, User

NOBODY = Actor(tenant_id=None, person_id=None, kind="nobody")


def record_everywhere(
    action: Action, user: User, *, by: Actor | None = None, outcome: Outcome = Outcome.DONE, **data: Any
) -> None:
    """`by` is the person, unless somebody else acts: then the person is whom it was done to."""
    with as_person(user):
        companies = list(Membership.objects.of_user(user).active().values_list("tenant_id", flat=True))
    for tenant_id in [None, *companies]:
        actor = replace(by or user.audit_actor(), tenant_id=tenant_id)
        record(action, actor, subject=user if by else None, outcome=outcome, **data)
