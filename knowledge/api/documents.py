from __future__ import annotations

from functools import cache
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from knowledge.api.input_serializers import PRIORITIES, DocumentChange, UploadInput
from knowledge.api.serializers import DocumentShape
from knowledge.erasure import deletion
from knowledge.jobs import queue_stats
from knowledge.library import documents, reading_log, uploads
from knowledge.models import Collection, Document, Job, Status
from knowledge.permissions.access import access_collection, access_document, successors
from tenants.errors import Invalid
from tenants.models import Membership
from tenants.models.api_key import Scope
from tenants.requests.api_gates import MemberAPIView
from tenants.requests.deadline_exemptions import may_take_longer
from tenants.requests.json_parser import JsonBody
from tenants.requests.pagination import NewestFirst
from tenants.requests.query_parameters import flag
from tenants.requests.text_validation import FormBody, MultipartBody

SELECT_RELATED = ("collection", "owner__user", "latest_version__blob", "current_version")


@may_take_longer
class Documents(MemberAPIView):
    scopes = {"GET": Scope.READ, "POST": Scope.WRITE}
    pagination_class = NewestFirst
    parser_classes = [MultipartBody, FormBody, JsonBody]

    @extend_schema(
        operation_id="documents_list",
        responses=DocumentShape(many=True),
        parameters=[
            OpenApiParameter("collection", UUID),
            OpenApiParameter("status", str, enum=Status.values),
            OpenApiParameter("trashed", bool, description="documents in the trash that this member can restore"),
        ],
    )
    def get(self, request: Request, **_) -> Response:
        """The documents this member may read, newest first."""
        trashed = flag(request.query_params, "trashed")
        if trashed:
            rows = deletion.trash_of(self.member)
        else:
            rows = Document.objects.visible_to(self.member)
        if (collection := request.query_params.get("collection")) is not None:
            rows = rows.filter(collection=as_uuid(collection))
        if (status := request.query_params.get("status")) is not None:
            if status not in Status.values:
                raise Invalid("There is no such status.", hint=f"Choose from: {', '.join(Status.values)}.")
            expired = {"expires_on__lte": timezone.localdate()}
            rows = (
                rows.filter(**expired)
                if status == Status.EXPIRED
                else rows.exclude(**expired).filter(latest_version__status=status)
            )
        pages = self.pagination_class()
        page = pages.paginate_queryset(rows.select_related(*SELECT_RELATED), request, view=self)
        if page:
            reading_log.note_list(self.member, "trash" if trashed else "library")
        return pages.get_paginated_response(DocumentShape(page, many=True, context=_context(self.member, page)).data)

    @extend_schema(
        request={"multipart/form-data": UploadInput},
        responses={201: DocumentShape},
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                str,
                OpenApiParameter.HEADER,
                description="sending the same key again returns the first result",
            )
        ],
    )
    def post(self, request: Request, **_) -> Response:
        """One file into one collection. It is kept at once and read in the background; `status` tells. Of an import only
        so much may wait at once: then the answer is 429 with Retry-After."""
        data = UploadInput(data=request.data)
        data.is_valid(raise_exception=True)
        file = data.validated_data["file"]
        priority = PRIORITIES[data.validated_data["priority"]]
        if priority == Job.Priority.BULK:
            queue_stats.require_queue_space(self.member.tenant)
        uploaded = uploads.upload(
            self.member,
            collection_of(self.member, data.validated_data["collection"]),
            file,
            filename=file.name,
            title=data.validated_data["title"],
            on_same_name=data.validated_data["on_same_name"],
            priority=priority,
            key=request.headers.get("Idempotency-Key", ""),
        )
        return Response(shown_as_uploaded(self.member, uploaded), status=201)


class OneDocument(MemberAPIView):
    scopes = {"GET": Scope.READ, "PATCH": Scope.WRITE, "DELETE": Scope.WRITE}

    @extend_schema(responses=DocumentShape)
    def get(self, request: Request, document_id, **_) -> Response:
        document = access_document(self.member, document_id)
        reading_log.note_list(self.member, "document", document)
        return Response(shown(self.member, document))

    @extend_schema(request=DocumentChange, responses=DocumentShape)
    def patch(self, request: Request, document_id, **_) -> Response:
        """Renames, dates, restricts, supersedes, moves."""
        document = access_document(self.member, document_id)
        data = DocumentChange(data=request.data)
        data.is_valid(raise_exception=True)
        changes = dict(data.validated_data)
        target = changes.pop("collection", None)
        documents.change_and_move(
            self.member, document, to=access_collection(self.member, target) if target else None, **changes
        )
        reading_log.note_list(self.member, "document", document)
        return Response(shown(self.member, document))

    @extend_schema(
        responses={204: None},
        parameters=[
            OpenApiParameter("now", bool, description="erased within moments; only older backups still contain it")
        ],
    )
    def delete(self, request: Request, document_id, **_) -> Response:
        """Into the trash: hidden everywhere at once. With `now`, also from the trash, erased within moments."""
        if flag(request.query_params, "now"):
            deletion.erase_now(self.member, document_id)
        else:
            deletion.put_in_trash(self.member, access_document(self.member, document_id))
        return Response(status=204)


class Trash(MemberAPIView):
    scopes = {"POST": Scope.WRITE, "DELETE": Scope.WRITE}

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, document_id, **_) -> Response:
        """Into the trash: hidden everywhere at once, restorable until its time is over."""
        deletion.put_in_trash(self.member, access_document(self.member, document_id))
        return Response(status=204)

    @extend_schema(responses=DocumentShape)
    def delete(self, request: Request, document_id, **_) -> Response:
        """Out of the trash, back where it was."""
        document = deletion.restore(self.member, access_document(self.member, document_id, in_trash=True))
        return Response(shown(self.member, document))


class RetryView(MemberAPIView):
    scopes = {"POST": Scope.WRITE}

    @extend_schema(request=None, responses={202: DocumentShape})
    def post(self, request: Request, document_id, **_) -> Response:
        """Another try at a version that failed."""
        document = access_document(self.member, document_id)
        documents.retry(self.member, document)
        return Response(shown(self.member, document), status=202)


def shown(member: Membership, document: Document) -> dict:
    """As it is now, after whatever the request changed. A move may have taken it out of the mover's own sight."""
    fresh = Document.objects.for_tenant(member.tenant).select_related(*SELECT_RELATED).get(pk=document.pk)
    return DocumentShape(fresh, context=_context(member, [fresh])).data


def shown_as_uploaded(member: Membership, uploaded: uploads.Uploaded) -> dict:
    """A new document is shown as it came in. Its place in the queue takes a look at all that waits, and is told to who
    asks again."""
    if uploaded.what == "created":
        return _shape_of_new().to_representation(uploaded.document)
    return shown(member, uploaded.document)


@cache
def _shape_of_new() -> DocumentShape:
    """Made once: making its fields costs more than filling them."""
    return DocumentShape()


def _context(member: Membership, rows: list[Document]) -> dict:
    """What the shapes of several documents need to know, looked up once for all."""
    waits = any(row.latest_version and row.latest_version.status == Status.QUEUED for row in rows)
    return {"successors": successors(member, rows), "places": documents.places_in_queue(member) if waits else {}}


def collection_of(member: Membership, requested: str) -> UUID:
    """Named by its id, or by its name."""
    try:
        return UUID(requested)
    except ValueError:
        return collection_named(member, requested).pk


def collection_named(member: Membership, requested: str) -> Collection:
    collection = Collection.objects.visible_to(member).filter(name__iexact=requested.strip()).first()
    if collection is None:
        raise Http404
    return collection


def as_uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
