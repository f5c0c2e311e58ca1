from __future__ import annotations

from django.core.management.base import BaseCommand

from tenants.management.command_input import member_of, plain_errors, tenant_of
from tenants.members.members import set_role
from tenants.roles import Role


class Command(BaseCommand):
    help = (
        "Change the role of a person in a company, for example to make someone an owner. Recorded in the audit trail."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--email", required=True)
        parser.add_argument("--role", required=True, choices=[role.value for role in Role])

    def handle(self, *, tenant: str, email: str, role: str, **options) -> None:
        member = member_of(tenant_of(tenant), email)
        with plain_errors():
            ended = set_role(member, role)
        self.stdout.write(f"{member} is now {member.get_role_display().lower()} of {member.tenant.name}.")
        if ended:
            self.stdout.write("The API keys that they held have ended.")
