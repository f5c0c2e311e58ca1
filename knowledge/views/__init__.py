"""The pages of documents, collections, permissions and search.
Imported by urls.py; a comparison's words also by portal's template tags.
Start reading: urls.py, then library/library_page.py and viewer/document_page.py.
"""
