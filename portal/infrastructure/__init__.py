"""Adapters to what Django and Celery run on: caches, the file broker, database timeouts, warm-up.
Imported by celery.py, asgi.py, observability, operations; caches by their dotted names in the settings.
Start reading: redis_cache.py, file_broker.py.
"""
