from __future__ import annotations

from django.urls import path

from audit.api import views as rest
from audit.pages import views

pages = [
    path("audit/", views.trail, name="trail"),
    path("audit/count/", views.count, name="count"),
    path("audit/events/<int:event_id>/", views.event, name="event"),
    path("audit/export/", views.export, name="export"),
]
api = [
    path("audit/events/", rest.AuditEventsView.as_view(), name="audit-events"),
    path("audit/export/", rest.ExportView.as_view(), name="audit-export"),
]
