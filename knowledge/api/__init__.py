"""REST for documents, collections, grants, uploads and search.
Imported by urls.py alone.
Start reading: documents.py.
"""
