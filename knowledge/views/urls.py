from __future__ import annotations

from django.urls import path

from knowledge.views import chunked_uploads, collections, document_actions, failed_documents, indexes, uploads
from knowledge.views.library import library_page, view_as
from knowledge.views.readers import sharing
from knowledge.views.search import search_page
from knowledge.views.viewer import compare_page, document_page, page_image_view, scan_marks

pages = [
    path("documents/", library_page.library, name="library"),
    path("documents/rows/", library_page.rows, name="library-rows"),
    path("documents/upload/", uploads.upload, name="upload"),
    path("documents/upload/pieces/", chunked_uploads.begin, name="upload-begin"),
    path("documents/upload/pieces/<uuid:partial_id>/", chunked_uploads.piece, name="upload-piece"),
    path("documents/upload/pieces/<uuid:partial_id>/discard/", chunked_uploads.discard, name="upload-discard"),
    path("documents/chosen/", document_actions.chosen, name="chosen"),
    path("documents/move/", document_actions.move, name="move"),
    path("documents/remove/", document_actions.remove, name="remove"),
    path("documents/readers/", sharing.of_several, name="readers"),
    path("documents/as/<uuid:member_id>/", view_as.view_as, name="view-as"),
    path("documents/failed/", failed_documents.failed, name="failed"),
    path("documents/failed/retry/", failed_documents.retry_all, name="retry-all"),
    path("documents/trash/", document_actions.trash, name="trash"),
    path("documents/trash/<uuid:document_id>/restore/", document_actions.restore, name="restore"),
    path("documents/trash/<uuid:document_id>/erase/", document_actions.erase, name="erase"),
    path("documents/<uuid:document_id>/", document_page.document, name="document"),
    path("documents/<uuid:document_id>/leaf/", document_page.leaf, name="document-leaf"),
    path("documents/<uuid:document_id>/compare/", compare_page.compare, name="document-compare"),
    path("documents/<uuid:document_id>/original/", document_page.download, name="download"),
    path("documents/<uuid:document_id>/<int:version>/<int:page>/", page_image_view.picture, name="page-picture"),
    path("documents/<uuid:document_id>/<int:version>/<int:page>/again/", page_image_view.draw_again, name="page-again"),
    path("documents/<uuid:document_id>/<int:version>/<int:page>/marks/", scan_marks.page_marks, name="page-marks"),
    path("documents/<uuid:document_id>/details/", document_actions.details, name="document-details"),
    path("documents/<uuid:document_id>/replace/", uploads.replace, name="document-replace"),
    path("documents/<uuid:document_id>/retry/", document_actions.retry, name="document-retry"),
    path("documents/<uuid:document_id>/stop/", failed_documents.stop, name="document-stop"),
    path("documents/<uuid:document_id>/readers/", sharing.of_document, name="document-readers"),
    path("documents/<uuid:document_id>/readers/change/", sharing.change_document, name="document-readers-change"),
    path("collections/new/", collections.new, name="collection-new"),
    path("collections/<uuid:collection_id>/settings/", collections.settings, name="collection-settings"),
    path("collections/<uuid:collection_id>/remove/", collections.remove, name="collection-remove"),
    path("collections/<uuid:collection_id>/stop-import/", failed_documents.stop_import, name="stop-import"),
    path("collections/<uuid:collection_id>/readers/", sharing.of_collection, name="collection-readers"),
    path(
        "collections/<uuid:collection_id>/readers/change/", sharing.change_collection, name="collection-readers-change"
    ),
    path("indexes/", indexes.indexes, name="indexes"),
    path("indexes/rows/", indexes.rows, name="index-rows"),
    path("indexes/<str:name>/choice/", indexes.choice, name="index-choice"),
    path("indexes/<str:name>/stopping/", indexes.stopping, name="index-stopping"),
    path("indexes/<str:name>/removal/", indexes.removal, name="index-removal"),
    path("search/", search_page.page, name="search"),
    path("search/dialog/", search_page.dialog, name="search-dialog"),
]
