"""The rows: collections, documents, versions, passages, grants, jobs, index versions.
Imported by every package of knowledge above it, and by answers and portal.
Start reading: document.py, version.py, passage.py.
"""

from knowledge.models.blob import Blob
from knowledge.models.collection import Collection, CollectionTeamGrant, CollectionUserGrant
from knowledge.models.document import Document, DocumentTeamGrant, DocumentUserGrant
from knowledge.models.generation import Generation
from knowledge.models.index_comparison import IndexComparison
from knowledge.models.job import Job, Turn
from knowledge.models.partial_upload import PartialUpload
from knowledge.models.passage import Passage
from knowledge.models.reading import Reading
from knowledge.models.trash import Trashing
from knowledge.models.upload_key import UploadKey
from knowledge.models.version import Content, Status, TextLeaf, Version

__all__ = [
    "Blob",
    "Collection",
    "CollectionTeamGrant",
    "CollectionUserGrant",
    "Content",
    "Document",
    "DocumentTeamGrant",
    "DocumentUserGrant",
    "Generation",
    "IndexComparison",
    "Job",
    "PartialUpload",
    "Passage",
    "Reading",
    "Status",
    "TextLeaf",
    "Trashing",
    "Turn",
    "UploadKey",
    "Version",
]
