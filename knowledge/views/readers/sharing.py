"""Who can read a document or a collection, why, and since when; given and ended here. Looking is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from audit.ledger.actions import Action
from audit.ledger.event_objects import Relation
from audit.ledger.record import record
from audit.models import AuditEvent, EventObject
from knowledge.library import documents, reading_log
from knowledge.models import Collection, Document
from knowledge.models.grant import Right
from knowledge.permissions import grants
from knowledge.permissions.access import access_collection, access_document
from knowledge.permissions.history import members_at
from knowledge.views.document_actions import asked_ids, documents_with, return_url
from knowledge.views.library.library_page import navigation_context
from knowledge.views.readers.access_chains import MAY, chains, not_a_reason
from knowledge.views.readers.readers_history import PastDay, day_asked, end_of, past_chains, past_day
from knowledge.views.readers.readers_list import fits, key_of, others_called, readers_of, readers_then, taken_off
from knowledge.views.readers.recent_changes import AccessChange, changes
from tenants.errors import Invalid
from tenants.formatting import counted
from tenants.models import Membership, Team, TeamMember
from tenants.requests.gates import member_view

PEOPLE_OFFERED = 500
MAX_PEOPLE_SHOWN = 60  # of a team
DAYS_OFFERED = 4
TABS = ("readers", "why", "changes")


@require_safe
@member_view()
def of_document(request: HttpRequest, member: Membership, document_id: UUID) -> HttpResponse:
    return _page(request, member, access_document(member, document_id, Right.MANAGE))


@require_safe
@member_view()
def of_collection(request: HttpRequest, member: Membership, collection_id: UUID) -> HttpResponse:
    return _page(request, member, access_collection(member, collection_id, Right.MANAGE))


@require_POST
@member_view()
def change_document(request: HttpRequest, member: Membership, document_id: UUID) -> HttpResponse:
    document = access_document(member, document_id, Right.MANAGE)
    if "restricted" in request.POST:
        restricted = request.POST["restricted"] == "1"
        documents.change_document(member, document, restricted=restricted)
        done = {"done": "restricted" if restricted else "open"}
        return HttpResponseRedirect(f"{_address(member, document)}?{urlencode(done)}")
    return _change(request, member, document)


@require_POST
@member_view()
def change_collection(request: HttpRequest, member: Membership, collection_id: UUID) -> HttpResponse:
    return _change(request, member, access_collection(member, collection_id, Right.MANAGE))


@member_view()
def of_several(request: HttpRequest, member: Membership) -> HttpResponse:
    """The bulk bar's readers: the same person or team for all that were chosen."""
    chosen = documents_with(member, asked_ids(request), Right.MANAGE)
    if request.method == "POST":
        to = _grantee(member, request.POST.get("grantee", ""))
        if request.POST.get("act") == "end":
            ended = sum(grants.revoke(document, to, by=member) for document in chosen)
            messages.success(request, f"{to} was removed from {counted(ended, 'document')}", _in_force())
        else:
            right = request.POST.get("right", Right.READ)
            for document in chosen:
                grants.give(document, right, to, by=member)
            messages.success(request, f"{to} {MAY[Right(right)]} {counted(len(chosen), 'document')}", _in_force())
        return HttpResponseRedirect(return_url(request, member))
    reading_log.note_list(member, "chosen")
    context = navigation_context(member) | {
        "documents": chosen,
        "offered": _offered(member),
        "rights": _rights(),
        "back": return_url(request, member),
    }
    return render(request, "knowledge/readers_of_several.html", context)


