"""The store that needs no server: LanceDB tables in a folder, and what a process holds of them in memory.
Imported by backends.py, by its dotted name alone.
Start reading: store.py.
"""
