"""Drills: the production column is broken on purpose while people work, and afterwards every promise is checked.

`make drills` runs all of them; `python -m tests.drills worker redis-flush` runs two. Nothing in the portal knows about
them: a fault is a signal, a stopped server, a lock, a full file system or a clock.
"""