def _page(request: HttpRequest, member: Membership, target: Document | Collection) -> HttpResponse:
    given = grants.grants_on(target)
    shelf = target.collection if isinstance(target, Document) and not target.restricted else None
    words = request.GET.get("q", "").strip()[:80]
    person = _person(member, request.GET.get("who", ""))
    team = _team(member, request.GET.get("who", ""))
    day = day_asked(request.GET.get("on", ""))
    past = past_day(member, target, day) if day else None
    readers = readers_of(target, given, grants.grants_on(shelf) if shelf else [])
    listed = readers_then(target, past) if past else readers
    record(Action.READERS_LOOKED_UP, member, target, subject=person, **({"as_of": day.isoformat()} if day else {}))
    events = changes(member, target)
    tab = "why" if person or team or day else request.GET.get("tab", "")
    context = {
        "room": "knowledge",
        "target": target,
        "is_document": isinstance(target, Document),
        "shelf": target.collection if isinstance(target, Document) else target,
        "page_url": _address(member, target),
        "change_url": _address(member, target, change=True),
        "tab": tab if tab in TABS else TABS[0],
        "readers": [who for who in listed if fits(who, words)],
        "readers_count": len(readers),
        "given_count": len(given),
        "others": others_called(member, target, listed, words, past) if words else [],
        "taken_off": taken_off(target, listed, past) if tab == "why" and not words else [],
        "changes": events,
        "words": words,
        "person": person,
        "team": team,
        "team_members": _members_of(team, past) if team else [],
        "offered": _offered(member),
        "rights": _rights(),
        "done": _done(request, member, target),
        "who": request.GET.get("who", ""),
        "past": past,
        "today": timezone.localdate(),
        "on_query": f"&on={day.isoformat()}" if day else "",
        "days_of_change": _days(events),
    }
    if person:
        found = past_chains(person, target, past) if past else chains(person, target)
        context |= {
            "chains": found,
            "not_a_reason": "" if past else not_a_reason(person, found),
            "last_opened": _last_opened(person, target, past),
            "last_shown": _last_shown(person, target, past),
            "ways": _paths_sentence(len(found), past),
            "ways_now": len(chains(person, target)) if past else len(found),
        }
    if request.htmx:
        return render(request, "knowledge/_readers.html", context)
    return render(request, "knowledge/readers.html", context | navigation_context(member, context["shelf"]))


def _change(request: HttpRequest, member: Membership, target: Document | Collection) -> HttpResponse:
    act = request.POST.get("act", "give")
    address = _address(member, target)
    if act == "end":
        to = _grantee(member, request.POST.get("grantee", ""))
        former = next((each.right for each in grants.grants_on(target) if each.grantee == to), None)
        if former is None or not grants.revoke(target, to, by=member):
            return HttpResponseRedirect(address)
        done = {"done": "ended", "grantee": key_of(to), "right": former.value}
    else:
        to = _grantee(member, request.POST.get("grantee", ""))
        right = request.POST.get("right", Right.READ)
        former = next((each.right.value for each in grants.grants_on(target) if each.grantee == to), "")
        grants.give(target, right, to, by=member)
        done = {"done": "given", "grantee": key_of(to), "right": right, "former": former}
    return HttpResponseRedirect(f"{address}?{urlencode(done)}")


def _done(request: HttpRequest, member: Membership, target) -> dict | None:
    """What was just changed, in words, with what undoes it."""
    what = request.GET.get("done", "")
    more = _in_force()
    if what in ("restricted", "open"):
        shelf = target.collection if isinstance(target, Document) else target
        title = (
            f"Restricted: readers of {shelf} cannot read it"
            if what == "restricted"
            else f"Readers of {shelf} can read it"
        )
        return {"title": title, "more": more, "undo": {"restricted": "0" if what == "restricted" else "1"}}
    if what not in ("given", "ended"):
        return None
    try:
        to, right = _grantee(member, request.GET.get("grantee", "")), Right(request.GET.get("right", ""))
    except (Http404, Invalid, ValueError):
        return None
    if what == "ended":
        title = f"{to}’s access to {target} was removed"
        return {"title": title, "more": more, "undo": {"act": "give", "grantee": key_of(to), "right": right.value}}
    former = request.GET.get("former", "")
    undo = (
        {"act": "give", "grantee": key_of(to), "right": former}
        if former in list(Right)
        else {"act": "end", "grantee": key_of(to)}
    )
    return {"title": f"{to} {MAY[right]} {target}", "more": more, "undo": undo}


def _in_force() -> str:
    return f"In effect since {timezone.localtime():%H:%M:%S}, also in open answers."


