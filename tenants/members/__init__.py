"""Members, teams, invitations: who joins, who changes roles, who leaves.
Imported by api_keys, signin, pages, commands.
Start reading: members.py.
"""
