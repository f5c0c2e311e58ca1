"""Put a backup back: everything into an empty installation, or one company into one that runs."""

from __future__ import annotations

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from tenants.management.command_input import plain_errors
from tenants.models.tenant import SLUG


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR", help="what `manage.py backup` wrote")
        parser.add_argument("--tenant", default="", metavar="SLUG", help="only this one")
        parser.add_argument("--as", default="", dest="new_slug", metavar="SLUG", help="with --tenant: its name here")
        parser.add_argument(
            "--signed-by",
            default="",
            metavar="KEY",
            help="made by another installation: the key that backup printed there",
        )
        parser.add_argument("--keys", type=Path, metavar="FOLDER", help="where the former encryption.key is")
        parser.add_argument(
            "--lose-names", action="store_true", help="the former encryption.key is lost: the trail will not say who"
        )

    def handle(self, folder, tenant, new_slug, signed_by, keys, lose_names, **options) -> None:
        from portal.operations.backup.restore import restore

        if new_slug and not tenant:
            raise CommandError("--as renames one tenant: name that tenant with --tenant.")
        with plain_errors():
            if new_slug:
                SLUG(new_slug)
            done = restore(
                folder,
                slug=tenant,
                new_slug=new_slug,
                signed_by=signed_by,
                keys=keys,
                lose_names=lose_names,
                write_line=self.write_line,
            )
        for changed, differences in done.changed.items():
            self.write_line(
                f"{changed} was restored from this backup before, and has changed since ({'; '.join(differences)}). "
                f"It was not changed. To go back to the backup, remove it first: manage.py delete_tenant {changed}"
            )
        if not done.tenants and not done.rows:
            if done.changed:
                raise CommandError("Nothing was restored.")
            self.write_line("Everything in this backup already exists here, unchanged.")
            return
        self.write_line(
            f"Restored {', '.join(done.tenants) or 'nothing new'}: {done.rows} rows, {done.files} files, "
            f"{done.passages} passages indexed."
        )
        if done.renumbered:
            self.write_line("Audit events have new numbers, in the same order: their numbers were already used here.")
        if done.closed_names:
            self.write_line(
                f"The names of {done.closed_names} people in the audit trail cannot be read here: the keys differ."
            )

    def write_line(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
