"""From a question to sentences: retrieve, generate, fall back, write the receipt.
Imported by live, quality.
Start reading: ask.py.
"""
