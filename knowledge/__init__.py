"""Documents: who may read them, how they become passages, how passages are found.
Imported by answers and portal; imports tenants and audit (pyproject.toml holds the order of the packages).
Start reading: models/document.py, then library/uploads.py, ingestion/pipeline.py and retrieval/search.py.
"""
