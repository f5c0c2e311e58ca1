from __future__ import annotations

from django.core.management.base import BaseCommand

from tenants.management.command_input import add_password_options, password_from, user_of
from tenants.signin.passwords import set_password


class Command(BaseCommand):
    help = "Give a person a new password: from standard input, or generated and printed. Their sessions end."

    def add_arguments(self, parser) -> None:
        parser.add_argument("email")
        add_password_options(parser)

    def handle(self, email: str, **options) -> None:
        user = user_of(email)
        password, made = password_from(options, user)
        set_password(user, password, how="operator")
        self.stdout.write(f"{user.email} has a new password, and is signed out everywhere.")
        if made:
            self.stdout.write(f"Password: {password}")
