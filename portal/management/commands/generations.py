"""Search indexes side by side: make another, compare it with the present one, switch, switch back."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.http import Http404

from answers.quality import evaluation_sets
from answers.quality import index_comparison as evaluation
from audit.ledger.actors import system
from knowledge import task_queue
from knowledge.indexes import actions, build, index_view, scheduler, versions
from knowledge.models import Generation
from tenants.isolation.scope import in_tenant
from tenants.management.command_input import member_of, plain_errors, tenant_of
from tenants.models import Membership, Tenant
from tenants.roles import Role

SLICE_SECONDS = 5.0  # seconds


class Command(BaseCommand):
    help = (
        "Search indexes of one company. Answers use the old index until another is complete and chosen. "
        "The workers build it; with --wait this command does, and shows the progress."
    )

    def add_arguments(self, parser):
        verbs = parser.add_subparsers(dest="verb", required=True)
        listed = verbs.add_parser("list", help="list the indexes and their progress")
        listed.add_argument("--json", action="store_true")
        made = verbs.add_parser("build", help="build another index beside the current one")
        made.add_argument("--embedder", choices=["minilm", "openai"], help="default: from the settings")
        made.add_argument("--model", default="", help="of the endpoint EMBEDDING_BASE_URL")
        made.add_argument("--words", type=int, help="at most in a passage (PASSAGE_WORDS)")
        made.add_argument("--overlap", type=int, help="of them repeated in the next one (PASSAGE_OVERLAP)")
        made.add_argument("--switch", action="store_true", help="answer from it as soon as nothing is missing")
        compared = verbs.add_parser("compare", help="ask two indexes the same questions")
        compared.add_argument("former")
        compared.add_argument("other")
        compared.add_argument(
            "--records", type=Path, required=True, help="questions*.jsonl (answers/quality/evaluation_sets.py)"
        )
        compared.add_argument(
            "--as", dest="reader", metavar="EMAIL", help="the member whose permissions are used; default: an owner"
        )
        compared.add_argument("--json", action="store_true")
        switched = verbs.add_parser("switch", help="use this index for answers; it catches up first")
        dropped = verbs.add_parser("drop", help="remove an index that is not in use")
        for verb in (switched, dropped):
            verb.add_argument("name")
        for verb in (listed, made, compared, switched, dropped):
            verb.add_argument("--tenant", required=True, metavar="SLUG")
        for verb in (made, switched):
            verb.add_argument("--wait", action="store_true", help="do it in this process and wait until it is done")

    def handle(self, verb: str, **options) -> None:
        tenant = tenant_of(options["tenant"])
        with plain_errors():
            try:
                getattr(self, verb)(tenant, options)
            except Http404:
                raise CommandError(f"{tenant.slug} has no index of that name. See: generations list") from None

    def list(self, tenant: Tenant, options: dict) -> None:
        with in_tenant(tenant):
            rows = index_view.indexes(tenant)
        if options["json"]:
            self.stdout.write(json.dumps([asdict(row) for row in rows], default=str, indent=1))
            return
        for row in rows:
            self.stdout.write(f"{row.name}: {row.words}{self.far(row)}. {row.model}; passages of {row.passages}.")
            if row.error:
                self.stdout.write(f"  {row.error}")
            if not row.embeds:
                self.stdout.write("  Its model is no longer configured: search in it uses words only.")

    def build(self, tenant: Tenant, options: dict) -> None:
        wanted = versions.configured()
        embedder = options["embedder"] or ("openai" if options["model"] else wanted.embedder)
        openai = embedder == "openai"
        wanted = replace(
            wanted,
            embedder=embedder,
            model=(options["model"] or settings.EMBEDDING_MODEL) if openai else "",
            base_url=settings.EMBEDDING_BASE_URL if openai else "",
            words=options["words"] or wanted.words,
            overlap=wanted.overlap if options["overlap"] is None else options["overlap"],
        )
        if openai and not (wanted.base_url and wanted.model):
            raise CommandError("Set EMBEDDING_BASE_URL to the address of that model.")
        if not 0 <= wanted.overlap < wanted.words:
            raise CommandError("A passage must have more words than the overlap.")
        with in_tenant(tenant):
            actions.begin(tenant, wanted, by=system(tenant.pk), switches=options["switch"])
        self.stdout.write(f"{wanted.name} was started. Until it is ready, answers use the current index.")
        self.follow(tenant, wanted.name, wait=options["wait"])

    def switch(self, tenant: Tenant, options: dict) -> None:
        with in_tenant(tenant):
            row = actions.prefer(tenant, options["name"], by=system(tenant.pk))
        if row.is_active:
            self.stdout.write(f"{row.name} is already in use.")
            return
        self.stdout.write(f"{row.name} will be used as soon as it has caught up.")
        self.follow(tenant, row.name, wait=options["wait"])

    def drop(self, tenant: Tenant, options: dict) -> None:
        with in_tenant(tenant):
            actions.remove(tenant, options["name"], by=system(tenant.pk))
        self.stdout.write(f"{options['name']} is erased within moments by the worker that writes the index.")

    def compare(self, tenant: Tenant, options: dict) -> None:
        for name in (options["former"], options["other"]):
            with in_tenant(tenant):
                if not Generation.objects.for_tenant(tenant).filter(name=name).exists():
                    raise Http404
        try:
            questions = evaluation_sets.questions_of(options["records"])
        except (OSError, ValueError) as error:
            raise CommandError(f"{options['records']} cannot be used: {error}") from error
        reader = member_of(tenant, options["reader"]) if options["reader"] else self.owner(tenant)
        there = evaluation.documents_of(reader, questions)
        asked = evaluation.askable(questions, there)
        if not any(question.gold for question in asked):
            raise CommandError(
                f"{reader} can read none of the documents that these questions are about: a question names them "
                "(evidence, doc_id) by id, file name or title."
            )
        both = [evaluation.measure(reader, name, asked, there) for name in (options["former"], options["other"])]
        if options["json"]:
            result = {"asked": len(asked), "left_out": len(questions) - len(asked)}
            self.stdout.write(json.dumps(result | dict(zip((options["former"], options["other"]), both, strict=True))))
            return
        left = len(questions) - len(asked)
        self.stdout.write(
            f"{len(asked)} questions, asked as {reader}; {left} left out: their documents are not here, or"
        )
        self.stdout.write("several have that name. Nothing was recorded, and nobody was answered from the other index.")
        self.stdout.write(f"\n{'':28}{'former':>12}{'other':>12}{'difference':>12}")
        for measure, words in evaluation.MEASURES.items():
            former, other = (each[measure] for each in both)
            apart = "" if None in (former, other) else f"{other - former:+.4g}"
            self.stdout.write(f"{words:28}{former!s:>12}{other!s:>12}{apart:>12}")

    def owner(self, tenant: Tenant) -> Membership:
        with in_tenant(tenant):
            people = Membership.objects.for_tenant(tenant).active().select_related("user", "tenant")
            owner = people.filter(role=Role.OWNER).first()
        if owner is None:
            raise CommandError(f"{tenant.slug} has no owner. Name the member whose permissions are used: --as EMAIL")
        return owner

    def follow(self, tenant: Tenant, name: str, *, wait: bool) -> None:
        """Until it is complete, where somebody waits; the bell calls the workers otherwise."""
        task_queue.notify_now(task_queue.BUILD)
        while wait:
            with in_tenant(tenant):
                row = Generation.objects.for_tenant(tenant).get(name=name)
            if row.state != Generation.State.BUILDING:
                self.stdout.write(f"\r{name}: {Generation.State(row.state).label}, {row.documents_done:,} documents.")
                return
            if not scheduler.advance(tenant, row, seconds=SLICE_SECONDS):
                time.sleep(0.5)  # the workers make it, or something is in the way
            build.count(tenant, row)
            if row.error:
                raise CommandError(f"It is delayed: {row.error} The workers retry automatically.")
            if sys.stderr.isatty():
                self.stderr.write(f"\r{name}: {row.documents_done:,} of {row.documents_all:,} documents", ending="")

    def far(self, row: index_view.IndexView) -> str:
        return f", {row.done:,} of {row.all:,} documents" if row.state == Generation.State.BUILDING else ""
