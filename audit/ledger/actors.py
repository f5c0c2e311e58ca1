"""Who acts, and on what: plain values that every app gives to the ledger. Imports no models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted, or to whom it was done. `tenant_id` is None on the installation's own trail."""

    tenant_id: UUID | None
    person_id: UUID | None
    name: str = ""
    email: str = ""
    kind: str = "person"  # person, key, system, nobody
    key: str = ""  # the beginning of the API key that was used, where one was


@dataclass(frozen=True, slots=True)
class Target:
    type: str
    id: str
    name: str = ""


class HasActor(Protocol):
    def audit_actor(self) -> Actor: ...


class HasTarget(Protocol):
    def audit_target(self) -> Target: ...


def system(tenant_id: UUID | None) -> Actor:
    """The portal itself, in a task that no person started."""
    return Actor(tenant_id=tenant_id, person_id=None, name="System", kind="system")
