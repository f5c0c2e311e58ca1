"""The pages for questions, conversations and shared answers.
Imported by urls.py alone.
Start reading: pages.py.
"""
