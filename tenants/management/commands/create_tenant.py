from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError

from tenants.management.command_input import plain_errors
from tenants.members.members import create_tenant
from tenants.models import Tenant


class Command(BaseCommand):
    help = "Create a company. Its pages are at /t/SLUG/. Add people with add_member."

    def add_arguments(self, parser) -> None:
        parser.add_argument("slug", help="web address: lower-case letters, digits, hyphens")
        parser.add_argument("--name", required=True, help="the company's name")

    def handle(self, slug: str, *, name: str, **options) -> None:
        if Tenant.objects.filter(slug=slug).exists():
            raise CommandError(f"A tenant {slug!r} already exists. Choose another web address.")
        with plain_errors():
            tenant = create_tenant(slug, name=name)
        self.stdout.write(f"Created {tenant.name} at /t/{tenant.slug}/.")
        self.stdout.write(f"Next: manage.py add_member --tenant {slug} --email EMAIL --role owner")
