"""Upload files and folders into a collection."""

from __future__ import annotations

import sys
import threading
import time
from argparse import ArgumentTypeError
from collections import Counter
from pathlib import Path

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError

from knowledge.jobs import queue_stats
from knowledge.models import Collection, Job, Status, Version
from knowledge.models.grant import Right
from knowledge.models.version import WORKING
from tenants.errors import Problem, TooMany
from tenants.isolation.scope import in_tenant
from tenants.models import Membership, Tenant
from tenants.roles import ADMINS, EDITORS, Role

POLL_SECONDS = 0.3  # seconds between looks at how far it is
WORKER_START_SECONDS = 1.0  # seconds a worker has to begin before this command does the reading itself
BAR = 30  # characters


class Command(BaseCommand):
    help = "Upload files and folders into a collection, which is created if missing. With --wait, waits until all are read."

    def add_arguments(self, parser):
        parser.add_argument("paths", nargs="+", type=_existing, metavar="PATH")
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--collection", required=True, metavar="NAME")
        parser.add_argument(
            "--user", metavar="EMAIL", help="the member who uploads; default: an owner or admin of the company"
        )
        parser.add_argument("--wait", action="store_true", help="show progress, and fail if a file could not be read")

    def handle(self, paths, tenant, collection, user, wait, **options):
        member = _member(tenant, user)
        with in_tenant(member.tenant):
            shelf = _collection(member, collection)
        files = _named([file for path in paths for file in _files(path)])
        if not files:
            raise CommandError("There is no file to upload.")
        versions, refused = self._upload(member, shelf, files)
        for path, problem in refused:
            self.stderr.write(f"{path}: {problem.message} {problem.hint}".rstrip())
        if wait:
            refused += self._wait(member, versions)
        else:
            uploaded = "1 file" if len(versions) == 1 else f"{len(versions)} files"
            self.stdout.write(f"{uploaded} uploaded into {shelf}, to be read in the background.")
        if refused:
            sys.exit(1)

    def _upload(self, member: Membership, collection_name: Collection, files: dict[Path, str]):
        from knowledge.library import uploads

        versions, refused = {}, []
        for done, (path, name) in enumerate(files.items(), 1):
            try:
                self._wait_for_queue_space(member)
                with path.open("rb") as opened, in_tenant(member.tenant):
                    uploaded = uploads.upload(
                        member, collection_name, File(opened), filename=name, priority=Job.Priority.BULK
                    )
                versions[uploaded.version.pk] = path
            except Problem as problem:
                refused.append((path, problem))
            self._bar("Uploading", done, len(files))
        return versions, refused

    def _wait_for_queue_space(self, member: Membership) -> None:
        """While as much waits as may, this waits too; and reads, when nobody else does."""
        from knowledge.ingestion import pipeline

        while True:
            try:
                with in_tenant(member.tenant):
                    return queue_stats.require_queue_space(member.tenant)
            except TooMany:
                if not _somebody_reads(member):
                    pipeline.drain()
                time.sleep(POLL_SECONDS)

    def _wait(self, member: Membership, versions: dict) -> list:
        """Somebody reads them: a worker if there is one, this command otherwise."""
        helper = None
        began = time.monotonic()
        while True:
            with in_tenant(member.tenant):
                rows = list(Version.objects.for_tenant(member.tenant).filter(pk__in=list(versions)))
            waiting = [row for row in rows if row.status in WORKING]
            self._bar("Reading", len(rows) - len(waiting), len(rows))
            if not waiting:
                break
            untouched = all(row.status == Status.QUEUED for row in waiting)
            if (
                untouched
                and time.monotonic() - began > WORKER_START_SECONDS
                and (helper is None or not helper.is_alive())
            ):
                helper = threading.Thread(target=_read_here, daemon=True)
                helper.start()
            time.sleep(POLL_SECONDS)
        if helper is not None:
            helper.join()
        failed = [row for row in rows if row.status == Status.FAILED]
        for row in failed:
            self.stderr.write(f"{versions[row.pk]}: {row.error_message} {row.error_hint}".rstrip())
        ready = len(rows) - len(failed)
        self.stdout.write(f"{ready} of {len(rows)} documents are ready, in {time.monotonic() - began:.1f} s.")
        return failed

    def _bar(self, what: str, done: int, total: int) -> None:
        if not sys.stderr.isatty() and done < total:
            return
        filled = BAR * done // max(total, 1)
        line = f"\r{what} [{'#' * filled}{'.' * (BAR - filled)}] {done} of {total}"
        self.stderr.write(line, ending="\n" if done >= total else "")
        self.stderr.flush()


def _somebody_reads(member: Membership) -> bool:
    with in_tenant(member.tenant):
        return Job.objects.for_tenant(member.tenant).filter(state=Job.State.RUNNING).exists()


def _read_here() -> None:
    from django.db import connection

    from knowledge.ingestion import pipeline

    try:
        pipeline.drain()
    finally:
        connection.close()


def _existing(text: str) -> Path:
    path = Path(text).expanduser()
    if not path.exists():
        raise ArgumentTypeError(f"{text} does not exist")
    return path


def _files(path: Path) -> list[tuple[Path, Path]]:
    """Each file with its place under what was named. A folder means everything in it, but for hidden files."""
    if path.is_file():
        return [(path, Path(path.name))]
    found = ((each, each.relative_to(path)) for each in sorted(path.rglob("*")) if each.is_file())
    return [(each, place) for each, place in found if not any(part.startswith(".") for part in place.parts)]


def _named(files: list[tuple[Path, Path]]) -> dict[Path, str]:
    """Many folders have an index.md: where a name comes twice, the folders become part of it."""
    often = Counter(place.name for _, place in files)
    return {path: place.name if often[place.name] == 1 else " - ".join(place.parts) for path, place in files}


def _member(slug: str, email: str | None) -> Membership:
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise CommandError(f"There is no company {slug!r}. Create one with create_tenant.")
    with in_tenant(tenant):
        people = list(Membership.objects.for_tenant(tenant).active().select_related("user", "tenant"))
    if email:
        member = next((each for each in people if each.user.email == email.strip().lower()), None)
        if member is None:
            raise CommandError(f"{email} does not belong to {slug}.")
        return member
    ranked = {Role.OWNER: 0, Role.ADMIN: 1, Role.EDITOR: 2}
    able = sorted(
        (each for each in people if each.role in EDITORS | ADMINS), key=lambda each: (ranked[each.role], each.joined_at)
    )
    if not able:
        raise CommandError(f"Nobody in {slug} can upload. Add someone with add_member --role owner.")
    return able[0]


def _collection(member: Membership, name: str) -> Collection:
    from knowledge.library.collections import create_collection

    named = {"name__iexact": " ".join(name.split())}
    found = Collection.objects.allowing(member, Right.WRITE).filter(**named).order_by("created_at").first()
    if found is not None:
        return found
    if Collection.objects.visible_to(member).filter(**named).exists():
        raise CommandError(f"{member} may not add documents to {name}. Name someone who can with --user.")
    try:
        return create_collection(member, name)
    except Problem as problem:
        raise CommandError(f"{problem.message} {problem.hint}".strip()) from None
