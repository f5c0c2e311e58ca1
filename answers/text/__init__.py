"""Text without models: words as they are compared, sentences, table rows. Pure.
Imported by question, grounding and generation; imports nothing of ours.
Start reading: words.py.
"""
