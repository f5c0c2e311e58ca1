"""`/api/schema/`: the description of the API, generated once per process and format.

It is the same for everybody and changes only with the code. Generating it takes about 0.1 to 0.2 s of processor time, and
anybody may ask for it without signing in.
"""

from __future__ import annotations

import threading

from django.http import HttpResponse
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request

_lock = threading.Lock()
_rendered: dict[str, bytes] = {}  # by the name of the format; there are two


class ApiDocument(SpectacularAPIView):
    """YAML, or JSON for a client that asks for JSON. Query parameters change nothing."""

    authentication_classes = []
    permission_classes = []

    @extend_schema(exclude=True)
    def get(self, request: Request, *args, **kwargs) -> HttpResponse:
        renderer = request.accepted_renderer
        filename = self._get_filename(request, None)
        return HttpResponse(
            rendered(renderer),
            content_type=f"{renderer.media_type}; charset=utf-8",
            headers={"Content-Disposition": f'inline; filename="{filename}"', "Cache-Control": "public, max-age=300"},
        )


def rendered(renderer) -> bytes:
    """The document as this renderer writes it. Requests that arrive while it is generated wait for it."""
    kind = "json" if isinstance(renderer, OpenApiJsonRenderer) else "yaml"
    if kind not in _rendered:
        with _lock:
            if kind not in _rendered:
                generator = ApiDocument.generator_class()
                document = generator.get_schema(request=None, public=True)
                _rendered[kind] = renderer.render(document, renderer_context={})
    return _rendered[kind]
