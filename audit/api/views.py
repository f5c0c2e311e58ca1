"""REST: reading and exporting the trail, with the scope `audit` and for auditors alone."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from audit.ledger.actions import Action, Outcome
from audit.ledger.actors import Target
from audit.ledger.event_objects import Relation
from audit.pages.views import format_of, record_audit_read
from audit.trail import action_labels, filters
from audit.trail.event_view import describe
from audit.trail.export import Format, as_dict, export
from audit.trail.queries import Trail
from tenants.errors import Invalid
from tenants.models.api_key import Scope
from tenants.requests.api_gates import MemberAPIView
from tenants.roles import AUDITORS

EVENTS_PER_PAGE, MAX_EVENTS_PER_PAGE = 50, 500

NUMBER = {"type": "integer", "minimum": 1, "maximum": 2**62}
FILTERS = [
    OpenApiParameter("q", str, description="Search document, person or team"),
    OpenApiParameter("person", str, description="Who acted or was acted upon: an id, or part of a name or address"),
    OpenApiParameter(
        "document",
        str,
        description="An id, or part of a title: events on it, and those in which it was quoted or shown",
    ),
    OpenApiParameter(
        "action", str, enum=[*(a.value for a in Action), *(f"{subject}:" for subject in action_labels.SUBJECTS)]
    ),
    OpenApiParameter("outcome", str, enum=[o.value for o in Outcome]),
    OpenApiParameter("since", OpenApiTypes.DATE, description="First day, in UTC"),
    OpenApiParameter("until", OpenApiTypes.DATE, description="Last day, in UTC"),
    OpenApiParameter("looks", str, enum=["0", "1"], description="0 hides views of the trail itself"),
]


class PersonSerializer(serializers.Serializer):
    id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    email = serializers.CharField()


class ActorSerializer(PersonSerializer):
    kind = serializers.ChoiceField(["person", "key", "system", "nobody"])


class TargetSerializer(serializers.Serializer):
    type = serializers.CharField()
    id = serializers.CharField()
    name = serializers.CharField()


class OriginSerializer(serializers.Serializer):
    address = serializers.CharField()
    agent = serializers.CharField()


class ObjectSerializer(TargetSerializer):
    relation = serializers.ChoiceField([each.value for each in Relation])


class EventSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    time = serializers.DateTimeField()
    action = serializers.CharField()
    what = serializers.CharField()
    outcome = serializers.CharField()
    actor = ActorSerializer()
    subject = PersonSerializer(allow_null=True)
    target = TargetSerializer()
    origin = OriginSerializer()
    request_id = serializers.CharField()
    data = serializers.DictField()
    personal = serializers.DictField(allow_null=True)
    objects = ObjectSerializer(many=True, help_text="Documents that were quoted, shown or changed besides the target.")


class EventPageSerializer(serializers.Serializer):
    next = serializers.URLField(allow_null=True)
    results = EventSerializer(many=True)


class AuditEventsView(MemberAPIView):
    roles = AUDITORS
    scopes = {"GET": Scope.AUDIT}

    @extend_schema(
        operation_id="list_audit_events",
        parameters=[
            *FILTERS,
            OpenApiParameter("cursor", NUMBER, description="From `next` of the page before"),
            OpenApiParameter(
                "limit",
                NUMBER,
                description=f"Events per page: {EVENTS_PER_PAGE} by default, at most {MAX_EVENTS_PER_PAGE}",
            ),
        ],
        responses=EventPageSerializer,
    )
    def get(self, request: Request, **_) -> Response:
        """Events, the newest first. `next` leads to older ones and stays right while new ones arrive."""
        parameters = filters.read_strictly(request.query_params)
        cursor = _number(request, "cursor", None, maximum=2**62)
        limit = _number(request, "limit", EVENTS_PER_PAGE, maximum=MAX_EVENTS_PER_PAGE)
        rows = Trail(self.member, parameters).page(before=cursor, limit=limit + 1)
        shown = describe(rows[:limit])
        record_audit_read(self.member, parameters, Target("trail", ""), events=len(shown), before=cursor)
        following = None
        if len(rows) > limit:
            query = parameters.query(cursor=shown[-1].id, limit=limit, looks=int(parameters.looks))
            following = request.build_absolute_uri(f"{request.path}?{query}")
        return Response({"next": following, "results": [as_dict(event) for event in shown]})


class CsvRenderer(BaseRenderer):
    media_type, format, charset = "text/csv", "csv", "utf-8"

    def render(self, data, *_args, **_kwargs):
        return data


class JsonLinesRenderer(CsvRenderer):
    media_type, format = "application/jsonl", "jsonl"


class ExportView(MemberAPIView):
    """`format` is ours to read here, not DRF's."""

    roles = AUDITORS
    scopes = {"GET": Scope.AUDIT}
    renderer_classes = [CsvRenderer, JsonLinesRenderer]

    def perform_content_negotiation(self, request, force=False):
        return JSONRenderer(), JSONRenderer.media_type

    @extend_schema(
        operation_id="export_audit_events",
        parameters=[*FILTERS, OpenApiParameter("format", str, enum=[f.value for f in Format], default="csv")],
        responses={(200, "text/csv"): str, (200, "application/jsonl"): str},
    )
    def get(self, request: Request, **_):
        """Everything asked for, the oldest first, as a stream."""
        parameters = filters.read_strictly(request.query_params)
        return export(self.member, parameters, format_of(request.query_params.get("format", "")))


def _number(request: Request, name: str, default: int | None, *, maximum: int) -> int | None:
    given = request.query_params.get(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdigit()) or len(given) > 19 or not 1 <= int(given) <= 2**62:
        raise Invalid(f"“{name}” is not a positive number.")
    return min(int(given), maximum)
