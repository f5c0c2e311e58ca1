from __future__ import annotations

from django.urls import path

from knowledge.api import chunked_uploads, collections, documents, failed_documents, grants, search, versions
from knowledge.views import urls

pages = urls.pages
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
    path("documents/<uuid:document_id>/retry/", documents.RetryView.as_view(), name="document-retry"),
    path("documents/<uuid:document_id>/cancel/", failed_documents.Cancel.as_view(), name="document-cancel"),
    path("documents/<uuid:document_id>/trash/", documents.Trash.as_view(), name="document-trash"),
    path("documents/<uuid:document_id>/file/", versions.File.as_view(), name="document-file"),
    path("documents/<uuid:document_id>/versions/", versions.Versions.as_view(), name="document-versions"),
    path("documents/<uuid:document_id>/grants/", grants.DocumentGrants.as_view(), name="document-grants"),
    path(
        "documents/<uuid:document_id>/grants/<str:grant_id>/",
        grants.OneDocumentGrant.as_view(),
        name="document-grant",
    ),
    path("failures/", failed_documents.Failures.as_view(), name="failures"),
    path("imports/stop/", failed_documents.StopImport.as_view(), name="stop-import"),
    path("uploads/", chunked_uploads.Uploads.as_view(), name="uploads"),
    path("uploads/<uuid:upload_id>/", chunked_uploads.OneUpload.as_view(), name="upload"),
    path("uploads/<uuid:upload_id>/pieces/<int:at>/", chunked_uploads.UploadPieceView.as_view(), name="upload-piece"),
    path("search/", search.Search.as_view(), name="search"),
]
