"""Compare the database, the files and the search index; put right what went astray."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from django.core.management.base import BaseCommand, CommandError

from knowledge.indexes import reconcile
from tenants.models import Tenant

WORDS = {
    "missing_passages": "passages missing from the search index",
    "orphaned_passages": "passages in the search index of documents that are gone",
    "stale_passages": "passages in the search index that are out of date",
    "doubled_passages": "passages in the search index more than once",
    "wrong_labels": "documents that the search index lists in their former collection",
    "stale_rows": "passages in the database that are out of date",
    "ready_without_passages": "ready documents without passages, to be read again",
    "lost_jobs": "documents without a job to read them",
    "lost_leases": "documents whose reading process stopped",
    "files_without_row": "files without a document",
    "rows_without_file": "documents whose file is missing: upload it again",
}


class Command(BaseCommand):
    help = "Compare the database, the files and the search index, and with --repair, repair inconsistencies."

    def add_arguments(self, parser):
        parser.add_argument("--tenant", metavar="SLUG", help="one company; default: all")
        parser.add_argument("--repair", action="store_true", help="repair; without it, this only reports")
        parser.add_argument("--json", action="store_true")

    def handle(self, tenant, repair, **options):
        companies = Tenant.objects.order_by("slug")
        if tenant:
            companies = companies.filter(slug=tenant)
            if not companies:
                raise CommandError(f"There is no company {tenant!r}.")
        else:
            companies = companies.filter(is_active=True)
        reports = [reconcile.of_tenant(company, repair=repair) for company in companies]
        if options["json"]:
            self.stdout.write(json.dumps([asdict(report) | {"astray": report.astray} for report in reports], indent=1))
        else:
            for report in reports:
                self._write_report(report)
        if any(report.rows_without_file or (report.astray and not repair) for report in reports):
            sys.exit(1)

    def _write_report(self, report: reconcile.Report) -> None:
        if not report.astray:
            self.stdout.write(f"{report.tenant}: {report.passages:,} passages, no inconsistencies.")
            return
        self.stdout.write(f"{report.tenant}: {report.passages:,} passages, and")
        for name, words in WORDS.items():
            if count := getattr(report, name):
                self.stdout.write(f"  {count:,} {words}")
        for document in report.missing_files:
            self.stdout.write(f"    {document}")
        if report.repaired:
            self.stdout.write("  Everything that could be repaired was repaired.")
        else:
            self.stdout.write("  Nothing was changed. Run this again with --repair to repair it.")
