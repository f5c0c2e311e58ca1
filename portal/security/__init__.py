"""The installation's keys and signature, and the list of every way in which content leaves it.
Imported by settings, operations, tests.
Start reading: keys.py.
"""
