"""What the web server runs: static files first, without Django, then everything else."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.embedded")

import django

django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402 - these need the models
from django.db import connection  # noqa: E402

from portal import static_files  # noqa: E402
from portal.body_limit import BodyLimit  # noqa: E402
from portal.request_threads import Handler  # noqa: E402
from tenants.rls import role  # noqa: E402

if connection.vendor == "postgresql":
    from portal import database_timeouts

    database_timeouts.serve_people()
role.insist()

from portal import uploaders  # noqa: E402 - it imports models

application = BodyLimit(
    static_files.serve(Handler()),
    largest=settings.UPLOAD_LIMIT,
    find_tenant=uploaders.find_tenant,
    proxies=settings.TRUSTED_PROXIES,
)
