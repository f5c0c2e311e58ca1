"""Vector stores behind one protocol: LanceDB in a folder, Weaviate on a server; no models, no settings.
Imported by backends.py, which chooses one, and by whatever speaks to the protocol (base.py).
Start reading: base.py, then lance/store.py or weaviate/store.py.
"""
