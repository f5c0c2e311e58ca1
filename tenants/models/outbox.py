from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models


class OutboxMail(models.Model):
    """Every mail the portal wrote. Without a mail server an admin hands the link over from the outbox page.

    The link is a secret: it is kept sealed, apart from the words, and only until it was sent, used or withdrawn. A mail
    with a tenant is that company's business; one without is nobody's but the person's and the operator's.
    """

    class Kind(models.TextChoices):
        INVITATION = "invitation", "Invitation"
        PASSWORD_RESET = "password-reset", "New password"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.CASCADE, null=True, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.INVITATION)
    to = models.EmailField()
    subject = models.CharField(max_length=200)
    body = models.TextField()  # "{link}" stands where the link goes
    link_sealed = models.TextField(blank=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+")
    invitation = models.ForeignKey("tenants.Invitation", on_delete=models.CASCADE, null=True, related_name="mails")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-created_at"]
