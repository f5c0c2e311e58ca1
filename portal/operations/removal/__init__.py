"""Removing a tenant for good, with a signed certificate.
Imported by the commands `delete_tenant` and `evaluate`, views.py.
Start reading: remove_tenant.py.
"""
