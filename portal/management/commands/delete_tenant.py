"""Remove a company for good: rows, files, index, caches, and its part of known backups. Leaves a signed certificate."""

from __future__ import annotations

import getpass
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenants.management.command_input import plain_errors


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")

    def handle(self, slug: str, *, yes: bool, **options) -> None:
        from audit.ledger.actors import Actor
        from knowledge.stores.base import StoreError
        from portal.operations.removal import removal_plan, remove_tenant
        from portal.operations.removal.removal_survey import survey
        from tenants.models import Tenant

        tenant = Tenant.objects.filter(slug=slug).first()
        plan = next((each for each in removal_plan.unfinished() if each["tenant"]["slug"] == slug), None)
        if plan is not None and (tenant is None or str(tenant.pk) == plan["tenant"]["id"]):
            self.write_line(f"The removal of {plan['tenant']['name']} was interrupted and now continues.")
        elif tenant is None:
            raise CommandError(f"There is no tenant {slug!r}.")
        else:
            self.write_plan(tenant, survey(tenant))
            if not yes:
                self.ask(slug)
        by = Actor(tenant_id=None, person_id=None, name=f"{_operator()} at the command line", kind="system")
        try:
            with plain_errors():
                done = (
                    remove_tenant.finish(plan, by=by)
                    if plan and tenant is None
                    else remove_tenant.remove_tenant(tenant, by=by)
                )
        except StoreError as error:
            raise CommandError(
                f"{error.message} {slug} is hidden from everyone, but not removed yet. Run this again later."
            ) from error
        self.write_line(
            f"{slug} was removed: {done.rows} rows, and {done.people} people who belonged to no other company."
        )
        if done.certificate:
            self.write_line(
                f"The certificate is {done.certificate.text}; the signed one is {done.certificate.json.name}."
            )
            self.warn(done.certificate)

    def write_plan(self, tenant, survey: dict[str, Any]) -> None:
        self.write_line(f"{tenant.name} ({tenant.slug}) has here:")
        for table, each in survey["rows"].items():
            if each["rows"]:
                self.write_line(f"{each['rows']:>10}  {table}")
        self.write_line(f"{survey['files']['count']:>10}  files, {survey['files']['bytes'] / 1_000_000:.1f} MB")
        self.write_line(f"{sum(survey['index'].values()):>10}  passages in the search index")
        self.write_line(
            f"{len(survey['people']):>10}  people who belong to no other company: their accounts are removed too"
        )
        self.write_line(f"{survey['sessions']:>10}  sessions, {survey['cached']} cached entries")
        self.write_line(
            f"{survey['audit_events']:>10}  events of the audit trail: they stay, without the names of these people"
        )
        for folder in survey["backups"]:
            self.write_line(f"Its part of the backup {folder} is removed too.")

    def ask(self, slug: str) -> None:
        self.stdout.write(f"This cannot be undone. Type {slug} to remove it: ", ending="")
        self.stdout.flush()
        if sys.stdin.readline().strip() != slug:
            raise CommandError("Nothing was removed.")

    def warn(self, certificate) -> None:
        missed = [
            line.strip() for line in certificate.text.read_text(encoding="utf-8").splitlines() if "NOT REACHED" in line
        ]
        for line in missed:
            self.write_line(line)

    def write_line(self, line: str) -> None:
        self.stdout.write(line)


def _operator() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user has no name
        return "An operator"
