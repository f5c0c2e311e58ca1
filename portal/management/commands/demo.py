"""Load the sample company."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError

from portal.operations.processes.prepare import prepare


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="print nothing if any company already exists")

    def handle(self, once: bool, **options) -> None:
        from django.db import transaction

        from portal.demo import load, people
        from tenants.models import Tenant

        prepare(self.stdout.write)
        slug = load.company()["tenant"]["slug"]
        if once and Tenant.objects.exists():
            return
        if Tenant.objects.filter(slug=slug).exists():
            raise CommandError(f"The sample company already exists. How to sign in is in {people.sign_in_file()}.")
        self.stdout.write("Loading the sample company")
        with transaction.atomic():
            loaded = load.load()
        self.stdout.write(f"{loaded.tenant}: {loaded.documents} documents queued; `manage.py up` reads them.")
