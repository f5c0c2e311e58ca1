"""Mails: written to the outbox in the transaction, sent after the commit.
Imported by members, signin, tasks.
Start reading: mail.py.
"""
