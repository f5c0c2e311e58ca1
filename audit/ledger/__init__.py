"""Writing the trail: actions, events, sealing, append-only triggers, the context of row-level security.
Imported by every app; imports audit.models alone.
Start reading: record.py.
"""
