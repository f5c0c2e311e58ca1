"""What could not be read, and stopping what is on its way, for programs."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from knowledge.api.documents import shown
from knowledge.api.serializers import DocumentShape, ErrorShape
from knowledge.library import failed_documents, reading_log
from knowledge.permissions.access import access_collection, access_document
from tenants.models.api_key import Scope
from tenants.requests.api_gates import MemberAPIView
from tenants.requests.pagination import NewestFirst
from tenants.requests.strict_serializer import ShortList, StrictSerializer


class FailureShape(serializers.Serializer):
    id = serializers.UUIDField(source="document.pk")
    title = serializers.CharField(source="document.title")
    filename = serializers.CharField(source="document.filename")
    collection = serializers.UUIDField(source="document.collection_id")
    error = serializers.SerializerMethodField()
    since = serializers.DateTimeField()
    attempts = serializers.IntegerField()
    answering_version = serializers.IntegerField(
        source="document.current_version.number", default=None, allow_null=True
    )

    def get_error(self, failure: failed_documents.Failure) -> ErrorShape:
        return {"code": failure.code, "message": failure.reason, "hint": failure.hint}


class RetryInput(StrictSerializer):
    documents = ShortList(
        child=serializers.UUIDField(), required=False, max_length=500, help_text="default: all failed documents"
    )


class RetriedShape(serializers.Serializer):
    retried = serializers.IntegerField()
    left = serializers.IntegerField(help_text="failed documents that are left for another call: at most 500 per call")


class StopInput(StrictSerializer):
    collection = serializers.UUIDField(required=False, help_text="default: every collection")


class StoppedShape(serializers.Serializer):
    stopped = serializers.IntegerField()


class Failures(MemberAPIView):
    scopes = {"GET": Scope.READ, "POST": Scope.WRITE}
    pagination_class = NewestFirst

    @extend_schema(operation_id="failures_list", responses=FailureShape(many=True))
    def get(self, request: Request, **_) -> Response:
        """Documents that this member may change and that could not be read: why, since when, how often tried."""
        pages = self.pagination_class()
        page = pages.paginate_queryset(failed_documents.could_not_be_read(self.member), request, view=self)
        if page:
            reading_log.note_list(self.member, "failed")
        rows = [failed_documents.failure_of(document) for document in page]
        return pages.get_paginated_response(FailureShape(rows, many=True).data)

    @extend_schema(operation_id="failures_retry", request=RetryInput, responses={202: RetriedShape})
    def post(self, request: Request, **_) -> Response:
        """Another try at those that are named, or at all of them."""
        data = RetryInput(data=request.data)
        data.is_valid(raise_exception=True)
        retried, left = failed_documents.retry_all(self.member, ids=data.validated_data.get("documents"))
        return Response({"retried": retried, "left": left}, status=202)


class Cancel(MemberAPIView):
    scopes = {"POST": Scope.WRITE}

    @extend_schema(request=None, responses=DocumentShape)
    def post(self, request: Request, document_id, **_) -> Response:
        """Not read any further. The file is kept, and an older version goes on answering."""
        document = access_document(self.member, document_id)
        failed_documents.cancel(self.member, document)
        return Response(shown(self.member, document))


class StopImport(MemberAPIView):
    scopes = {"POST": Scope.WRITE}

    @extend_schema(request=StopInput, responses=StoppedShape)
    def post(self, request: Request, **_) -> Response:
        """Everything imported that waits or is being read, of what this member may change."""
        data = StopInput(data=request.data)
        data.is_valid(raise_exception=True)
        wanted = data.validated_data.get("collection")
        collection = access_collection(self.member, wanted) if wanted else None
        return Response({"stopped": failed_documents.cancel_import(self.member, collection)})
