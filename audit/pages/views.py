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
from audit.trail.filters import Filters
from audit.trail.queries import Trail
from tenants.errors import Invalid
from tenants.models import Membership
from tenants.requests import form_drafts
from tenants.requests.gates import member_view
from tenants.requests.query_parameters import insist_on_known
from tenants.roles import AUDITORS

EXPORT_FIELDS = frozenset({"csrfmiddlewaretoken", form_drafts.FIELD, "format", *filters.NAMES})


@require_safe
@never_cache
@member_view(roles=AUDITORS)
def trail(request: HttpRequest, member: Membership) -> HttpResponse:
    wanted = filters.read(request.GET, looks=False)
    before = _before(request)
    shown = page_context.page(member, wanted, before=before)
    note_look(member, wanted, Target("trail", ""), events=len(shown["events"]), before=before)
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
    wanted = filters.read(request.GET, looks=False)
    found = Trail(member, wanted)
    row = found.event(event_id)
    if row is None:
        raise Http404
    told = {"story": page_context.story(found, row, step=_step(request)), "query": wanted.query(), "room": "audit"}
    note_look(member, wanted, Target("event", str(event_id)))
    if request.headers.get("HX-Request"):
        return render(request, "audit/_story.html", told)
    return render(request, "audit/trail.html", page_context.page(member, wanted, before=_before(request)) | told)


@require_POST
@member_view(roles=AUDITORS)
def export(request: HttpRequest, member: Membership) -> HttpResponse:
    """By a form, so that no link on another site can start it."""
    insist_on_known({**request.GET, **request.POST}, EXPORT_FIELDS)
    wanted = filters.read(request.POST, looks=False)
    return exporting.export(member, wanted, format_of(request.POST.get("format", "")))


def format_of(name: str) -> exporting.Format:
    try:
        return exporting.Format(name or exporting.Format.CSV)
    except ValueError:
        raise Invalid("The format must be csv or jsonl.") from None


@transaction.atomic
def note_look(member: Membership, wanted: Filters, on: Target, **data: object) -> None:
    plain, personal = wanted.recorded()
    said = {name: value for name, value in data.items() if value is not None}
    record(Action.AUDIT_READ, member, on, personal=personal, filters=plain, **said)


def _step(request: HttpRequest) -> int:
    given = request.GET.get("more", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 4 else 0


def _before(request: HttpRequest) -> int | None:
    given = request.GET.get("before", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None
