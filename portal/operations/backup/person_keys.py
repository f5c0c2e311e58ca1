"""The keys that seal what the trail says about people: wrapped under the installation's, and so wrapped anew elsewhere."""

from __future__ import annotations

import hashlib
from pathlib import Path
from uuid import UUID

from django.conf import settings

from audit.ledger import crypto
from audit.models import PersonKey
from portal.operations.backup import rows


def fingerprint(secret: str) -> str:
    """Tells whether two installation keys are the same, and nothing else about them."""
    return hashlib.blake2b(secret.encode(), digest_size=12, person=b"portal-keycheck").hexdigest()


def bring(path: Path, opened_with: str) -> tuple[int, int]:
    """How many came, and how many people's names stay closed: their key is lost, or another one is here already."""
    backup_keys = list(rows.read(PersonKey, path))
    if not opened_with:
        return 0, len(backup_keys)
    existing_keys = PersonKey.objects.in_bulk([key.pk for key in backup_keys])
    fresh, closed = [], 0
    former = crypto._installation_key(opened_with)
    ours = crypto._installation_key(settings.PORTAL_ENCRYPTION_KEY)
    for key in backup_keys:
        plain = crypto._decrypt(former, key.wrapped, key.pk.bytes)
        if key.pk not in existing_keys:
            fresh.append(PersonKey(pk=key.pk, wrapped=_wrapped(ours, plain, key.pk), created_at=key.created_at))
        elif crypto._decrypt(ours, existing_keys[key.pk].wrapped, key.pk.bytes) != plain:
            closed += 1
    return rows.insert(PersonKey, fresh), closed


def _wrapped(master: bytes, plain: bytes, person_id: UUID) -> str:
    return crypto._encrypt(master, plain, person_id.bytes)
