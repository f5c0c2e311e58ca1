from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError

from tenants.signin import first_run, setup_code


class Command(BaseCommand):
    help = "Print a new one-time code for setting up an empty portal from another machine."

    def handle(self, **options) -> None:
        if not first_run.is_empty():
            raise CommandError("This portal already has a company. Add people with: manage.py add_member")
        self.stdout.write(setup_code.make_code())
