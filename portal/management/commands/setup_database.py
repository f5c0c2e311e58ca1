from __future__ import annotations

from urllib.parse import unquote, urlsplit

from django.core.management.base import BaseCommand, CommandError

from portal import env
from tenants.isolation.rls import database_setup


class Command(BaseCommand):
    help = (
        "Create the PostgreSQL database and its three roles, as the administrator that DATABASE_ADMIN_URL names. "
        "Passwords are those of DATABASE_URL, DATABASE_OWNER_URL and DATABASE_BACKUP_URL, or are generated and printed."
    )
    requires_system_checks = []

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--database", help=f"its name, where DATABASE_URL does not say (default: {database_setup.DATABASE})"
        )

    def handle(self, *, database: str | None, **options) -> None:
        admin = env.text("DATABASE_ADMIN_URL")
        if not admin:
            raise CommandError(
                "Set DATABASE_ADMIN_URL to the administrator's address, such as postgresql://postgres:…@host:5432/postgres."
            )
        urls = [env.text(name) for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_BACKUP_URL")]
        named = {unquote(urlsplit(url).path.strip("/")) for url in urls if url} - {""}
        if len(named) > 1:
            raise CommandError(f"The addresses name different databases: {', '.join(sorted(named))}.")
        database = database or next(iter(named), database_setup.DATABASE)
        try:
            roles = database_setup.roles_from(*urls)
            for line in database_setup.set_up(admin, database, roles):
                self.stdout.write(line)
        except database_setup.NotPossible as error:
            raise CommandError(str(error)) from error
        names = {"app": "DATABASE_URL", "owner": "DATABASE_OWNER_URL", "backup": "DATABASE_BACKUP_URL"}
        for role in roles:
            if role.made_up:
                self.stdout.write(f"{names[role.kind]}={database_setup.url_for(role, admin, database)}")
        if any(role.made_up for role in roles):
            self.stdout.write("Save these addresses: they contain new passwords that are stored nowhere else.")
        self.stdout.write("Next: manage.py migrate")
