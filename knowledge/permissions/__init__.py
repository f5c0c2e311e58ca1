"""Who may read and change what: conditions for the database, grants, the filter of a search.
Imported by library and everything above it, and by answers.
Start reading: conditions.py, then access.py.
"""
