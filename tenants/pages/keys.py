"""API keys: one's own, and for admins everybody's."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from tenants.api_keys.api_keys import create_api_key, keys_of, revoke_api_key
from tenants.models import Membership
from tenants.models.api_key import Scope
from tenants.pages.forms import KeyForm
from tenants.requests.gates import member_view


@never_cache
@require_http_methods(["GET", "POST"])
@member_view()
def keys(request: HttpRequest, member: Membership) -> HttpResponse:
    form, secret = KeyForm(request.POST or None, member=member), ""
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data
        # Shown in this very answer and nowhere else: a redirect would have to keep it somewhere.
        _, secret = create_api_key(member, name=wanted["name"], scopes=wanted["scopes"], expires_at=form.expires_at)
        form = KeyForm(member=member)
    everybody = member.is_admin and request.GET.get("of") == "everybody"
    context = {
        "room": "people" if everybody else "keys",
        "keys": keys_of(member, everybody=everybody).order_by("revoked_at", "-created_at")[:500],
        "everybody": everybody,
        "form": form,
        "secret": secret,
        "scope_names": dict(Scope.choices),
    }
    status = 400 if request.method == "POST" and not secret else 200
    return render(request, "tenants/keys.html", context, status=status)


@require_POST
@member_view()
def revocation(request: HttpRequest, member: Membership, key_id: UUID) -> HttpResponse:
    key = get_object_or_404(keys_of(member, everybody=member.is_admin), pk=key_id)
    revoke_api_key(key, by=member)
    messages.success(
        request, f"The key {key.name} was revoked.", extra_tags="Programs that use it no longer have access."
    )
    here = redirect("tenants:keys", member.tenant.slug)
    if key.member_id != member.pk:
        here["Location"] += "?of=everybody"
    return here
