from __future__ import annotations

from django.core.management.base import BaseCommand

from tenants.management.command_input import add_password_options, address, password_from, plain_errors, tenant_of
from tenants.members.members import add_member
from tenants.models import User
from tenants.roles import Role


class Command(BaseCommand):
    help = "Add a person to a company. A new person gets a password: from standard input, or generated and printed."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--email", required=True)
        parser.add_argument("--role", required=True, choices=[role.value for role in Role])
        parser.add_argument("--name", default="", help="the person's name")
        add_password_options(parser)

    def handle(self, *, tenant: str, email: str, role: str, name: str, **options) -> None:
        company, email = tenant_of(tenant), address(email)
        user_exists = User.objects.filter(email=email).exists()
        password, made = (None, False) if user_exists else password_from(options, User(email=email, name=name))
        with plain_errors():
            member = add_member(company, email=email, role=role, name=name, password=password)
        self.stdout.write(f"{member} belongs to {company.name} as {member.get_role_display().lower()}.")
        if user_exists:
            self.stdout.write("This address already had an account; its password and name did not change.")
        if made:
            self.stdout.write(f"Password: {password}")
