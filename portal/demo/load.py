"""Loads the sample company: people, teams, collections, documents, all through the verbs that anybody's go through."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.core.files.base import ContentFile

from answers.models import Starter
from knowledge.library.collections import create_collection
from knowledge.library.documents import change_document
from knowledge.library.uploads import upload
from knowledge.models import Document, Job
from knowledge.models.grant import Right
from knowledge.permissions.grants import give
from portal.demo import people as sign_in
from tenants.isolation.scope import in_tenant
from tenants.members.members import add_member, create_tenant
from tenants.members.teams import add_to_team, create_team
from tenants.models import Membership, Team, Tenant

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Loaded:
    tenant: Tenant
    documents: int


def company() -> dict:
    return json.loads((HERE / "company.json").read_text(encoding="utf-8"))


def load() -> Loaded:
    """The company, once. Documents are queued; whoever runs the worker reads them."""
    plan = company()
    tenant = create_tenant(plan["tenant"]["slug"], name=plan["tenant"]["name"], is_sample=True)
    with in_tenant(tenant):
        return _fill(tenant, plan)


def _fill(tenant: Tenant, plan: dict) -> Loaded:
    members = _people(tenant, plan)
    by = members["admin"]
    teams = _teams(tenant, plan, members, by)
    documents = {}
    for shelf in plan["collections"]:
        documents |= _create_collection(shelf, teams, by)
    _supersede(plan, documents, by)
    for position, planned in enumerate(plan["questions"]):
        wanted = [str(documents[file].pk) for file in planned["documents"]]
        Starter.objects.create(tenant=tenant, question=planned["question"], documents=wanted, position=position)
    return Loaded(tenant, len(documents))


def _people(tenant: Tenant, plan: dict) -> dict[str, Membership]:
    members, kept = {}, []
    for person in plan["people"]:
        password = sign_in.fresh_password()
        member = add_member(tenant, email=person["email"], role=person["role"], name=person["name"], password=password)
        member.title = person["job"]
        member.save(update_fields=["title"])
        members[person["key"]] = member
        kept.append({"key": person["key"], "email": person["email"], "password": password})
    sign_in.save_sign_ins(plan["tenant"]["name"], kept)
    return members


def _teams(tenant: Tenant, plan: dict, members: dict[str, Membership], by: Membership) -> dict[str, Team]:
    by_email = {member.user.email: member for member in members.values()}
    teams = {"everyone": Team.objects.for_tenant(tenant).get(everyone=True)}
    for planned in plan["teams"]:
        team = teams[planned["slug"]] = create_team(planned["name"], by=by)
        for email in planned["members"]:
            add_to_team(team, by_email[email], by=by)
    return teams


def _create_collection(planned_collection: dict, teams: dict[str, Team], by: Membership) -> dict[str, Document]:
    collection = create_collection(by, planned_collection["name"], description=planned_collection["description"])
    for reader in planned_collection["readers"]:
        give(collection, Right.READ, teams[reader], by=by)
    documents = {}
    for planned in planned_collection["documents"]:
        path = HERE / "documents" / planned["file"]
        document = upload(
            by,
            collection,
            ContentFile(path.read_bytes()),
            filename=path.name,
            title=planned["title"],
            priority=Job.Priority.BULK,
        ).document
        change_document(
            by, document, author=planned["owner"], dated=_day(planned["date"]), reviewed_on=_day(planned["reviewed_on"]),
            review_due=_day(planned["review_due"]), restricted=planned["restricted"],
        )  # fmt: skip
        for reader in planned["readers"]:
            give(document, Right.READ, teams[reader], by=by)
        documents[planned["file"]] = document
    return documents


def _supersede(plan: dict, documents: dict[str, Document], by: Membership) -> None:
    for shelf in plan["collections"]:
        for planned in shelf["documents"]:
            if planned["supersedes"]:
                change_document(by, documents[planned["supersedes"]], superseded_by=documents[planned["file"]])


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
