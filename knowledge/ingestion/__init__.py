"""From a file to passages that can be found: parse, embed, save, in that order.
Imported by tasks and the command `ingest`.
Start reading: pipeline.py.
"""
