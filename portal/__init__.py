"""The installation around the apps: settings, URLs, error pages, HTTP server, operations.
Imported by nothing below it; imports every app.
Start reading: settings/base.py, urls.py, then operations/processes/supervisor.py.
"""
