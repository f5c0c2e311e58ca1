"""Reading the trail: filters, queries, events in words, export.
Imported by audit.pages and audit.api; event_view.py also by knowledge, which tells earlier permissions from it.
Start reading: queries.py, then event_view.py.
"""
