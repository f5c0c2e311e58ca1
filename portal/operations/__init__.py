"""Running an installation: processes, servers for development, backup and restore, removal of a tenant.
Imported by portal's commands and views.py.
Start reading: processes/supervisor.py, backup/create.py.
"""
