"""Every address. What belongs to a tenant stands under /t/<slug>/, behind a gate (tenants/requests/gates.py,
tenants/requests/api_gates.py)."""

from __future__ import annotations

from django.urls import include, path

import answers.urls
import audit.urls
import knowledge.urls
import tenants.urls
from portal import views
from portal.api import schema_extensions, schema_view  # noqa: F401 - extensions are found by being imported
from portal.help.views import help_image, help_page
from portal.observability import health

api = [
    *answers.urls.api,
    *knowledge.urls.api,
    *tenants.urls.api,
    *audit.urls.api,
]

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("components/", views.components, name="components"),
    path("help/", help_page, name="help"),
    path("help/<slug:page_name>/", help_page, name="help-page"),
    path("help/images/<str:image_name>", help_image, name="help-image"),
    path("api/schema/", schema_view.ApiDocument.as_view(), name="schema"),
    path("api/", views.ApiBrowser.as_view(), name="api-browser"),
    *tenants.urls.public,
    path("t/<slug:slug>/sample/", views.sample, name="sample"),
    path("t/<slug:slug>/api/v1/", include((api, "api"))),
    path("t/<slug:slug>/", include((answers.urls.pages, "answers"))),
    path("t/<slug:slug>/", include((knowledge.urls.pages, "knowledge"))),
    path("t/<slug:slug>/", include((tenants.urls.pages, "tenants"))),
    path("t/<slug:slug>/", include((audit.urls.pages, "audit"))),
]

handler400 = "portal.errors.handlers.bad_request"
handler403 = "portal.errors.handlers.forbidden"
handler404 = "portal.errors.handlers.not_found"
handler500 = "portal.errors.handlers.server_error"
