"""Pages of PDF files drawn as pictures and read by the recogniser, in confined child processes.
Imported by views.
Start reading: pdf_pages.py.
"""
