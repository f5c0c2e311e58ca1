"""A company that exists for one evaluation: the set's documents, uploaded and read like anybody's."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.core.files.base import ContentFile

from answers.quality.evaluation_sets import DataSet, Record
from knowledge.ingestion import pipeline
from knowledge.library.collections import create_collection
from knowledge.library.uploads import NEW, upload
from knowledge.models import Job, Version
from knowledge.models.grant import Right
from knowledge.models.version import SEARCHABLE
from knowledge.permissions.grants import give
from tenants.isolation.scope import in_tenant
from tenants.members.members import add_member, create_tenant
from tenants.members.teams import add_to_team, create_team
from tenants.models import Membership, Tenant
from tenants.roles import Role


@dataclass(frozen=True, slots=True)
class Scratch:
    tenant: Tenant
    owner: Membership
    readers: dict[str, Membership]  # by role of the set; "" reads everything
    doc_ids: dict[UUID, str]  # document -> the set's own id
    failed: int

    def reader(self, role: str = "") -> Membership:
        return self.readers[role]


def build(data: DataSet, write_line: Callable[[str], None]) -> Scratch:
    slug = f"evaluation-{secrets.token_hex(4)}"
    tenant = create_tenant(slug, name=f"Evaluation of {data.name}", is_sample=True)
    with in_tenant(tenant):
        owner, readers, doc_ids = _fill(tenant, slug, data)
    write_line(f"{len(doc_ids)} documents uploaded; reading them")
    pipeline.drain()
    with in_tenant(tenant):
        ready = Version.objects.for_tenant(tenant).filter(status__in=SEARCHABLE).count()
    return Scratch(tenant, owner, readers, doc_ids, failed=len(doc_ids) - ready)


def _fill(tenant: Tenant, slug: str, data: DataSet) -> tuple[Membership, dict[str, Membership], dict[UUID, str]]:
    owner = add_member(tenant, email=f"owner@{slug}.example", role=Role.OWNER, name="Evaluation")
    readers = {"": owner}
    teams = {}
    for role in sorted({role for record in data.records for role in record.roles}):
        readers[role] = add_member(tenant, email=f"{role}@{slug}.example", role=Role.MEMBER, name=role)
        teams[role] = create_team(f"Role {role}", by=owner)
        add_to_team(teams[role], readers[role], by=owner)
    shelves, doc_ids = {}, {}
    for number, record in enumerate(data.records):
        if record.roles not in shelves:
            shelf = create_collection(owner, f"Shelf {len(shelves) + 1}")
            for role in record.roles:
                give(shelf, Right.READ, teams[role], by=owner)
            shelves[record.roles] = shelf
        uploaded = upload(
            owner, shelves[record.roles], _file(record), filename=_name(record, number), title=record.title,
            on_same_name=NEW, priority=Job.Priority.BULK,
        )  # fmt: skip
        doc_ids[uploaded.document.pk] = record.doc_id
    return owner, readers, doc_ids


def _file(record: Record) -> ContentFile:
    return ContentFile(record.path.read_bytes() if record.path else record.text.encode())


def _name(record: Record, number: int) -> str:
    return record.path.name if record.path else f"{number:05d}.txt"


@contextmanager
def scratch(data: DataSet, remove: Callable[[Tenant], None], write_line: Callable[[str], None]) -> Iterator[Scratch]:
    """`remove` comes from above: taking a company away reaches into every app."""
    built = build(data, write_line)
    try:
        yield built
    finally:
        remove(built.tenant)
