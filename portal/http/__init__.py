"""HTTP before and around Django: threads, deadlines, body limits, client addresses, static files.
Imported by asgi.py, operations; middleware by dotted names in the settings.
Start reading: request_threads.py, then body_limit.py.
"""
