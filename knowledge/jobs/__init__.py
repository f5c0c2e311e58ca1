"""The queue: who works on what, how a job ends, how much is waiting.
Imported by indexes, ingestion, maintenance.py, api, tasks.
Start reading: claims.py.
"""
