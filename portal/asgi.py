"""What the web server runs: static files first, without Django, then everything else."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.embedded")

import django
from django.conf import settings
from django.db import connection

from portal import static_files
from portal.body_limit import BodyLimit
from portal.request_threads import Handler
from tenants.rls import role

django.setup(set_prefix=False)
if connection.vendor == "postgresql":
    from portal import database_timeouts

    database_timeouts.serve_people()
role.insist()

application = BodyLimit(
    static_files.serve(Handler()),
    largest=settings.UPLOAD_LIMIT,
    session_cookie=settings.SESSION_COOKIE_NAME,
)
