"""The audit room: for compliance officers and owners. Looking is recorded, like everything else."""

from __future__ import annotations

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from audit.ledger.actions import Action
from audit.ledger.actors import Target
from audit.ledger.record import record
from audit.pages import page_context
from audit.trail import export as exporting
from audit.trail import filters
from audit.trail.filters import AuditFilters
from audit.trail.queries import Trail
from tenants.errors import Invalid
from tenants.models import Membership
from tenants.requests import form_drafts
from tenants.requests.gates import member_view
from tenants.requests.query_parameters import require_known
from tenants.roles import AUDITORS

EXPORT_FIELDS = frozenset({"csrfmiddlewaretoken", form_drafts.FIELD, "format", *filters.NAMES})


@require_safe
@never_cache
@member_view(roles=AUDITORS)
def trail(request: HttpRequest, member: Membership) -> HttpResponse:
    parameters = filters.read(request.GET, looks=False)
    before = _before(request)
    shown = page_context.page(member, parameters, before=before)
    record_audit_read(member, parameters, Target("trail", ""), events=len(shown["events"]), before=before)
    return render(request, "audit/trail.html", shown)


@require_safe
@never_cache
@member_view(roles=AUDITORS)
def count(request: HttpRequest, member: Membership) -> HttpResponse:
    """How many, which takes longer than the page and so comes after it."""
    counted = Trail(member, filters.read(request.GET, looks=False)).count()
    return render(request, "audit/_count.html", {"counted": counted})


@require_safe
@never_cache
@member_view(roles=AUDITORS)
def event(request: HttpRequest, member: Membership, event_id: int) -> HttpResponse:
    parameters = filters.read(request.GET, looks=False)
    trail = Trail(member, parameters)
    row = trail.event(event_id)
    if row is None:
        raise Http404
    context = {
        "story": page_context.story(trail, row, step=_step(request)),
        "query": parameters.query(),
        "room": "audit",
    }
    record_audit_read(member, parameters, Target("event", str(event_id)))
    if request.headers.get("HX-Request"):
        return render(request, "audit/_story.html", context)
    return render(request, "audit/trail.html", page_context.page(member, parameters, before=_before(request)) | context)


@require_POST
@member_view(roles=AUDITORS)
def export(request: HttpRequest, member: Membership) -> HttpResponse:
    """By a form, so that no link on another site can start it."""
    require_known({**request.GET, **request.POST}, EXPORT_FIELDS)
    parameters = filters.read(request.POST, looks=False)
    return exporting.export(member, parameters, format_of(request.POST.get("format", "")))


def format_of(name: str) -> exporting.Format:
    try:
        return exporting.Format(name or exporting.Format.CSV)
    except ValueError:
        raise Invalid("The format must be csv or jsonl.") from None


@transaction.atomic
def record_audit_read(member: Membership, parameters: AuditFilters, on: Target, **data: object) -> None:
    plain, personal = parameters.recorded()
    details = {name: value for name, value in data.items() if value is not None}
    record(Action.AUDIT_READ, member, on, personal=personal, filters=plain, **details)


def _step(request: HttpRequest) -> int:
    value = request.GET.get("more", "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 4 else 0


def _before(request: HttpRequest) -> int | None:
    value = request.GET.get("before", "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None
