"""Search as one person would."""

from __future__ import annotations

import json

from django.core.management.base import BaseCommand, CommandError

from knowledge.retrieval.result_page import search_page
from tenants.isolation.scope import in_tenant
from tenants.models import Membership, Tenant


class Command(BaseCommand):
    help = "Print the passages that this member may read, best first."

    def add_arguments(self, parser):
        parser.add_argument("query")
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--user", required=True, metavar="EMAIL")
        parser.add_argument("--k", type=int, default=10, help="number of passages (default: 10)")
        parser.add_argument("--json", action="store_true")

    def handle(self, query, tenant, user, k, **options):
        company = Tenant.objects.filter(slug=tenant).first()
        if company is None:
            raise CommandError(f"There is no company {tenant!r}.")
        with in_tenant(company):
            people = Membership.objects.for_tenant(company).active().select_related("user", "tenant")
            member = people.filter(user__email=user.strip().lower()).first()
            if member is None:
                raise CommandError(f"{user} does not belong to {tenant}.")
            found = search_page(member, query, k=max(1, min(k, 100)))
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False, indent=1))
            return
        if found["notice"]:
            self.stderr.write(found["notice"])
        if not found["results"]:
            self.stdout.write("Nothing was found in the documents that this member can read.")
        for number, result in enumerate(found["results"], 1):
            place = f"{result['title']} ({result['filename']}), page {result['page']}"
            self.stdout.write(f"{number}. {place}\n   {' '.join(result['text'].split())[:300]}\n")
