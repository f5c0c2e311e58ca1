"""Embedding models behind one protocol: a local one, and any endpoint with OpenAI's protocol.
Imported by backends.py, which chooses one, and by whatever catches their errors (base.py).
Start reading: base.py.
"""
