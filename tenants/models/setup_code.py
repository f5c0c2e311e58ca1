from __future__ import annotations

from django.db import models


class SetupCode(models.Model):
    """Lets somebody who is not on this machine set up an empty installation. Only a digest of the code is stored."""

    digest = models.CharField(max_length=64, unique=True)  # SHA-256, hex
    created_at = models.DateTimeField(auto_now_add=True)
