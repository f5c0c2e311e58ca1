"""What the web server runs: static files first, without Django, then everything else."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.embedded")

from django.conf import settings
from django.core.asgi import get_asgi_application
from servestatic import ServeStaticASGI

from portal.body_limit import BodyLimit

application = BodyLimit(
    ServeStaticASGI(get_asgi_application(), root=str(settings.STATIC_ROOT), prefix=settings.STATIC_URL, max_age=86400),
    largest=settings.UPLOAD_LIMIT,
    session_cookie=settings.SESSION_COOKIE_NAME,
)
