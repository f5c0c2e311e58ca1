"""Answers apart from the request that asked: runner, followers, event stream, recovery.
Imported by conversations, api, views, tasks, portal.
Start reading: runner.py.
"""
