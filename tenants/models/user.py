from __future__ import annotations

import uuid

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from audit.ledger.actors import Actor, Target


class UserManager(BaseUserManager):
    def create_user(self, email: str, password: str | None = None, **fields) -> User:
        """A person who can sign in once they have a password. E-mail addresses differ by more than case."""
        user = self.model(email=self.normalize_email(email).strip().lower(), **fields)
        user.set_password(password) if password else user.set_unusable_password()
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str) -> User:
        return self.get(email=email.strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """One sign-in. Belongs to tenants through memberships; being a superuser opens no tenant's door."""

    class Theme(models.TextChoices):
        SYSTEM = "", "Follow the system"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now)
    theme = models.CharField(max_length=5, choices=Theme.choices, default=Theme.SYSTEM, blank=True)
    shortcuts = models.BooleanField(default=True)  # single-key shortcuts can be turned off (WCAG 2.1.4)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="one_sign_in_per_address")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email.split("@")[0]

    def audit_actor(self) -> Actor:
        return Actor(tenant_id=None, person_id=self.pk, name=self.name, email=self.email)

    def audit_target(self) -> Target:
        return Target("person", str(self.pk))
