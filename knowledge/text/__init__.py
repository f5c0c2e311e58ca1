"""Text without models and settings: words to look up, stop words, sentences, leaves of a long text.
Imported by parsers, indexes, library, retrieval, views; imports nothing of ours.
Start reading: analysis.py.
"""
