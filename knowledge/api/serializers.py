"""What the API shows of documents, collections, grants and found passages."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count, Q
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from knowledge.library.chunked_uploads import PIECE_BYTES
from knowledge.library.media_types import kind_of
from knowledge.library.uploads import Uploaded
from knowledge.models import Collection, Document, PartialUpload, Status, Version
from knowledge.models.grant import Right
from knowledge.models.version import SEARCHABLE
from knowledge.permissions.grants import GrantInfo
from tenants.models import Membership


class ErrorShape(serializers.Serializer):
    code = serializers.CharField()
    message = serializers.CharField()
    hint = serializers.CharField()


class WarningShape(serializers.Serializer):
    code = serializers.CharField()
    message = serializers.CharField()


class ProgressShape(serializers.Serializer):
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    unit = serializers.ChoiceField(choices=["pages", "passages"])
    place_in_queue = serializers.IntegerField(
        allow_null=True,
        help_text="1 is next; 0 if it is not queued; null if not counted: right after the upload, or far back in the queue",
    )


class CoverageShape(serializers.Serializer):
    ready = serializers.IntegerField()
    total = serializers.IntegerField()


class ContentsShape(serializers.Serializer):
    pages = serializers.IntegerField()
    passages = serializers.IntegerField()


class VersionShape(serializers.ModelSerializer):
    status = serializers.CharField()
    error = serializers.SerializerMethodField()
    size = serializers.IntegerField(source="blob.size", help_text="bytes")
    sha256 = serializers.CharField(source="blob.sha256")
    pages = serializers.IntegerField(source="page_count")
    passages = serializers.IntegerField(source="passage_count")
    warnings = WarningShape(many=True)

    class Meta:
        model = Version
        fields = [
            "id",
            "number",
            "filename",
            "media_type",
            "status",
            "error",
            "warnings",
            "size",
            "sha256",
            "pages",
            "passages",
            "language",
            "created_at",
            "ready_at",
        ]

    @extend_schema_field(ErrorShape(allow_null=True))
    def get_error(self, version: Version) -> dict | None:
        return error_of(version)


class DocumentShape(serializers.ModelSerializer):
    """`status`, `error` and `progress` are the newest version's; the one that answers may be an older one."""

    status = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    warnings = serializers.SerializerMethodField()
    progress = serializers.SerializerMethodField()
    coverage = serializers.SerializerMethodField()
    collection_name = serializers.CharField(source="collection.name")
    collection = serializers.UUIDField(source="collection_id")
    version = serializers.IntegerField(source="latest_version.number", default=None, allow_null=True)
    answering_version = serializers.IntegerField(source="current_version.number", default=None, allow_null=True)
    kind = serializers.SerializerMethodField()
    media_type = serializers.CharField(source="latest_version.media_type", default="")
    size = serializers.IntegerField(source="latest_version.blob.size", default=0, help_text="bytes")
    language = serializers.CharField(source="current_version.language", default="")
    owner = serializers.CharField(source="owner.user.__str__")
    superseded_by = serializers.SerializerMethodField()

    class Meta:
        model = Document
        fields = [
            "id",
            "title",
            "filename",
            "status",
            "error",
            "warnings",
            "progress",
            "coverage",
            "version",
            "answering_version",
            "collection",
            "collection_name",
            "kind",
            "media_type",
            "size",
            "language",
            "author",
            "dated",
            "reviewed_on",
            "review_due",
            "expires_on",
            "restricted",
            "superseded_by",
            "owner",
            "created_at",
            "changed_at",
        ]

    @extend_schema_field(serializers.ChoiceField(choices=Status.choices))
    def get_status(self, document: Document) -> str:
        return status_of(document)

    @extend_schema_field(ErrorShape(allow_null=True))
    def get_error(self, document: Document) -> dict | None:
        return error_of(document.latest_version)

    @extend_schema_field(WarningShape(many=True))
    def get_warnings(self, document: Document) -> list:
        return document.latest_version.warnings if document.latest_version else []

    @extend_schema_field(ProgressShape(allow_null=True))
    def get_progress(self, document: Document) -> dict | None:
        version = document.latest_version
        if version is None or not version.is_working:
            return None
        return {
            "done": version.progress_done,
            "total": version.progress_total,
            "unit": "passages" if version.status in (Status.EMBEDDING, Status.INDEXING) else "pages",
            "place_in_queue": self.context.get("places", {}).get(
                version.pk, None if version.status == Status.QUEUED else 0
            ),
        }

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_superseded_by(self, document: Document) -> str | None:
        """Only what this reader may read too."""
        successor = document.superseded_by_id
        return str(successor) if successor in self.context.get("successors", ()) else None

    @extend_schema_field(ContentsShape())
    def get_coverage(self, document: Document) -> dict:
        version = document.current_version
        return {"pages": version.page_count if version else 0, "passages": version.passage_count if version else 0}

    @extend_schema_field(serializers.CharField())
    def get_kind(self, document: Document) -> str:
        return kind_of(document.latest_version.media_type) if document.latest_version else ""


