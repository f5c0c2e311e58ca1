from __future__ import annotations

from django.contrib.auth.backends import ModelBackend

from tenants.models import User


class EmailBackend(ModelBackend):
    """Sign-in by e-mail address, whatever its case. Permissions never come from here."""

    def authenticate(self, request, username=None, password=None, email=None, **kwargs):
        address = (email or username or "").strip().lower()
        if not address or password is None:
            return None
        user = User.objects.filter(email=address).first()
        if user is None:
            User().set_password(password)  # the same time for an unknown address
            return None
        if user.check_password(password) and self.user_can_authenticate(user):
            return user
        return None

    def has_perm(self, user_obj, perm, obj=None):
        return False  # tenants' objects are asked through knowledge.permissions.access, never through user.has_perm
