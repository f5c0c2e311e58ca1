"""Finding passages: the only reader of the store.
Imported by views, api, answers.
Start reading: search.py.
"""
