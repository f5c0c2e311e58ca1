"""What people do with documents and collections: upload, change, download; the bytes and the text of a version.
Imported by indexes and everything above it.
Start reading: documents.py, uploads.py.
"""
