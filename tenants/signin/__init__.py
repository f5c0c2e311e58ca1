"""Signing in, passwords, first set-up. `backend.py` keeps its dotted name: open sessions store it.
Imported by pages, urls, commands, portal.
Start reading: session.py, then views.py.
"""
