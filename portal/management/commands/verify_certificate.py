"""Check the certificate of a removal: that it was signed by the key one expects, and not altered since."""

from __future__ import annotations

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = []  # it needs no database

    def add_arguments(self, parser) -> None:
        parser.add_argument("file", type=Path, help="the certificate ending in .json")
        parser.add_argument(
            "--signed-by",
            default="",
            metavar="KEY",
            help="the public key or its fingerprint; default: the key of this installation",
        )

    def handle(self, file: Path, *, signed_by: str, **options) -> None:
        from portal.operations.removal import certificates
        from portal.security import signing

        try:
            envelope = certificates.verify(file, signed_by=signed_by)
        except signing.BadSignature as problem:
            raise CommandError(f"Do not trust this certificate. {problem}") from None
        self.stdout.write(certificates.in_words(envelope))
        self.stdout.write("The signature is valid, and nothing was altered.")
