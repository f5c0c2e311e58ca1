"""Files to text: the confined child process, its client, and one module for each format.
Imported by backends.py, page_images, ingestion; imports knowledge.text alone, no models and no settings.
Start reading: base.py, then client.py (our side) and child.py, parse in read.py (the other side).
"""
