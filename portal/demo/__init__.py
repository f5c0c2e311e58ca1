"""The sample company: people, teams, documents.
Imported by the commands `demo` and `up`, views.py.
Start reading: load.py.
"""
