"""API keys: created, checked, revoked; the authentication of REST.
Imported by pages, api, commands; authentication.py by its dotted name in the settings.
Start reading: api_keys.py.
"""
