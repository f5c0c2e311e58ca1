from __future__ import annotations

from django.db import transaction
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audit.ledger.actions import Action
from audit.ledger.record import record
from knowledge.api.documents import shown
from knowledge.api.input_serializers import ReplaceInput
from knowledge.api.serializers import DocumentShape, VersionShape
from knowledge.library import reading_log, uploads
from knowledge.library.downloads import file_response, version_of
from knowledge.models import Version
from knowledge.permissions.access import access_document
from tenants.models.api_key import Scope
from tenants.requests.api_gates import MemberAPIView
from tenants.requests.deadline_exemptions import may_take_longer
from tenants.requests.text_validation import FormBody, MultipartBody


@may_take_longer
class Versions(MemberAPIView):
    scopes = {"GET": Scope.READ, "POST": Scope.WRITE}
    parser_classes = [MultipartBody, FormBody]

    @extend_schema(operation_id="documents_versions_list", responses=VersionShape(many=True))
    def get(self, request: Request, document_id, **_) -> Response:
        """Newest first."""
        document = access_document(self.member, document_id)
        reading_log.note_list(self.member, "document", document)
        rows = Version.objects.for_tenant(self.member.tenant).filter(document=document).select_related("blob")
        return Response(VersionShape(rows.order_by("-number"), many=True).data)

    @extend_schema(request={"multipart/form-data": ReplaceInput}, responses={201: DocumentShape})
    def post(self, request: Request, document_id, **_) -> Response:
        """A new version. The old one answers until the new one is ready."""
        document = access_document(self.member, document_id)
        data = ReplaceInput(data=request.data)
        data.is_valid(raise_exception=True)
        file = data.validated_data["file"]
        replaced = uploads.replace(self.member, document, file, filename=file.name)
        return Response(shown(self.member, replaced.document), status=201)


class File(MemberAPIView):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
        parameters=[OpenApiParameter("version", int, description="its number; the newest by default")],
    )
    def get(self, request: Request, document_id, **_) -> FileResponse:
        """The original, as it was uploaded."""
        document = access_document(self.member, document_id)
        version = version_of(document, request.query_params.get("version"))
        with transaction.atomic():
            record(Action.DOCUMENT_DOWNLOADED, self.member, document, version=version.number)
        return file_response(version)
