from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView

from portal.demo.people import forget
from portal.operations.removal.remove_tenant import remove_tenant
from tenants.requests.gates import member_view
from tenants.roles import ADMINS


def components(request):
    """The component sheet: every part of the interface in every state, as the stylesheet makes it."""
    return render(request, "components.html")


class ApiBrowser(SpectacularSwaggerSplitView):
    """The API, to read and to try. The split view keeps its script in a file of its own, as the content policy asks."""

    url_name = "schema"
    authentication_classes = []
    permission_classes = []
    http_method_names = ["get", "head"]  # OPTIONS would need a template

    @extend_schema(exclude=True)
    def get(self, request, *args, **kwargs):
        response = super().get(request, *args, **kwargs)
        # Swagger UI writes style attributes and data: images; scripts stay our own files.
        response["Content-Security-Policy"] = (
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
            "font-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        return response


@require_http_methods(["GET", "HEAD", "POST"])
@member_view(roles=ADMINS)
def sample(request, member):
    """Asks whether the sample company may go, and removes it."""
    if not member.tenant.is_sample:
        raise Http404
    if request.method != "POST":
        return render(request, "sample.html", {"room": "settings"})
    remove_tenant(member.tenant, by=member.audit_actor())
    forget()
    request.session.flush()
    return redirect("home")  # a sign-in page, or the first-run page when there is no other company