def _paths_sentence(count: int, past: PastDay | None) -> str:
    if count == 0:
        nobody = "No access: this person could not read it, find it or see its title."
        return nobody if past else "No access: this person cannot read it, find it or see its title."
    if count == 1:
        return "There was one reason." if past else "There is one reason."
    words = ("two", "three", "four", "five")[count - 2] if count < 6 else str(count)
    if past:
        return f"There were {words} reasons. Each alone was enough."
    return f"There are {words} reasons. Each alone is enough."


def _last_opened(person: Membership, target, past: PastDay | None) -> AuditEvent | None:
    if not isinstance(target, Document):
        return None
    events = AuditEvent.objects.filter(
        tenant_id=target.tenant_id, actor_id=person.user_id, target_id=str(target.pk), action=Action.DOCUMENT_OPENED
    )
    if past:
        events = events.filter(occurred_at__lt=end_of(past.day))
    return events.order_by("-id").first()


def _last_shown(person: Membership, target, past: PastDay | None) -> EventObject | None:
    """When an answer or a search last showed this person words of it. Not which: questions are theirs."""
    if not isinstance(target, Document):
        return None
    shown = EventObject.objects.filter(tenant_id=target.tenant_id, object_id=target.pk, event__actor_id=person.user_id)
    shown = shown.filter(Q(relation=Relation.QUOTED) | Q(event__action=Action.SEARCH_RUN))
    if past:
        shown = shown.filter(event__occurred_at__lt=end_of(past.day))
    return shown.select_related("event").order_by("-event_id").first()


def _members_of(team: Team, past: PastDay | None) -> list[Membership]:
    people = Membership.objects.for_tenant(team.tenant_id).select_related("user").order_by("user__name")
    if past:
        return list(people.filter(user_id__in=members_at(team, end_of(past.day)))[:MAX_PEOPLE_SHOWN])
    return list(
        people.filter(pk__in=TeamMember.objects.for_tenant(team.tenant_id).filter(team=team).values("member"))[
            :MAX_PEOPLE_SHOWN
        ]
    )


def _days(events: Sequence[AccessChange]) -> list[tuple[date, str]]:
    """The days before today on which something changed, to go to with one press."""
    found: dict[date, int] = {}
    for change in events:
        if change.day < timezone.localdate():
            found[change.day] = found.get(change.day, 0) + 1
    return [(day, f"after {counted(count, 'change')}") for day, count in list(found.items())[:DAYS_OFFERED]]


def _offered(member: Membership) -> dict:
    people = Membership.objects.for_tenant(member.tenant).active().select_related("user").order_by("user__name")
    return {
        "teams": list(Team.objects.for_tenant(member.tenant).order_by("-everyone", "name")),
        "people": list(people[:PEOPLE_OFFERED]),
    }


def _rights() -> list[tuple[str, str]]:
    return [(right.value, MAY[right]) for right in Right]


def _grantee(member: Membership, key: str) -> Membership | Team:
    """The person or team that was chosen; Http404 for one of another company."""
    found = _team(member, key) or _person(member, key)
    if found is None:
        if not key:
            raise Invalid("Nobody was selected, so nothing was shared.", hint="Choose a person or a team.")
        raise Http404
    return found


def _person(member: Membership, key: str) -> Membership | None:
    pk = _id_of(key, "person")
    people = Membership.objects.for_tenant(member.tenant).select_related("user", "tenant")
    return people.filter(pk=pk).first() if pk else None


def _team(member: Membership, key: str) -> Team | None:
    pk = _id_of(key, "team")
    return Team.objects.for_tenant(member.tenant).filter(pk=pk).first() if pk else None


def _id_of(key: str, kind: str) -> UUID | None:
    name, _, value = key.partition(":")
    try:
        return UUID(value) if name == kind else None
    except ValueError:
        return None


def _address(member: Membership, target: Document | Collection, *, change: bool = False) -> str:
    kind = "document" if isinstance(target, Document) else "collection"
    name = f"knowledge:{kind}-readers{'-change' if change else ''}"
    return reverse(name, args=[member.tenant.slug, target.pk])
