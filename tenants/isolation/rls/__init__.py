"""PostgreSQL row-level security: policies, functions, privileges, roles and their setup.
Imported by isolation, and by portal's commands and processes.
Start reading: policies.py.
"""