class PiecesShape(serializers.Serializer):
    id = serializers.UUIDField()
    collection = serializers.UUIDField()
    filename = serializers.CharField()
    size = serializers.IntegerField(help_text="bytes of the whole file")
    received = serializers.IntegerField(help_text="bytes received so far: the offset of the next part")
    largest_piece = serializers.IntegerField(help_text="bytes")
    kept_until = serializers.DateTimeField(
        allow_null=True, help_text="unless another part arrives; null when it is complete"
    )
    document = serializers.UUIDField(allow_null=True, help_text="the result, when it is complete")


class CollectionShape(serializers.ModelSerializer):
    owner = serializers.CharField(source="owner.user.__str__")
    coverage = serializers.SerializerMethodField()

    class Meta:
        model = Collection
        fields = ["id", "name", "description", "owner", "coverage", "created_at"]

    @extend_schema_field(CoverageShape())
    def get_coverage(self, collection: Collection) -> dict:
        """Of the documents that this reader may see."""
        return self.context["coverage"].get(collection.pk, {"ready": 0, "total": 0})


class GrantShape(serializers.Serializer):
    id = serializers.CharField()
    right = serializers.ChoiceField(choices=[right.value for right in Right])
    type = serializers.SerializerMethodField()
    person = serializers.SerializerMethodField()
    team = serializers.SerializerMethodField()
    name = serializers.CharField(source="grantee.__str__")
    given_by = serializers.SerializerMethodField()
    given_at = serializers.DateTimeField()

    @extend_schema_field(serializers.ChoiceField(choices=["person", "team"]))
    def get_type(self, grant: GrantInfo) -> str:
        return "person" if isinstance(grant.grantee, Membership) else "team"

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_person(self, grant: GrantInfo) -> str | None:
        return str(grant.grantee.pk) if isinstance(grant.grantee, Membership) else None

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_team(self, grant: GrantInfo) -> str | None:
        return None if isinstance(grant.grantee, Membership) else str(grant.grantee.pk)

    @extend_schema_field(serializers.CharField())
    def get_given_by(self, grant: GrantInfo) -> str:
        return str(grant.given_by) if grant.given_by else ""


class ResultShape(serializers.Serializer):
    document_id = serializers.UUIDField()
    title = serializers.CharField()
    filename = serializers.CharField()
    page = serializers.IntegerField()
    heading_path = serializers.ListField(child=serializers.CharField())
    text = serializers.CharField()
    start = serializers.IntegerField(help_text="in the version's text, in code points")
    end = serializers.IntegerField()
    score = serializers.FloatField(help_text="for the order only")
    highlights = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2),
        help_text="[start, end] within text",
    )
    passage_id = serializers.UUIDField()
    version_id = serializers.UUIDField()
    version = serializers.IntegerField()
    collection = serializers.UUIDField()
    superseded = serializers.BooleanField()


class ResultsShape(serializers.Serializer):
    results = ResultShape(many=True)
    next_offset = serializers.IntegerField(allow_null=True)
    notice = serializers.CharField(
        help_text="Empty, or what these results lack: how much was searched while the search index is being rebuilt."
    )


def of_pieces(upload_id: UUID, upload: PartialUpload | Uploaded) -> dict:
    if isinstance(upload, PartialUpload):
        shown = {
            "collection": upload.collection_id,
            "filename": upload.filename,
            "size": upload.size,
            "received": upload.received,
            "kept_until": upload.expires_at,
            "document": None,
        }
    else:
        size = upload.version.blob.size
        shown = {
            "collection": upload.document.collection_id,
            "filename": upload.document.filename,
            "size": size,
            "received": size,
            "kept_until": None,
            "document": upload.document.pk,
        }
    return PiecesShape(shown | {"id": upload_id, "largest_piece": PIECE_BYTES}).data


def status_of(document: Document) -> str:
    if document.is_expired:
        return Status.EXPIRED.value
    return document.latest_version.status if document.latest_version else Status.QUEUED.value


def error_of(version: Version | None) -> dict | None:
    if version is None or not version.error_code:
        return None
    return {"code": version.error_code, "message": version.error_message, "hint": version.error_hint}


def coverage_of(member: Membership, collections: list[Collection]) -> dict[UUID, dict]:
    visible = Document.objects.visible_to(member).filter(collection__in=collections)
    counted = visible.values("collection").annotate(
        ready=Count("pk", filter=Q(current_version__status__in=SEARCHABLE)), total=Count("pk")
    )
    return {row["collection"]: {"ready": row["ready"], "total": row["total"]} for row in counted.order_by()}
