"""PostgreSQL, Redis, workers of their own, any number of machines. What these may not leave to a default is refused."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from portal import env
from portal.settings.base import *  # noqa: F403
from portal.settings.base import CSRF_TRUSTED_ORIGINS, PORTAL_URL, SECURE_COOKIES
from portal.settings.services import *  # noqa: F403
from portal.settings.services import VECTOR_STORE

# A key that each machine makes for itself would sign people out, and leave sealed what another machine sealed.
_NEEDED = {
    "SECRET_KEY": "signs sessions and links; every process needs the same",
    "PORTAL_ENCRYPTION_KEY": "opens what the trail says about people; every process needs the same",
    "PORTAL_SIGNING_KEY": "signs what is to be proved later; every process needs the same",
    "DATABASE_URL": "the address that the application's role (portal_app) uses",
    "REDIS_URL": "the cache, rate limits and the queue",
    "ALLOWED_HOSTS": "the names that people call the portal by",
    "PORTAL_URL": "what links in mails begin with",
    "VECTOR_STORE": "weaviate, or lance where one machine does everything",
}
if VECTOR_STORE == "weaviate":
    _NEEDED["WEAVIATE_URL"] = "the search index"
if _missing := [f"{name} ({why})" for name, why in _NEEDED.items() if not env.text(name)]:
    raise ImproperlyConfigured(f"In production these settings have no default: {'; '.join(_missing)}.")
if not PORTAL_URL.startswith(("https://", "http://")):
    raise ImproperlyConfigured(f"PORTAL_URL is {PORTAL_URL!r}. Write it with its scheme, as https://portal.example.")

if PORTAL_URL.startswith("https://"):
    CSRF_TRUSTED_ORIGINS = CSRF_TRUSTED_ORIGINS or [PORTAL_URL]
    SECURE_COOKIES = env.flag("SECURE_COOKIES", True)
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
