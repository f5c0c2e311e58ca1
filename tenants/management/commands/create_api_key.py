from __future__ import annotations

from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from tenants.api_keys.api_keys import create_api_key
from tenants.isolation.scope import in_tenant
from tenants.management.command_input import member_of, plain_errors, tenant_of
from tenants.models.api_key import Scope


class Command(BaseCommand):
    help = "Create an API key that acts as one person, and print it. It is shown only once."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--user", required=True, metavar="EMAIL")
        parser.add_argument("--name", default="Command line", help="the name of the key")
        parser.add_argument(
            "--scopes",
            default=",".join(Scope.values),
            help=f"with commas between them: {', '.join(Scope.values)} (default: all; never more than the person may do)",
        )
        parser.add_argument("--days", type=int, default=365, help="days until it expires (default: 365)")

    def handle(self, *, tenant: str, user: str, name: str, scopes: str, days: int, **options) -> None:
        wanted = [scope.strip() for scope in scopes.split(",") if scope.strip()]
        unknown = sorted(set(wanted) - set(Scope.values))
        if unknown or not wanted:
            raise CommandError(f"Scopes are {', '.join(Scope.values)}; {', '.join(unknown) or 'nothing'} is not one.")
        if not 1 <= days <= 3650:
            raise CommandError("A key can be valid for 1 to 3650 days.")
        member = member_of(tenant_of(tenant), user)
        with plain_errors(), in_tenant(member.tenant):
            _, secret = create_api_key(
                member, name=name[:80], scopes=wanted, expires_at=timezone.now() + timedelta(days=days)
            )
        self.stdout.write(secret)
