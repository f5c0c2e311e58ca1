"""One's own settings inside a company, the company's for its admins, and leaving it."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from audit.ledger.actions import Action
from audit.ledger.record import record
from tenants.members.handover import belongings_of
from tenants.members.members import end_membership
from tenants.models import Membership
from tenants.pages import account
from tenants.pages.forms import CompanyForm
from tenants.requests.gates import member_view
from tenants.roles import ADMINS, Role


@never_cache
@sensitive_post_parameters("current", "password")
@require_http_methods(["GET", "POST"])
@member_view()
def settings(request: HttpRequest, member: Membership) -> HttpResponse:
    shown = account.handle(request, redirect("tenants:settings", member.tenant.slug))
    if isinstance(shown, HttpResponse):
        return shown
    context = shown | {
        "room": "settings",
        "company_form": CompanyForm(initial={"name": member.tenant.name}) if member.is_admin else None,
        "belongings": list(belongings_of(member)),
        "last_owner": member.role == Role.OWNER and not _other_owners(member),
    }
    return render(request, "tenants/settings.html", context, status=200 if request.method == "GET" else 400)


@require_POST
@member_view(roles=ADMINS)
def company(request: HttpRequest, member: Membership) -> HttpResponse:
    form = CompanyForm(request.POST)
    if form.is_valid():
        rename_company(member, form.cleaned_data["name"])
        messages.success(request, "Saved.")
    else:
        messages.error(request, "Enter a company name of up to 120 characters.", extra_tags="Nothing was changed.")
    return redirect("tenants:settings", member.tenant.slug)


@require_POST
@member_view()
def leaving(request: HttpRequest, member: Membership) -> HttpResponse:
    end_membership(member, by=member)
    messages.success(request, f"You no longer belong to {member.tenant}.")
    return redirect("home")


@transaction.atomic
def rename_company(member: Membership, name: str) -> None:
    tenant = member.tenant
    if tenant.name != name:
        tenant.name = name
        tenant.save(update_fields=["name"])
        record(Action.TENANT_CHANGED, member, tenant)


def _other_owners(member: Membership) -> bool:
    owners = Membership.objects.for_tenant(member.tenant).active().filter(role=Role.OWNER)
    return owners.exclude(pk=member.pk).exists()
