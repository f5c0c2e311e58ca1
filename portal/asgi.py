"""What the web server runs: static files first, without Django, then everything else."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.embedded")

from django.conf import settings  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from servestatic import ServeStaticASGI  # noqa: E402

application = ServeStaticASGI(
    get_asgi_application(), root=str(settings.STATIC_ROOT), prefix=settings.STATIC_URL, max_age=86400
)
