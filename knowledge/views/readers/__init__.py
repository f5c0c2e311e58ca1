"""Who can read something, why, since when, and on an earlier day; giving and ending it.
Imported by views/urls.py.
Start reading: sharing.py.
"""
