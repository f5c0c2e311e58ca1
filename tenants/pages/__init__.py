"""The pages of a company: people, teams, keys, settings, one's own account.
Imported by urls.py alone.
Start reading: people.py.
"""
