"""Move the search index to the other vector store, and answer from there."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from knowledge import backends
from knowledge.indexes import store_migration
from knowledge.stores.base import StoreError

BAR = 30


class Command(BaseCommand):
    help = (
        "Copy every company's index to another vector store without embedding anything again, compare the two, and "
        "use the new one for answers. It is safe to run again at any time."
    )

    def add_arguments(self, parser):
        parser.add_argument("--to", required=True, choices=sorted(backends.STORES), metavar="STORE")

    def handle(self, to, **options):
        others = {settings.VECTOR_STORE, settings.VECTOR_STORE_ALSO, *backends.STORES} - {to, ""}
        old_name = settings.VECTOR_STORE if to != settings.VECTOR_STORE else settings.VECTOR_STORE_ALSO
        old_name = old_name or sorted(others)[0]
        try:
            old, new = backends.open_store(old_name), backends.open_store(to)
            moved = [self._move(tenant, generation, old, new) for tenant, generation in store_migration.indexes()]
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        except StoreError as error:
            raise CommandError(
                f"{error.message} {error.hint} Run this again: it continues with what is missing."
            ) from error
        if not all(each.well for each in moved):
            raise CommandError(
                f"Not everything is in {to} as it should be, so answers still use the old store. Run this again."
            )
        self._switch(to)

    def _move(self, tenant, generation, old, new) -> store_migration.MigrationResult:
        name = f"{tenant.slug}, {generation}"
        each = store_migration.move(
            tenant, generation, old, new, on_progress=lambda done, total: self._bar(name, done, total)
        )
        self.stdout.write(
            f"{name}: {each.passages:,} passages, {each.copied:,} of them copied now, {each.astray:,} astray"
            + (f"; {each.asked} questions to both, {each.agreement:.0%} the same hits" if each.asked else "")
        )
        return each

    def _bar(self, name: str, done: int, total: int) -> None:
        if not self.stdout.isatty() or not total:
            return
        filled = BAR * done // total
        end = "\n" if done >= total else ""
        self.stdout.write(f"\r{name} [{'#' * filled}{'.' * (BAR - filled)}] {done:,} of {total:,}", ending=end)
        self.stdout.flush()

    def _switch(self, to: str) -> None:
        if to in (settings.VECTOR_STORE, settings.VECTOR_STORE_ALSO):
            backends.answer_from(to)
            self.stdout.write(f"Answers now use {to}.")
        if to != settings.VECTOR_STORE:
            self.stdout.write(f"To stay there, set VECTOR_STORE={to} and restart the processes of the portal.")
        if to not in (settings.VECTOR_STORE, settings.VECTOR_STORE_ALSO):
            self.stdout.write("Then run this once more to add what was written since it began.")
        elif settings.VECTOR_STORE_ALSO:
            self.stdout.write(
                "VECTOR_STORE_ALSO keeps the other store up to date, so that you can go back until you remove it."
            )
