"""The search indexes of a company, for its admins: which one answers, how far another is, switching."""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from knowledge.index_spec import IndexSpec
from knowledge.indexes import actions, versions
from knowledge.indexes.index_view import State
from knowledge.indexes.index_view import indexes as shown
from knowledge.views.forms import IndexForm
from tenants.models import Membership
from tenants.requests.gates import member_view
from tenants.roles import ADMINS


@require_http_methods(["GET", "POST"])
@member_view(roles=ADMINS)
def indexes(request: HttpRequest, member: Membership) -> HttpResponse:
    now = versions.configured()
    first = {"embedder": now.embedder, "words": now.words, "overlap": now.overlap}
    form = IndexForm(request.POST or None, initial=first, models=_models())
    if request.method == "POST" and form.is_valid():
        actions.begin(member.tenant, _spec_from_form(form.cleaned_data), by=member)
        messages.success(request, "The index is being built", "Until it is ready, answers use the current one.")
        return _redirect_to_indexes(member)
    return render(
        request, "knowledge/indexes.html", _context(member) | {"form": form}, status=400 if form.errors else 200
    )


@require_safe
@member_view(roles=ADMINS)
def rows(request: HttpRequest, member: Membership) -> HttpResponse:
    """The table alone, which asks for itself again while something is being made."""
    return render(request, "knowledge/_indexes.html", _context(member))


@require_POST
@member_view(roles=ADMINS)
def choice(request: HttpRequest, member: Membership, name: str) -> HttpResponse:
    actions.prefer(member.tenant, name, by=member)
    messages.success(request, "This index will be active shortly", "First it adds recent changes.")
    return _redirect_to_indexes(member)


@require_POST
@member_view(roles=ADMINS)
def stopping(request: HttpRequest, member: Membership, name: str) -> HttpResponse:
    actions.stop(member.tenant, name, by=member)
    messages.success(request, "Index build stopped", "The part that is built is kept for the next time.")
    return _redirect_to_indexes(member)


@require_POST
@member_view(roles=ADMINS)
def removal(request: HttpRequest, member: Membership, name: str) -> HttpResponse:
    actions.remove(member.tenant, name, by=member)
    messages.success(request, "The index is being removed", "The documents and the other indexes stay as they are.")
    return _redirect_to_indexes(member)


def _context(member: Membership) -> dict:
    listed = shown(member.tenant)
    return {
        "room": "settings",
        "indexes": listed,
        "active": next((each for each in listed if each.state == State.ACTIVE), None),
        "changes": any(each.state in (State.BUILDING, State.LEAVING) for each in listed),
    }


def _models() -> list[tuple[str, str]]:
    models = [("minilm", "all-MiniLM-L6-v2, on this machine")]
    if settings.EMBEDDING_BASE_URL and settings.EMBEDDING_MODEL:
        models.append(("openai", f"{settings.EMBEDDING_MODEL}, at {settings.EMBEDDING_BASE_URL}"))
    return models


def _spec_from_form(form_data: dict) -> IndexSpec:
    openai = form_data["embedder"] == "openai"
    return replace(
        versions.configured(),
        embedder=form_data["embedder"],
        model=settings.EMBEDDING_MODEL if openai else "",
        base_url=settings.EMBEDDING_BASE_URL if openai else "",
        words=form_data["words"],
        overlap=form_data["overlap"],
    )


def _redirect_to_indexes(member: Membership) -> HttpResponse:
    return redirect("knowledge:indexes", member.tenant.slug)
