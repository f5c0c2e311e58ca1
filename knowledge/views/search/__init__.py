"""The search page and the search dialog.
Imported by views/urls.py.
Start reading: search_page.py.
"""
