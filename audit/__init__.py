"""The audit trail: the ledger lies below every app, its pages and API above tenants.
Imported by every app (ledger); by portal's urls (pages, api).
Start reading: README.md, then ledger/record.py.
"""
