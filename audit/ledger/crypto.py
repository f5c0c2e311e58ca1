"""Sealing what identifies a person. AES-256-GCM; the person's id is bound in as associated data."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import time
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

NONCE_BYTES = 12  # bytes, fresh for each sealing
# Seconds: what is sealed so soon after a key was destroyed can be read by nobody, as it should be
KEY_CACHE_SECONDS = 30
MAX_CACHED_KEYS = 1_000
NOBODY = UUID(int=0)  # attempts by people we do not know are sealed under the installation's own entry

_cached_keys: dict[UUID, tuple[float, bytes]] = {}  # person, until when, key


@lru_cache(maxsize=4)
def _installation_key(secret: str) -> bytes:
    return hashlib.blake2b(secret.encode(), digest_size=32, person=b"portal-personkey").digest()


def _encrypt(key: bytes, plain: bytes, bound_to: bytes) -> str:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(NONCE_BYTES)
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, plain, bound_to)).decode()


def _decrypt(key: bytes, sealed: str, bound_to: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    raw = base64.b64decode(sealed)
    return AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], bound_to)


def person_key(person_id: UUID) -> bytes:
    """That person's key, made on first use. Two writers at once end with one key, since the id is the primary key."""
    from audit.models import PersonKey

    cached = _cached_keys.get(person_id)
    if cached is not None and cached[0] > time.monotonic():
        return cached[1]
    row = PersonKey.objects.filter(pk=person_id).first()
    if row is None:
        fresh = _encrypt(_installation_key(settings.PORTAL_ENCRYPTION_KEY), os.urandom(32), person_id.bytes)
        row, _ = PersonKey.objects.get_or_create(pk=person_id, defaults={"wrapped": fresh})
    key = _decrypt(_installation_key(settings.PORTAL_ENCRYPTION_KEY), row.wrapped, person_id.bytes)
    if person_id != NOBODY:
        transaction.on_commit(lambda: _cache_key(person_id, key))  # a row of this transaction may yet be rolled back
    return key


def _cache_key(person_id: UUID, key: bytes) -> None:
    if len(_cached_keys) >= MAX_CACHED_KEYS:
        _cached_keys.clear()
    _cached_keys[person_id] = time.monotonic() + KEY_CACHE_SECONDS, key


def forget_key(person_id: UUID) -> None:
    """In this process. Others forget it after KEPT_FOR seconds."""
    _cached_keys.pop(person_id, None)


def seal(person_id: UUID | None, content: dict[str, Any]) -> str:
    """The content, readable only while that person's key exists. An empty content stays empty."""
    return Sealer(person_id)(content)


class Sealer:
    """`seal` for several fields of one person, whose key is fetched once."""

    def __init__(self, person_id: UUID | None) -> None:
        self._person = person_id or NOBODY
        self._key: bytes | None = None

    def __call__(self, content: dict[str, Any]) -> str:
        if not any(content.values()):
            return ""
        self._key = self._key or person_key(self._person)
        return _encrypt(self._key, json.dumps(content, ensure_ascii=False, default=str).encode(), self._person.bytes)


class Unsealer:
    """Opens sealed fields, keeping the keys of one page of rows. An erased person's fields read as None."""

    def __init__(self) -> None:
        self._keys: dict[UUID, bytes | None] = {}

    def prefetch(self, people: set[UUID | None]) -> None:
        from audit.models import PersonKey

        wanted = {person or NOBODY for person in people} - self._keys.keys()
        master = _installation_key(settings.PORTAL_ENCRYPTION_KEY)
        self._keys.update(dict.fromkeys(wanted))
        for row in PersonKey.objects.filter(pk__in=wanted):
            self._keys[row.pk] = _decrypt(master, row.wrapped, row.pk.bytes)

    def open(self, person_id: UUID | None, sealed: str) -> dict[str, Any] | None:
        from cryptography.exceptions import InvalidTag

        if not sealed:
            return {}
        person = person_id or NOBODY
        if person not in self._keys:
            self.prefetch({person})
        key = self._keys[person]
        if key is None:
            return None
        try:
            return json.loads(_decrypt(key, sealed, person.bytes))
        except (InvalidTag, ValueError):
            return None
