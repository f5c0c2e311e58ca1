"""Trash and final deletion, from every place that a document was in.
Imported by views, api, maintenance.py; apps above register what they delete (on_erase).
Start reading: deletion.py.
"""
