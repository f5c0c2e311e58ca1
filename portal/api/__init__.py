"""The API's own description: schema, event streams, problem responses.
Imported by urls.py; hooks by their dotted names in the settings.
Start reading: schema_view.py.
"""
