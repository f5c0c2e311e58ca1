"""The library's list, its filters and bulk selection, and the library as somebody else sees it.
Imported by views/urls.py and other views.
Start reading: library_page.py.
"""
