from __future__ import annotations

from typing import Any

from auditlog.models import AbstractLogEntry, LogEntryManager
from django.conf import settings
from django.db import models


class FieldChangeManager(LogEntryManager):
    def log_create(self, instance: Any, force_log: bool = False, **kwargs):
        """What auditlog calls: adds tenant, actor and request, and leaves out the words that may name a person."""
        from audit.ledger.current_actor import current_actor
        from audit.ledger.request_id import current_origin
        from audit.ledger.rls_context import TENANT, rls_setting

        tenant_id = tenant_of(instance)
        kwargs |= {
            "tenant_id": tenant_id,
            "actor_id": current_actor(tenant_id).person_id,
            "cid": current_origin().request_id or None,
            "object_repr": "",
        }
        with rls_setting(TENANT, tenant_id):
            return super().log_create(instance, force_log=force_log, **kwargs)


class FieldChange(AbstractLogEntry):
    """django-auditlog's field-level changes, with the tenant, without constraints that would tie it to living rows.

    Names and addresses stay out of it: the actor is an id, and the event of the same request carries the rest, sealed.
    """

    tenant_id = models.UUIDField(null=True, db_index=True)
    content_type = models.ForeignKey(
        "contenttypes.ContentType", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="+"
    )

    objects = FieldChangeManager()

    class Meta(AbstractLogEntry.Meta):
        abstract = False


def tenant_of(instance: Any):
    """The tenant a row belongs to; a tenant's own row belongs to itself."""
    return getattr(instance, "tenant_id", None) or (instance.pk if instance.audit_target().type == "tenant" else None)
