from __future__ import annotations

from auditlog.models import AbstractLogEntry
from django.conf import settings
from django.db import models


class FieldChange(AbstractLogEntry):
    """django-auditlog's field-level changes, with the tenant and without constraints that would tie it to the living rows.

    Names and addresses stay out of it: the actor is an id, and the event of the same request carries the rest, sealed.
    """

    tenant_id = models.UUIDField(null=True, db_index=True)
    content_type = models.ForeignKey(
        "contenttypes.ContentType", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="+"
    )

    class Meta(AbstractLogEntry.Meta):
        abstract = False
