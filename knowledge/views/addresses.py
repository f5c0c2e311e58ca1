from __future__ import annotations

from django.urls import path

from knowledge.views import (
    acts,
    comparing,
    failing,
    indexes,
    library,
    searching,
    sharing,
    shelves,
    uploading,
    view_as,
    viewer,
)

pages = [
    path("documents/", library.library, name="library"),
    path("documents/rows/", library.rows, name="library-rows"),
    path("documents/upload/", uploading.upload, name="upload"),
    path("documents/chosen/", acts.chosen, name="chosen"),
    path("documents/move/", acts.move, name="move"),
    path("documents/remove/", acts.remove, name="remove"),
    path("documents/readers/", sharing.of_several, name="readers"),
    path("documents/as/<uuid:member_id>/", view_as.view_as, name="view-as"),
    path("documents/failed/", failing.failed, name="failed"),
    path("documents/failed/retry/", failing.retry_all, name="retry-all"),
    path("documents/trash/", acts.trash, name="trash"),
    path("documents/trash/<uuid:document_id>/restore/", acts.restore, name="restore"),
    path("documents/trash/<uuid:document_id>/erase/", acts.erase, name="erase"),
    path("documents/<uuid:document_id>/", viewer.document, name="document"),
    path("documents/<uuid:document_id>/leaf/", viewer.leaf, name="document-leaf"),
    path("documents/<uuid:document_id>/compare/", comparing.compare, name="document-compare"),
    path("documents/<uuid:document_id>/original/", viewer.download, name="download"),
    path("documents/<uuid:document_id>/<int:version>/<int:page>/", viewer.picture, name="page-picture"),
    path("documents/<uuid:document_id>/details/", acts.details, name="document-details"),
    path("documents/<uuid:document_id>/replace/", uploading.replace, name="document-replace"),
    path("documents/<uuid:document_id>/retry/", acts.retry, name="document-retry"),
    path("documents/<uuid:document_id>/stop/", failing.stop, name="document-stop"),
    path("documents/<uuid:document_id>/readers/", sharing.of_document, name="document-readers"),
    path("documents/<uuid:document_id>/readers/change/", sharing.change_document, name="document-readers-change"),
    path("collections/new/", shelves.new, name="collection-new"),
    path("collections/<uuid:collection_id>/settings/", shelves.settings, name="collection-settings"),
    path("collections/<uuid:collection_id>/remove/", shelves.remove, name="collection-remove"),
    path("collections/<uuid:collection_id>/stop-import/", failing.stop_import, name="stop-import"),
    path("collections/<uuid:collection_id>/readers/", sharing.of_collection, name="collection-readers"),
    path(
        "collections/<uuid:collection_id>/readers/change/", sharing.change_collection, name="collection-readers-change"
    ),
    path("indexes/", indexes.indexes, name="indexes"),
    path("indexes/rows/", indexes.rows, name="index-rows"),
    path("indexes/<str:name>/choice/", indexes.choice, name="index-choice"),
    path("indexes/<str:name>/stopping/", indexes.stopping, name="index-stopping"),
    path("indexes/<str:name>/removal/", indexes.removal, name="index-removal"),
    path("search/", searching.page, name="search"),
    path("search/dialog/", searching.dialog, name="search-dialog"),
]
