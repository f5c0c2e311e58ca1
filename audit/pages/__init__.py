"""The pages of the trail, for auditors and owners.
Imported by urls.py and audit.api.
Start reading: views.py.
"""
