"""Which tenant the database may show: the scope, constraints between rows, row-level security, checks.
Imported by everything that opens a tenant's rows.
Start reading: scope.py, then rls/policies.py.
"""
