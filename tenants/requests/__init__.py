"""Every request to a tenant: gates of pages and API, credentials, rate limits, input, open responses.
Imported by api_keys, signin, pages, api, and by every app above tenants.
Start reading: gates.py.
"""
