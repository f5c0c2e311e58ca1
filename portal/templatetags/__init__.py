"""Tags and filters of the templates.
Loaded by templates; imports portal.pages and what an app says in words.
Start reading: portal_ui.py.
"""
