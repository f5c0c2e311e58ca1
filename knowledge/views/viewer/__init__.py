"""The document viewer: text or page images with marked quotes, and two versions compared.
Imported by views/urls.py; text_comparison.py also by portal's template tags.
Start reading: document_page.py.
"""
