"""The doors to a tenant's pages. Every view under /t/<slug>/ stands behind one; a test walks the URLs to prove it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import wraps

from asgiref.sync import sync_to_async
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed

from audit.ledger.current_actor import acting
from tenants.errors import NotAllowed, SignedOut
from tenants.isolation.scope import as_person, in_tenant, return_connection
from tenants.models import Membership, User
from tenants.requests.credentials import Credential
from tenants.roles import EVERYONE

METHODS = ("GET", "HEAD", "POST")  # of pages; a view that only shows would answer others like GET


def find_member(user: User, slug: str) -> Membership:
    """This person's active membership in that tenant, or Http404: a stranger and a missing tenant look alike."""
    with as_person(user):
        mine = Membership.objects.of_user(user).active().select_related("tenant", "user")
        member = mine.filter(tenant__slug=slug).first()
    if member is None:
        raise Http404
    return member


def _admit(request: HttpRequest, slug: str, roles: Collection[str]) -> Membership:
    if not request.user.is_authenticated:
        raise SignedOut
    member = find_member(request.user, slug)
    request.member = member  # for the navigation and the error pages; verbs get it as an argument
    if member.role not in roles:
        raise NotAllowed("You don’t have permission to view this page.", hint="Ask an admin of your company.")
    request.credential = Credential.of_session(request, member, roles)
    return member


def _admit_without_connection(request: HttpRequest, slug: str, roles: Collection[str]) -> Membership:
    """A stream may last for minutes: its request's thread holds no connection meanwhile."""
    try:
        return _admit(request, slug, roles)
    finally:
        return_connection()


def person_view(view: Callable) -> Callable:
    """For whoever is signed in, outside any company."""

    @wraps(view)
    def gate(request: HttpRequest, **kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            raise SignedOut
        return view(request, **kwargs)

    return gate


def member_view(*, roles: Collection[str] = EVERYONE) -> Callable:
    """`view(request, member, …)` for signed-in members with one of these roles. The whole view, its template included,
    runs inside the tenant's block."""

    def decorate(view: Callable) -> Callable:
        @wraps(view)
        def gate(request: HttpRequest, slug: str, **kwargs) -> HttpResponse:
            member = _admit(request, slug, roles)
            if request.method not in METHODS:
                return HttpResponseNotAllowed(METHODS)
            with in_tenant(member.tenant), acting(member):
                response = view(request, member, **kwargs)
                if hasattr(response, "render") and callable(response.render):
                    response = response.render()
            return response

        gate.gate = roles
        return gate

    return decorate


def member_stream(*, roles: Collection[str] = EVERYONE) -> Callable:
    """The same for `async def view(request, member, …)`, which opens `in_tenant` itself around each piece of work."""

    def decorate(view: Callable) -> Callable:
        @wraps(view)
        async def gate(request: HttpRequest, slug: str, **kwargs) -> HttpResponse:
            member = await sync_to_async(_admit_without_connection)(request, slug, roles)
            if request.method not in METHODS:
                return HttpResponseNotAllowed(METHODS)
            with acting(member):
                return await view(request, member, **kwargs)

        gate.gate = roles
        return gate

    return decorate
