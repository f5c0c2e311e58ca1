"""Who can read a document or a collection, why, and since when; given and ended here. Looking is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from audit.actions import Action
from audit.models import AuditEvent
from audit.record import record
from knowledge import documents, grants
from knowledge.access import access_collection, access_document
from knowledge.models import Collection, Document
from knowledge.models.grant import Right
from knowledge.views.acts import asked_ids, back_to, documents_with
from knowledge.views.chains import MAY, chains, not_a_reason
from knowledge.views.library import room
from tenants.errors import Invalid
from tenants.gates import member_view
from tenants.models import Membership, Team, TeamMember
from tenants.saying import counted

PEOPLE_OFFERED = 500
FOUND_AT_ONCE = 12


@dataclass(frozen=True, slots=True)
class Who:
    """A line on the left: a person or a team, and how they stand to it."""

    key: str  # person:<membership id> or team:<team id>
    name: str
    more: str
    team: bool = False
    size: int = 0
    given: grants.Given | None = None
    inherited: bool = False


@member_view()
def of_document(request: HttpRequest, member: Membership, document_id: UUID) -> HttpResponse:
    return _page(request, member, access_document(member, document_id, Right.MANAGE))


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
            messages.success(request, f"{to} was taken off {counted(ended, 'document')}", _in_force())
        else:
            right = request.POST.get("right", Right.READ)
            for document in chosen:
                grants.give(document, right, to, by=member)
            messages.success(request, f"{to} {MAY[Right(right)]} {counted(len(chosen), 'document')}", _in_force())
        return HttpResponseRedirect(back_to(request, member))
    context = room(member) | {
        "documents": chosen,
        "offered": _offered(member),
        "rights": _rights(),
        "back": back_to(request, member),
    }
    return render(request, "knowledge/readers_of_several.html", context)


def _page(request: HttpRequest, member: Membership, target: Document | Collection) -> HttpResponse:
    given = grants.grants_on(target)
    shelf = target.collection if isinstance(target, Document) and not target.restricted else None
    inherited = grants.grants_on(shelf) if shelf else []
    words = request.GET.get("q", "").replace("\0", "").strip()[:80]
    readers = _readers(target, given, inherited)
    person = _person(member, request.GET.get("who", ""))
    team = _team(member, request.GET.get("who", ""))
    record(Action.READERS_LOOKED_UP, member, target, subject=person)
    context = {
        "room": "knowledge",
        "target": target,
        "is_document": isinstance(target, Document),
        "shelf": target.collection if isinstance(target, Document) else target,
        "page_url": _address(member, target),
        "change_url": _address(member, target, change=True),
        "tab": "why" if person or team or request.GET.get("tab") == "why" else "readers",
        "readers": [who for who in readers if _fits(who, words)],
        "readers_count": len(readers),
        "given_count": len(given),
        "others": _others(member, target, readers, words) if words else [],
        "words": words,
        "person": person,
        "team": team,
        "team_members": _members_of(team) if team else [],
        "offered": _offered(member),
        "rights": _rights(),
        "done": _done(request, member, target),
        "who": request.GET.get("who", ""),
    }
    if person:
        found = chains(person, target)
        context |= {
            "chains": found,
            "not_a_reason": not_a_reason(person, found),
            "last_opened": _last_opened(person, target),
            "ways": _ways(len(found)),
        }
    if request.htmx:
        return render(request, "knowledge/_readers.html", context)
    return render(request, "knowledge/readers.html", context | room(member, context["shelf"]))


def _change(request: HttpRequest, member: Membership, target: Document | Collection) -> HttpResponse:
    act = request.POST.get("act", "give")
    address = _address(member, target)
    if act == "end":
        to = _grantee(member, request.POST.get("grantee", ""))
        former = next((each.right for each in grants.grants_on(target) if each.grantee == to), None)
        if former is None or not grants.revoke(target, to, by=member):
            return HttpResponseRedirect(address)
        done = {"done": "ended", "grantee": _key(to), "right": former.value}
    else:
        to = _grantee(member, request.POST.get("grantee", ""))
        right = request.POST.get("right", Right.READ)
        former = next((each.right.value for each in grants.grants_on(target) if each.grantee == to), "")
        grants.give(target, right, to, by=member)
        done = {"done": "given", "grantee": _key(to), "right": right, "former": former}
    return HttpResponseRedirect(f"{address}?{urlencode(done)}")


def _done(request: HttpRequest, member: Membership, target) -> dict | None:
    """What was just changed, in words, with what undoes it."""
    what = request.GET.get("done", "")
    more = _in_force()
    if what in ("restricted", "open"):
        shelf = target.collection if isinstance(target, Document) else target
        title = (
            f"Restricted: readers of {shelf} do not get in by themselves"
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
        title = f"{to} can no longer {'read' if right == Right.READ else 'do that with'} {target} by this grant"
        return {"title": title, "more": more, "undo": {"act": "give", "grantee": _key(to), "right": right.value}}
    former = request.GET.get("former", "")
    undo = (
        {"act": "give", "grantee": _key(to), "right": former}
        if former in list(Right)
        else {"act": "end", "grantee": _key(to)}
    )
    return {"title": f"{to} {MAY[right]} {target}", "more": more, "undo": undo}


def _in_force() -> str:
    return f"In force since {timezone.localtime():%H:%M:%S}, in open answers too."


def _readers(target, given: Sequence[grants.Given], inherited: Sequence[grants.Given]) -> list[Who]:
    found = [Who(f"person:{target.owner_id}", str(target.owner), "owner")]
    if isinstance(target, Document) and not target.restricted and target.collection.owner_id != target.owner_id:
        shelf = target.collection
        found.append(Who(f"person:{shelf.owner_id}", str(shelf.owner), "owns the collection"))
    for each, from_shelf in [*((g, False) for g in given), *((g, True) for g in inherited)]:
        words = "from the collection" if from_shelf else MAY[each.right]
        team = isinstance(each.grantee, Team)
        size = TeamMember.objects.for_tenant(target.tenant_id).filter(team=each.grantee).count() if team else 0
        found.append(
            Who(_key(each.grantee), str(each.grantee), words, team, size, None if from_shelf else each, from_shelf)
        )
    return found


def _others(member: Membership, target, readers: Sequence[Who], words: str) -> list[Who]:
    """People and teams of that name who are not on the list: they may read by a team, or not at all."""
    known = {who.key for who in readers}
    found = []
    people = (
        Membership.objects.for_tenant(member.tenant).active().select_related("user", "tenant").order_by("user__name")
    )
    for person in people.filter(_named(words))[:FOUND_AT_ONCE]:
        if f"person:{person.pk}" not in known:
            ways = len(chains(person, target))
            found.append(Who(f"person:{person.pk}", str(person), _ways_short(ways)))
    for team in Team.objects.for_tenant(member.tenant).filter(name__icontains=words).order_by("name")[:FOUND_AT_ONCE]:
        if f"team:{team.pk}" not in known:
            found.append(Who(f"team:{team.pk}", team.name, "not given", True))
    return found


def _named(words: str):
    from django.db.models import Q

    condition = Q()
    for word in words.split()[:5]:
        condition &= Q(user__name__icontains=word) | Q(user__email__icontains=word)
    return condition


def _fits(who: Who, words: str) -> bool:
    return all(word in who.name.casefold() for word in words.casefold().split())


def _ways_short(count: int) -> str:
    return "cannot read" if not count else "1 way" if count == 1 else f"{count} ways"


def _ways(count: int) -> str:
    if count == 0:
        return "No way leads here: this person cannot read it, find it, or see it named."
    if count == 1:
        return "One way leads here."
    words = ("Two", "Three", "Four", "Five")[count - 2] if count < 6 else str(count)
    return f"{words} ways lead here. Any one alone is enough."


def _last_opened(person: Membership, target) -> AuditEvent | None:
    if not isinstance(target, Document):
        return None
    events = AuditEvent.objects.filter(
        tenant_id=target.tenant_id, actor_id=person.user_id, target_id=str(target.pk), action=Action.DOCUMENT_OPENED
    )
    return events.order_by("-id").first()


def _members_of(team: Team) -> list[Membership]:
    rows = TeamMember.objects.for_tenant(team.tenant_id).filter(team=team).select_related("member__user")
    return [row.member for row in rows.order_by("member__user__name")[:60]]


def _offered(member: Membership) -> dict:
    people = Membership.objects.for_tenant(member.tenant).active().select_related("user").order_by("user__name")
    return {
        "teams": list(Team.objects.for_tenant(member.tenant).order_by("-everyone", "name")),
        "people": list(people[:PEOPLE_OFFERED]),
    }


def _rights() -> list[tuple[str, str]]:
    return [(right.value, MAY[right]) for right in Right]


def _key(grantee: Membership | Team) -> str:
    return f"{'team' if isinstance(grantee, Team) else 'person'}:{grantee.pk}"


def _grantee(member: Membership, key: str) -> Membership | Team:
    """The person or team that was chosen; Http404 for one of another company."""
    found = _team(member, key) or _person(member, key)
    if found is None:
        if not key:
            raise Invalid("Nobody was chosen, so nothing was shared.", hint="Choose a person or a team.")
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
