"""What a member does with their answers: list, rename, remove, stop, rate, share, reopen.
Imported by api, views and the command `ask`.
Start reading: conversations.py.
"""
