"""Measure retrieval and answers on a set of questions whose answers are known."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from answers.quality import evaluation_sets, run
from answers.quality.scratch_tenant import scratch
from audit.ledger.actors import system
from portal.operations.removal.remove_tenant import remove_tenant


class Command(BaseCommand):
    help = (
        "Reads a folder with questions*.jsonl and a corpus, loads it into a temporary company, measures, "
        "and removes it. The format is described in answers/quality/evaluation_sets.py."
    )

    def add_arguments(self, parser):
        parser.add_argument("folders", nargs="+", type=Path)
        parser.add_argument("--no-answers", action="store_true", help="retrieval only")
        parser.add_argument("--limit", type=int, default=0, help="answer at most this many questions of a set")
        parser.add_argument("--json", action="store_true", help="print one JSON object per set")

    def handle(self, folders, no_answers, limit, **options):
        for folder in folders:
            try:
                sets = evaluation_sets.load(folder)
            except (OSError, ValueError, KeyError) as error:
                raise CommandError(f"{folder} cannot be used: {error}") from error
            for data in sets:
                self.report(data.name, self.measure(data, no_answers, limit), options["json"])

    def measure(self, data, no_answers: bool, limit: int) -> dict:
        def remove(tenant):
            remove_tenant(tenant, by=system(None), certify=False)

        with scratch(data, remove, partial(self.note, data.name)) as company:
            result = {"documents": len(company.doc_ids), "failed": company.failed, **run.retrieval(data, company)}
            if not no_answers:
                tick = partial(self.tick, data.name, min(limit or len(data.questions), len(data.questions)))
                result["answers"] = run.answers(data, company, limit, tick)
        return result

    def report(self, name: str, result: dict, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"set": name, **result}))
            return
        answers = result.pop("answers", None)
        self.stdout.write(f"{name}: " + ", ".join(f"{key} {value}" for key, value in result.items()))
        if answers:
            self.stdout.write("  answers: " + ", ".join(f"{key} {value}" for key, value in answers.items()))

    def note(self, name: str, words: str) -> None:
        self.stderr.write(f"{name}: {words}")

    def tick(self, name: str, total: int, number: int) -> None:
        if sys.stderr.isatty() and number % 10 == 0:
            self.stderr.write(f"\r{name}: question {number} of {total}", ending="")
