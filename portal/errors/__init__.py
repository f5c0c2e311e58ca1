"""Where exceptions become responses: pages for people, RFC 9457 problems for programs.
Imported by http; handlers by their dotted names in urls and settings.
Start reading: handlers.py.
"""
