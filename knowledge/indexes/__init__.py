"""The search index: its versions, what writes it, builds it, compares it with the database and repairs it.
Imported by retrieval, erasure, ingestion, views, tasks, portal.
Start reading: index_writer.py, then versions.py and reconcile.py.
"""
