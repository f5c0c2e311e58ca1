from __future__ import annotations

from django.shortcuts import render
from drf_spectacular.views import SpectacularSwaggerSplitView


def components(request):
    """The component sheet: every part of the interface in every state, as the stylesheet makes it."""
    return render(request, "components.html")


class ApiBrowser(SpectacularSwaggerSplitView):
    """The API, to read and to try. The split view keeps its script in a file of its own, as the content policy asks."""

    url_name = "schema"
    authentication_classes = []
    permission_classes = []

    def get(self, request, *args, **kwargs):
        response = super().get(request, *args, **kwargs)
        # Swagger UI writes style attributes and data: images; scripts stay our own files.
        response["Content-Security-Policy"] = (
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
            "font-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        return response
