from __future__ import annotations

from django.db import models


class PersonKey(models.Model):
    """The key that seals what the trail says about one person, itself encrypted under the installation's key.

    Destroying the row makes every sealed field of that person unreadable, without touching one row of the trail.
    """

    person_id = models.UUIDField(primary_key=True)
    wrapped = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
