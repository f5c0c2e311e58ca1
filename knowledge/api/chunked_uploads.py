"""Large files in pieces, by REST: begun, added to, looked at, discarded. The last piece makes the file whole."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.response import Response

from knowledge.api.documents import collection_of
from knowledge.api.input_serializers import BeginInput
from knowledge.api.serializers import PiecesShape, of_pieces
from knowledge.library import chunked_uploads, storage
from knowledge.library.uploads import Uploaded
from tenants.models.api_key import Scope
from tenants.requests.api_gates import MemberAPIView
from tenants.requests.deadline_exemptions import may_take_longer

BYTES = "application/octet-stream"


class Uploads(MemberAPIView):
    scopes = {"GET": Scope.READ, "POST": Scope.WRITE}

    @extend_schema(operation_id="uploads_list", responses=PiecesShape(many=True))
    def get(self, request: Request, **_) -> Response:
        """One's own that something has arrived of and that can go on, the latest first."""
        return Response([of_pieces(partial.pk, partial) for partial in chunked_uploads.unfinished(self.member)])

    @extend_schema(operation_id="uploads_begin", request=BeginInput, responses={201: PiecesShape})
    def post(self, request: Request, **_) -> Response:
        """A file that comes in pieces. The same one again, into the same collection, goes on where it was: `received`."""
        data = BeginInput(data=request.data)
        data.is_valid(raise_exception=True)
        wanted = collection_of(self.member, data.validated_data.pop("collection"))
        partial = chunked_uploads.begin(self.member, wanted, **data.validated_data)
        return Response(of_pieces(partial.pk, partial), status=201)


class OneUpload(MemberAPIView):
    scopes = {"GET": Scope.READ, "DELETE": Scope.WRITE}

    @extend_schema(operation_id="uploads_read", responses=PiecesShape)
    def get(self, request: Request, upload_id: UUID, **_) -> Response:
        """How far it is; once it is whole, `document` is what became of it."""
        return Response(of_pieces(upload_id, chunked_uploads.find(self.member, upload_id)))

    @extend_schema(operation_id="uploads_discard", responses={204: None})
    def delete(self, request: Request, upload_id: UUID, **_) -> Response:
        """What has arrived is thrown away. Of one that is whole there is nothing left to throw away: 404."""
        chunked_uploads.discard(self.member, upload_id)
        return Response(status=204)


@may_take_longer
class UploadPieceView(MemberAPIView):
    scopes = {"PUT": Scope.WRITE}

    @extend_schema(
        operation_id="uploads_piece",
        request={BYTES: OpenApiTypes.BINARY},
        responses={200: PiecesShape, 201: PiecesShape},
    )
    def put(self, request: Request, upload_id: UUID, at: int, **_) -> Response:
        """The bytes from `at` on, no more than `largest_piece`. 201 with `document` when the file is whole, which is then
        read in the background. A piece that is sent again changes nothing; another one in its place is 409 (`other_piece`)
        with `received`, where to go on. When all has arrived and `document` is still null, it is being put together; an
        empty piece at the end does so where that was interrupted."""
        if request.content_type.partition(";")[0].strip().lower() not in (BYTES, ""):
            raise UnsupportedMediaType(request.content_type, f"Send the part as {BYTES}, without encoding.")
        bytes_in = iter(lambda: request.read(storage.READ_BYTES), b"")
        done = chunked_uploads.add(self.member, upload_id, at, bytes_in)
        made = isinstance(done, Uploaded) and done.what != "repeated"
        return Response(of_pieces(upload_id, done), status=201 if made else 200)
