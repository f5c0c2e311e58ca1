"""What the web server runs: static files first, without Django, then everything else."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.embedded")

import django

django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402 - these need the models
from django.db import connection  # noqa: E402

from portal.http import static_files  # noqa: E402
from portal.http.body_limit import BodyLimit  # noqa: E402
from portal.http.request_threads import Handler  # noqa: E402
from tenants.isolation.rls import serving_role  # noqa: E402

if connection.vendor == "postgresql":
    from portal.infrastructure import database_timeouts

    database_timeouts.serve_people()
serving_role.require_serving_role()

from portal.http import upload_permission  # noqa: E402 - it imports models

application = BodyLimit(
    static_files.serve(Handler()),
    largest=settings.UPLOAD_LIMIT,
    find_tenant=upload_permission.find_tenant,
    proxies=settings.TRUSTED_PROXIES,
)
