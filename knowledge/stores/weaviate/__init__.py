"""The store of the production column: Weaviate through its own client.
Imported by backends.py, by its dotted name alone.
Start reading: store.py.
"""
