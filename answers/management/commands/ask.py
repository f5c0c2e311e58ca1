from __future__ import annotations

import asyncio
import json
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.http import Http404

from answers.api.serializers import of_answer
from answers.conversations.conversations import access_answer
from answers.events import Numbered
from answers.live import runner
from answers.live.follow import follow_run
from answers.models import State
from answers.presentation.answer_view import AnswerView, show
from answers.question.question_input import AskRequest, check_question
from tenants.isolation.scope import in_tenant
from tenants.management.command_input import member_of, plain_errors, tenant_of
from tenants.models import Membership


class Command(BaseCommand):
    help = "Ask a question as one member and print the cited answer."
    _label = ""  # of the part of the question that was printed last

    def add_arguments(self, parser) -> None:
        parser.add_argument("question")
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--user", required=True, metavar="EMAIL")
        parser.add_argument("--conversation", metavar="ID", help="ask a follow-up in this conversation of theirs")
        parser.add_argument("--json", action="store_true", help="one JSON object, as the API gives it")

    def handle(self, *, question: str, tenant: str, user: str, conversation: str | None, **options) -> None:
        member = member_of(tenant_of(tenant), user)
        with plain_errors():
            asking = AskRequest(check_question(question), conversation_id=_uuid(conversation))
            try:
                asyncio.run(self._ask(member, asking, quiet=options["json"]))
            except Http404:
                raise CommandError("This member has no such conversation.") from None
        with in_tenant(member.tenant):
            shown = show(member, access_answer(member, asking.answer_id))
        if options["json"]:
            self.stdout.write(json.dumps(of_answer(shown), ensure_ascii=False, indent=2))
        else:
            self._sources(shown)

    async def _ask(self, member: Membership, ask_request: AskRequest, *, quiet: bool) -> None:
        run = await runner.start(member, ask_request)
        async for event in follow_run(run):
            if not quiet and isinstance(event, Numbered):
                self._write_event(event)
        await runner.wait_until_saved(run)

    def _write_event(self, event: Numbered) -> None:
        if event.kind == "sentence":
            if (label := event.data["label"]) not in ("", self._label):
                self.stdout.write(f"\n{label}:")
            self._label = label
            numbers = "".join(f" [{number}]" for number in event.data["citations"])
            self.stdout.write(event.data["text"] + numbers)
        elif event.kind == "withdrawn":
            self.stdout.write("(The text above was withdrawn.)")
        elif event.kind == "step":
            self.stderr.write(f"  {event.data['detail'] or event.data['text']}")
        self.stdout.flush()

    def _sources(self, shown: AnswerView) -> None:
        self.stdout.write("\n")
        if shown.answer.state == State.NOT_FOUND:
            self.stdout.write(shown.text)
            for place in shown.closest:
                self.stdout.write(f"  {place.title}, page {place.page}")
        elif shown.answer.error_message:
            self.stdout.write(shown.answer.error_message)
        for citation in shown.citations:
            title = "No longer shared with you" if citation.lost else f"{citation.title}, page {citation.page}"
            self.stdout.write(f"[{citation.number}] {title}")
            if not citation.lost:
                self.stdout.write(f"    “{' '.join(citation.quote.split())}”")


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise CommandError(f"{text!r} is not a conversation's id.") from None
