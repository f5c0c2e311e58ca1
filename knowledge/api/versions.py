from __future__ import annotations

from django.db import transaction
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audit.actions import Action
from audit.record import record
from knowledge import readings, uploads
from knowledge.access import access_document
from knowledge.api.documents import shown
from knowledge.api.inputs import ReplaceInput
from knowledge.api.shapes import DocumentShape, VersionShape
from knowledge.downloads import file_response, version_of
from knowledge.models import Version
from tenants.http import MemberAPIView
from tenants.models.api_key import Scope
from tenants.text_input import FormBody, MultipartBody
from tenants.time_limits import may_take_longer


@may_take_longer
class Versions(MemberAPIView):
    scopes = {"GET": Scope.READ, "POST": Scope.WRITE}
    parser_classes = [MultipartBody, FormBody]

    @extend_schema(operation_id="documents_versions_list", responses=VersionShape(many=True))
    def get(self, request: Request, document_id, **_) -> Response:
        """Newest first."""
        document = access_document(self.member, document_id)
        readings.note_list(self.member, "document", document)
        rows = Version.objects.for_tenant(self.member.tenant).filter(document=document).select_related("blob")
        return Response(VersionShape(rows.order_by("-number"), many=True).data)

    @extend_schema(request={"multipart/form-data": ReplaceInput}, responses={201: DocumentShape})
    def post(self, request: Request, document_id, **_) -> Response:
        """A new version. The old one answers until the new one is ready."""
        document = access_document(self.member, document_id)
        given = ReplaceInput(data=request.data)
        given.is_valid(raise_exception=True)
        file = given.validated_data["file"]
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
