"""Back up everything, or some companies: rows, files and a signed manifest. People go on working meanwhile."""

from __future__ import annotations

from pathlib import Path

from django.core.management.base import BaseCommand

from tenants.management.command_input import plain_errors

KEYS_ARE_IN_IT = """\
This backup holds the installation's keys. Anyone who has it can read every name in the audit trail, sign in as
anyone, and sign backups and certificates. Encrypt it, and store it apart from the others."""
KEYS_ARE_NOT_IN_IT = """\
The keys are not in this backup ({folder}). Keep a copy of them somewhere else: without encryption.key nobody can
read who did what in the audit trail after a restore. Use --with-keys to include them."""


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR", help="a folder that does not exist yet")
        parser.add_argument(
            "--tenant", action="append", default=[], metavar="SLUG", help="only this one; may be repeated"
        )
        parser.add_argument(
            "--with-keys", action="store_true", help="include the keys of the installation: see the README"
        )

    def handle(self, folder: Path, tenant: list[str], with_keys: bool, **options) -> None:
        from django.conf import settings

        from portal.operations.backup.create import make_backup

        with plain_errors():
            made = make_backup(folder, slugs=tenant, with_keys=with_keys, write_line=self.write_line)
        self.write_line(
            f"Wrote {made.folder}: {made.tenants} {'company' if made.tenants == 1 else 'companies'}, {made.rows} rows, {made.files} files, "
            f"{made.bytes / 1_000_000:.1f} MB."
        )
        self.write_line(
            f"Signed with the key {made.signed_by}: write it down, because a restore on another machine asks for it."
        )
        self.write_line(KEYS_ARE_IN_IT if with_keys else KEYS_ARE_NOT_IN_IT.format(folder=settings.KEYS_DIR))

    def write_line(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
