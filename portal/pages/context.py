"""What every page knows: who is here, where, and which rooms their role opens."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from tenants.members.members import other_tenants
from tenants.models import Membership
from tenants.requests import form_drafts


def page(request: HttpRequest) -> dict:
    member = getattr(request, "member", None)
    user = getattr(request, "user", None)
    draft = SimpleLazyObject(lambda: _draft(request)) if form_drafts.MARK in request.GET else None
    if member is None:
        return {"draft": draft, "theme": getattr(user, "theme", ""), "shortcuts": getattr(user, "shortcuts", True)}
    return {
        "draft": draft,
        "tenant": member.tenant,
        "member": member,
        "theme": member.user.theme,
        "shortcuts": member.user.shortcuts,
        "rooms": rooms(member),
        "other_tenants": SimpleLazyObject(lambda: _others(member)),
    }


def _draft(request: HttpRequest) -> form_drafts.FormDraft | None:
    """What this person wrote before their session ended. It can be taken once, and a page may ask several times."""
    if not hasattr(request, "_draft_taken"):
        request._draft_taken = form_drafts.take(request)
    return request._draft_taken


def rooms(member: Membership) -> list[dict]:
    """A room one may not enter is absent, not greyed."""
    found = [("ask", "Ask", "ask", "answers:ask"), ("knowledge", "Knowledge", "book", "knowledge:library")]
    if member.is_admin:
        found.append(("people", "People", "people", "tenants:people"))
    if member.is_auditor:
        found.append(("audit", "Audit", "audit", "audit:trail"))
    return [
        {"key": key, "label": label, "icon": icon, "url": reverse(name, args=[member.tenant.slug])}
        for key, label, icon, name in found
    ]


def _others(member: Membership) -> list:
    """The person's other companies, for the switcher."""
    return other_tenants(member.user, member.tenant)
