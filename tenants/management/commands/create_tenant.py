from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError

from tenants.management.command_input import plain_errors
from tenants.members.members import create_tenant
from tenants.models import Tenant


class Command(BaseCommand):
    help = "Make a company. Its pages stand under /t/SLUG/. Add people with add_member."

    def add_arguments(self, parser) -> None:
        parser.add_argument("slug", help="short name in addresses: lower-case letters, figures, hyphens")
        parser.add_argument("--name", required=True, help="the company's name")

    def handle(self, slug: str, *, name: str, **options) -> None:
        if Tenant.objects.filter(slug=slug).exists():
            raise CommandError(f"There is a tenant {slug!r} already. Choose another short name.")
        with plain_errors():
            tenant = create_tenant(slug, name=name)
        self.stdout.write(f"Made {tenant.name} at /t/{tenant.slug}/.")
        self.stdout.write(f"Next: manage.py add_member --tenant {slug} --email EMAIL --role owner")
