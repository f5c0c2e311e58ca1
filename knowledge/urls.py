from __future__ import annotations

from django.urls import path

from knowledge.api import collections, documents, failures, grants, pieces, search, versions
from knowledge.views import addresses

pages = addresses.pages
api = [
    path("collections/", collections.Collections.as_view(), name="collections"),
    path("collections/<uuid:collection_id>/", collections.OneCollection.as_view(), name="collection"),
    path("collections/<uuid:collection_id>/grants/", grants.CollectionGrants.as_view(), name="collection-grants"),
    path(
        "collections/<uuid:collection_id>/grants/<str:grant_id>/",
        grants.OneCollectionGrant.as_view(),
        name="collection-grant",
    ),
    path("documents/", documents.Documents.as_view(), name="documents"),
    path("documents/<uuid:document_id>/", documents.OneDocument.as_view(), name="document"),
    path("documents/<uuid:document_id>/retry/", documents.Retry.as_view(), name="document-retry"),
    path("documents/<uuid:document_id>/cancel/", failures.Cancel.as_view(), name="document-cancel"),
    path("documents/<uuid:document_id>/trash/", documents.Trash.as_view(), name="document-trash"),
    path("documents/<uuid:document_id>/file/", versions.File.as_view(), name="document-file"),
    path("documents/<uuid:document_id>/versions/", versions.Versions.as_view(), name="document-versions"),
    path("documents/<uuid:document_id>/grants/", grants.DocumentGrants.as_view(), name="document-grants"),
    path(
        "documents/<uuid:document_id>/grants/<str:grant_id>/",
        grants.OneDocumentGrant.as_view(),
        name="document-grant",
    ),
    path("failures/", failures.Failures.as_view(), name="failures"),
    path("imports/stop/", failures.StopImport.as_view(), name="stop-import"),
    path("uploads/", pieces.Uploads.as_view(), name="uploads"),
    path("uploads/<uuid:upload_id>/", pieces.OneUpload.as_view(), name="upload"),
    path("uploads/<uuid:upload_id>/pieces/<int:at>/", pieces.Piece.as_view(), name="upload-piece"),
    path("search/", search.Search.as_view(), name="search"),
]
