"""Destroying the key that seals what the trail says about one person: the only way to erase somebody from it."""

from __future__ import annotations

from uuid import UUID

from django.db import connection, transaction

from audit.ledger import crypto
from audit.ledger.actions import Action
from audit.ledger.actors import Target, system
from audit.ledger.record import record
from audit.models import PersonKey


@transaction.atomic
def destroy_key(person_id: UUID) -> bool:
    """Destroys the key and records that on the installation's trail. False if there is none (any more).

    On PostgreSQL the role that serves may not delete keys: a function of the owner role does both
    (tenants/isolation/rls/functions.py). It takes one person per command, and refuses somebody who still has an
    account.
    """
    crypto.forget_key(person_id)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT portal_destroy_person_key(%s)", [person_id])
            return cursor.fetchone()[0]
    destroyed, _ = PersonKey.objects.filter(pk=person_id).delete()
    if destroyed:
        record(Action.PERSON_KEY_DESTROYED, system(None), Target("person", str(person_id)))
    return bool(destroyed)
