"""Companies, members, roles, sign-in, API keys, and the isolation of one tenant from another.
Imported by knowledge, answers, audit's pages and portal; imports audit.ledger.
Start reading: models/membership.py, then requests/gates.py and isolation/scope.py.
"""
