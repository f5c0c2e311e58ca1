"""Views that tell which companies' documents raw SQL sees from inside them, behind the portal's own doors."""

from __future__ import annotations

import asyncio

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, JsonResponse, StreamingHttpResponse
from django.urls import path
from rest_framework.response import Response

from answers.runtime.thread_pool import in_low_priority_thread, in_thread
from tenants.isolation.scope import in_tenant
from tenants.models import Membership
from tenants.requests.api_gates import MemberAPIView
from tenants.requests.gates import member_stream, member_view


def seen() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tenant_id::text FROM knowledge_document")
        return [tenant for (tenant,) in cursor.fetchall()]


def seen_for(member: Membership) -> list[str]:
    with in_tenant(member.tenant):
        return seen()


@member_view()
def page(request: HttpRequest, member: Membership) -> JsonResponse:
    return JsonResponse({"seen": seen()})


@member_stream()
async def asynchronous(request: HttpRequest, member: Membership) -> JsonResponse:
    found = await asyncio.gather(
        sync_to_async(seen_for)(member), in_thread(seen_for, member), in_low_priority_thread(seen_for, member)
    )
    return JsonResponse({"seen": [tenant for each in found for tenant in each]})


@member_stream()
async def stream(request: HttpRequest, member: Membership) -> StreamingHttpResponse:
    async def lines():
        for _ in range(5):
            for tenant in await in_thread(seen_for, member):
                yield f"{tenant}\n"
            await asyncio.sleep(0.001)

    return StreamingHttpResponse(lines(), content_type="text/plain")


@member_stream()
async def outside(request: HttpRequest, member: Membership) -> JsonResponse:
    """Somebody forgot to open the tenant."""
    return JsonResponse({"seen": await in_thread(seen)})


class Api(MemberAPIView):
    any_key = True

    def get(self, request, **_) -> Response:
        return Response({"seen": seen()})


urlpatterns = [
    path("t/<slug:slug>/page/", page),
    path("t/<slug:slug>/asynchronous/", asynchronous),
    path("t/<slug:slug>/stream/", stream),
    path("t/<slug:slug>/outside/", outside),
    path("t/<slug:slug>/api/", Api.as_view()),
]
