"""The product's documentation: Markdown pages, and the views that show them under /help, signed in or not.
Imported by urls.py alone; imports nothing of ours.
Start reading: README.md for the pages, then markdown_pages.py.
"""
