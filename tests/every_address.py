"""Every address of the URL configuration, and a company with a real object for each part of one.

Tests that walk the addresses use this, so that a new address, or a new kind of object in one, is met by all of them.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.urls import URLPattern, URLResolver, get_resolver

OF_A_TENANT = "t/<slug:slug>/"


@dataclass(frozen=True)
class Address:
    name: str  # with its namespace
    route: str
    kinds: dict[str, str]  # name of each part that varies → the kind of its converter
    view: Any

    @property
    def is_of_a_tenant(self) -> bool:
        return self.route.startswith(OF_A_TENANT)

    @property
    def is_api(self) -> bool:
        return "/api/v1/" in self.route

    @property
    def view_class(self) -> type | None:
        return getattr(self.view, "cls", None) or getattr(self.view, "view_class", None)

    def path(self, slug: str, values: dict[str, Any]) -> str:
        """With a value that nobody has where `values` has none."""
        path = self.route
        for name, kind in self.kinds.items():
            if name == "slug":
                value = slug
            else:
                value = values.get(name, {"uuid": uuid.uuid4(), "int": 7}.get(kind, "x"))
            path = path.replace(f"<{kind}:{name}>", str(value))
        assert "<" not in path, path
        return f"/{path}"


def every_address() -> list[Address]:
    return list(_walk(get_resolver().url_patterns))


def _walk(entries, prefix: str = "", names: tuple = (), kinds: tuple = ()) -> Iterator[Address]:
    for entry in entries:
        route = prefix + str(entry.pattern)
        found = {**dict(kinds), **{name: _kind(each) for name, each in entry.pattern.converters.items()}}
        if isinstance(entry, URLResolver):
            below = (*names, entry.namespace) if entry.namespace else names
            yield from _walk(entry.url_patterns, route, below, tuple(found.items()))
        elif isinstance(entry, URLPattern):
            yield Address(":".join((*names, entry.name or route)), route, found, entry.callback)


def _kind(converter) -> str:
    return type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")


def make_objects(editor, reader, collection, *, word: str, title: str) -> SimpleNamespace:
    """In the collection: a document with two versions, a PDF, one in the trash, one that failed; the reader manages it, and has
    an answer that quotes the first, with a link to it. Needs committed rows: an answer is made on other threads."""
    from knowledge.erasure import deletion
    from knowledge.permissions import grants

    def bring(name: str, content: bytes, named: str):
        from knowledge.library import uploads

        return uploads.upload(editor, collection, ContentFile(content), filename=name, title=named).document

    text = f"# Allowance\n\nThe daily {word} allowance is 42 euros. Taxis are reimbursed after 22:00.\n"
    grants.give(collection, "manage", reader, by=editor)
    document = bring(f"{title}.md", text.encode(), f"{title} plan")
    read_all()
    bring(f"{title}.md", text.replace("42", "45").encode(), f"{title} plan")
    sample = settings.BASE_DIR / "portal" / "demo" / "documents" / "delegation-of-authority.pdf"
    pdf = bring("authority.pdf", sample.read_bytes(), f"{title} authority")
    trashed = bring("old.md", b"# Old", f"{title} old")
    deletion.put_in_trash(reader, trashed)
    bring("broken.pdf", b"%PDF-1.4 broken", f"{title} broken")
    read_all()
    document.refresh_from_db()
    answer = _ask(reader, f"What is the daily {word} allowance?")
    assert word in answer.text, (answer.state, answer.text)
    from answers.conversations import sharing

    link = sharing.share(reader, answer.pk)
    return SimpleNamespace(
        document=document, pdf=pdf, trashed=trashed, collection=collection, answer=answer, link=link, reader=reader,
        editor=editor,
    )  # fmt: skip


def make_people_objects(owner, other, collection, *, title: str) -> SimpleNamespace:
    """A team with `other` in it, an invitation with its mail, a key, an upload that has begun."""
    from knowledge.library import chunked_uploads
    from tenants.api_keys import api_keys
    from tenants.members import invitations, teams
    from tenants.models import OutboxMail

    team = teams.create_team(f"{title}team", by=owner)
    teams.add_to_team(team, other, by=owner)
    invitation = invitations.invite(f"{title}@guest.example", "member", by=owner, base="http://localhost")
    key, _ = api_keys.create_api_key(other, name=f"{title}key", scopes=["read"])
    mail = OutboxMail.objects.filter(tenant_id=owner.tenant_id).latest("created_at")
    upload = chunked_uploads.begin(other, collection, filename=f"{title}.md", size=9)
    return SimpleNamespace(team=team, invitation=invitation, key=key, mail=mail, upload=upload, other=other)


def values(objects: SimpleNamespace, people: SimpleNamespace | None = None) -> dict[str, Any]:
    """What stands in the addresses for these objects."""
    from audit.models import AuditEvent

    found = {
        "document_id": objects.document.pk,
        "collection_id": objects.collection.pk,
        "answer_id": objects.answer.pk,
        "conversation_id": objects.answer.conversation_id,
        "shared_id": objects.link.pk,
        "member_id": objects.editor.pk,
        "event_id": AuditEvent.objects.filter(target_id=str(objects.document.pk)).latest("id").pk,
        "version": 1,
        "page": 1,
        "at": 0,
        "page_name": "features",
        "image_name": "answer.png",
    }
    if people is not None:
        found |= {
            "team_id": people.team.pk,
            "invitation_id": people.invitation.pk,
            "key_id": people.key.pk,
            "mail_id": people.mail.pk,
            "upload_id": people.upload.pk,
            "partial_id": people.upload.pk,
            "member_id": people.other.pk,
        }
    return found


# Addresses at which another document than the first is the one to ask for.
OTHER_DOCUMENT = {
    "knowledge:page-picture": "pdf",
    "knowledge:page-marks": "pdf",
    "knowledge:page-again": "pdf",
    "knowledge:erase": "trashed",
    "knowledge:restore": "trashed",
    "api:document-trash": "trashed",
}


def read_all() -> None:
    """Reads what waits, here and now, and follows up on the store."""
    from knowledge import maintenance
    from knowledge.ingestion import pipeline
    from tests.fixtures_knowledge import as_the_application

    with as_the_application():
        maintenance.do_store_work()
        pipeline.drain(inline=True)


def _ask(member, question: str):
    from answers.live import runner
    from answers.models import Answer
    from answers.question.question_input import AskRequest

    async def ask():
        run = await runner.start(member, AskRequest(question))
        await runner.wait_until_saved(run)
        return run.answer_id

    return Answer.objects.for_tenant(member.tenant_id).get(pk=asyncio.run(ask()))
