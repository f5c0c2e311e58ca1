"""Health, dependency checks, log filters, Sentry.
Imported by errors, urls, commands; filters by their dotted names in the settings.
Start reading: health.py, then dependency_checks.py.
"""
