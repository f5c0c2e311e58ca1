"""PostgreSQL, Redis, workers of their own, any number of machines. What these may not leave to a default is refused."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from portal import env
from portal.settings import needed  # noqa: F401 - first
from portal.settings.base import *  # noqa: F403
from portal.settings.base import CSRF_TRUSTED_ORIGINS, PORTAL_URL, SECURE_COOKIES
from portal.settings.services import *  # noqa: F403

if not PORTAL_URL.startswith(("https://", "http://")):
    raise ImproperlyConfigured(f"PORTAL_URL is {PORTAL_URL!r}. Write it with its scheme, as https://portal.example.")

if PORTAL_URL.startswith("https://"):
    CSRF_TRUSTED_ORIGINS = CSRF_TRUSTED_ORIGINS or [PORTAL_URL]
    SECURE_COOKIES = env.flag("SECURE_COOKIES", True)
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
