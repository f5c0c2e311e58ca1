"""What production may not leave to a default. Asked before anything else is read: base.py would make keys that are missing,
and on a read-only machine fail at that with another message."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from portal import env

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
if env.text("VECTOR_STORE") == "weaviate":
    _NEEDED["WEAVIATE_URL"] = "the search index"
if _missing := [f"{name} ({why})" for name, why in _NEEDED.items() if not env.text(name)]:
    raise ImproperlyConfigured(f"In production these settings have no default: {'; '.join(_missing)}.")
