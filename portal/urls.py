"""Every address. What belongs to a tenant stands under /t/<slug>/, behind a gate (tenants/gates.py, tenants/http.py)."""

from __future__ import annotations

from django.urls import include, path

import answers.urls
import audit.urls
import knowledge.urls
import tenants.urls
from portal import api_document, api_schema, health, views  # noqa: F401 - the schema's extension is found by being imported

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
    path("api/schema/", api_document.ApiDocument.as_view(), name="schema"),
    path("api/", views.ApiBrowser.as_view(), name="api-browser"),
    *tenants.urls.public,
    path("t/<slug:slug>/sample/", views.sample, name="sample"),
    path("t/<slug:slug>/api/v1/", include((api, "api"))),
    path("t/<slug:slug>/", include((answers.urls.pages, "answers"))),
    path("t/<slug:slug>/", include((knowledge.urls.pages, "knowledge"))),
    path("t/<slug:slug>/", include((tenants.urls.pages, "tenants"))),
    path("t/<slug:slug>/", include((audit.urls.pages, "audit"))),
]

handler400 = "portal.errors.bad_request"
handler403 = "portal.errors.forbidden"
handler404 = "portal.errors.not_found"
handler500 = "portal.errors.server_error"
