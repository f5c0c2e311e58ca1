"""What a role may do. A role never implies reading: who may read what is decided by grants alone."""

from __future__ import annotations

from django.db import models


class Role(models.TextChoices):
    MEMBER = "member", "Member"
    EDITOR = "editor", "Editor"
    ADMIN = "admin", "Admin"
    COMPLIANCE = "compliance", "Compliance officer"
    OWNER = "owner", "Owner"


# Who may make collections and add documents where they may write
EDITORS = frozenset({Role.EDITOR, Role.ADMIN, Role.OWNER})
# Who may invite people, make teams and see everybody's keys
ADMINS = frozenset({Role.ADMIN, Role.OWNER})
# Who may read and export the audit trail
AUDITORS = frozenset({Role.COMPLIANCE, Role.OWNER})
# Given and taken by owners alone: they lead to the audit trail, or to those who have it
PRIVILEGED = frozenset({Role.ADMIN, Role.COMPLIANCE, Role.OWNER})
EVERYONE = frozenset(Role)
